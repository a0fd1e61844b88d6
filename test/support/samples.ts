import type { DeploymentView } from '../../wire/deployment.ts';
import type { EnvironmentView } from '../../wire/environment.ts';
import type { PlanView, StepView } from '../../wire/plan.ts';
import { sampleNowMs } from './memory-io.ts';

const from = 'a'.repeat(64);
const to = 'b'.repeat(64);

const steps = {
  catalog: {
    id: 'fe/catalog/catalog',
    spot: { cluster: 'fe', service: 'catalog', component: 'catalog' },
    change: { kind: 'create', to },
    fromRelease: null,
    toRelease: '1.0.0',
    notes: ['stops first: it has a volume'],
  },
  cart: {
    id: 'fe/cart/db',
    spot: { cluster: 'fe', service: 'cart', component: 'db' },
    change: {
      kind: 'update',
      from,
      to,
      fields: [
        { field: 'image', from: `shop/db:1@sha256:${from}`, to: `shop/db:2@sha256:${to}` },
        { field: 'variables.LOG_LEVEL', from: null, to: 'warn' },
      ],
      restarts: true,
    },
    fromRelease: '1.4.1',
    toRelease: '1.4.2',
    notes: [],
  },
  search: {
    id: 'fe/search/search',
    spot: { cluster: 'fe', service: 'search', component: 'search' },
    change: { kind: 'scale', from, to, fromReplicas: 2, toReplicas: 4 },
    fromRelease: '3.0.0',
    toRelease: '3.0.0',
    notes: [],
  },
  old: {
    id: 'fe/old/old',
    spot: { cluster: 'fe', service: 'old', component: 'old' },
    change: { kind: 'remove', from },
    fromRelease: '0.9.0',
    toRelease: null,
    notes: [],
  },
} satisfies Record<string, StepView>;

/** Every kind of step, in two waves. */
export const samplePlan: PlanView = {
  digest: 'c'.repeat(64),
  environment: 'prod',
  baseRevision: 17,
  platformRevision: 2,
  changes: {},
  waves: [
    [steps.catalog, steps.cart],
    [steps.search, steps.old],
  ],
  parameters: [
    {
      service: 'cart',
      parameter: 'LOG_LEVEL',
      from: { value: 'info', source: 'release' },
      to: { value: 'warn', source: 'spec' },
    },
  ],
  withheld: [],
  configs: [
    {
      service: 'cart',
      component: 'db',
      config: 'conf',
      from: 'a'.repeat(64),
      to: 'b'.repeat(64),
      diff: {
        kind: 'text',
        hunks: [
          [
            { kind: 'same', text: 'server {' },
            { kind: 'removed', text: '  log info;' },
            { kind: 'added', text: '  log warn;' },
          ],
        ],
        isCut: false,
      },
    },
  ],
  simulated: [],
  unchanged: ['be/storefront/storefront', 'fe/storefront/storefront'],
  warnings: ['dev.yaml:7:9: write "1.10"'],
  advice: ['a single replica, gone while its node is: cart'],
  waitsFor: ['d-11'],
};

type StepRun = DeploymentView['waves'][number][number];

/** A step as it goes on. */
export function runOf(name: keyof typeof steps, change: Partial<StepRun> = {}): StepRun {
  return {
    ...steps[name],
    state: 'waiting',
    cause: null,
    progress: null,
    tasks: [],
    startedAt: null,
    endedAt: null,
    ...change,
  };
}

/** A deployment under way: the first wave is verified, the second begins. */
export function sampleDeployment(change: Partial<DeploymentView> = {}): DeploymentView {
  const acceptedAt = sampleNowMs - 20_000;
  return {
    id: 'd-12',
    environment: 'prod',
    services: ['cart', 'catalog', 'search'],
    reason: 'deploy prod.yaml',
    phase: 'active',
    outcome: null,
    actor: 't-1',
    actorName: 'ci',
    acceptedAt,
    endedAt: null,
    sequence: 42,
    plan: 'c'.repeat(64),
    version: 5,
    startedAt: acceptedAt,
    reverting: false,
    cancelRequested: false,
    cause: null,
    waitsFor: [],
    receipts: { accepted: { sequence: 42, hash: 'e'.repeat(64), proof: null }, ended: null },
    holds: [],
    waves: [
      [
        runOf('catalog', { state: 'verified', startedAt: acceptedAt, endedAt: acceptedAt + 4_000 }),
        runOf('cart', { state: 'verified', startedAt: acceptedAt, endedAt: acceptedAt + 8_500 }),
      ],
      [runOf('search', { state: 'started', startedAt: sampleNowMs - 3_000, progress: '2 of 4 running' }), runOf('old')],
    ],
    parameters: [],
    withheld: [],
    simulated: [],
    unknown: [],
    ...change,
  };
}

/** The cause of a task that ended. */
export const sampleCause = {
  kind: 'task-failed',
  summary: 'A task of fe/search/search failed on node-1 (exit code 1).',
  step: 'fe/search/search',
  task: 'search.1.x',
  node: 'node-1',
  exitCode: 1,
  hint: 'declare a tmpfs for /var/cache',
  logs: [
    { stream: 'stdout', text: 'starting' },
    { stream: 'stderr', text: 'no \u001b[31mspace\u001b[0m\u0007' },
  ],
  logsErased: false,
} satisfies DeploymentView['cause'];

/** What two components were seen to be; of one nothing is known. */
export const sampleEnvironment: EnvironmentView = {
  name: 'prod',
  clusters: ['fe'],
  revision: 17,
  services: 2,
  unfinished: 0,
  spec: {},
  observed: [{ cluster: 'fe', simulated: false, observedAt: sampleNowMs - 3_000, trouble: 'node-2 does not answer' }],
  olderSecrets: [],
  components: [
    {
      cluster: 'fe',
      service: 'cart',
      component: 'cart',
      release: '1.4.2',
      image: 'shop/cart',
      settled: true,
      health: 'healthy',
      running: 2,
      replicas: 2,
      message: null,
    },
    {
      cluster: 'fe',
      service: 'cart',
      component: 'db',
      release: '1.4.2',
      image: 'shop/db',
      settled: false,
      health: 'unknown',
      running: null,
      replicas: 1,
      message: 'node-2 does not answer',
    },
  ],
  deployments: [],
};

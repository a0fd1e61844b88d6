import type { Json } from '../core/json.ts';
import type { RouteName } from './paths.ts';

/** A request and its answer as they go over the wire. */
export interface Example {
  readonly request?: Json;
  readonly response?: Json;
}

const digests = {
  release: '2f1b0d6c8a5e4f3791c2d3e4a5b60718293a4b5c6d7e8f90a1b2c3d4e5f60718',
  plan: '9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab',
  workload: '4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce',
  before: 'd4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35',
  entry: 'ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d',
};

const ledger = 'drayage/2f1b0d6c8a5e4f37';

const proof = [
  'c2sp.org/tlog-proof@v1',
  'extra 7y0SfeN7lCuq0GFF5UsMYZofIjJ7LrvPvseMT0jZ/jk=',
  'index 41',
  'LxsNbIpeTzeRwtPkpbYHGCk6S1xtfo+QobLD1OX2Bxg=',
  '',
  ledger,
  '42',
  'TgdAhWK+24tgzgXB3s/jrRa3IjCWfeAfZAt+RylLT84=',
  '',
  `\u2014 ${ledger} nFbMUbN0w7qDiRkNW21L9Xd5DTUclscEtcAhkOzx5DBjWrnFbMUbN0w7qDiRkNW21L9Xd5DTUclscEtcAhkOzx5DBjVw==`,
  '',
].join('\n');

const deployment = '5b0f6c1e9a3d47f28c41d0e7b6a59382';
const author = { actor: '7d1f0c3b5a924e68', actorName: 'ci' };
const wanted = { kind: 'change', environment: 'prod', set: { cart: '1.4.2' } };
const compose = { name: 'compose.yaml', text: 'services:\n  cart:\n    image: registry.example.com/shop/cart:1.4.2\n' };

const release = {
  service: 'cart',
  version: '1.4.2',
  identity: digests.release,
  registeredAt: 1795262400000,
  ...author,
  sequence: 40,
};

const releaseView = {
  ...release,
  created: true,
  receipt: { sequence: 40, hash: digests.entry, proof: null },
  images: {
    cart: {
      reference: 'registry.example.com/shop/cart:1.4.2',
      resolved: `registry.example.com/shop/cart:1.4.2@sha256:${digests.workload}`,
      hasHealthCheck: true,
    },
  },
  parameters: [{ name: 'LOG_LEVEL', type: 'string', required: false }],
  files: {},
  meta: { commit: '3b18e512' },
  warnings: [],
  source: compose,
  runsIn: ['dev'],
  standings: [{ environment: 'dev', lacks: [] }],
  bom: [
    {
      field: 'builder',
      component: null,
      answer: { kind: 'known', value: 'Jenkins on agent-3', source: 'JENKINS_URL' },
    },
    { field: 'runbook', component: null, answer: { kind: 'missing', why: 'the definition has no x-drayage.runbook' } },
  ],
  findings: {
    counts: { critical: 0, high: 1, medium: 4, low: 12, unknown: 0 },
    waived: 1,
    notAffected: 2,
    scanned: [{ image: `sha256:${digests.workload}`, at: 1795262400000 }],
  },
  signatures: [
    {
      component: 'cart',
      image: `sha256:${digests.workload}`,
      signer: 'release',
      requiredBy: ['prod'],
      state: { kind: 'valid', by: 'the key release', entry: 42 },
    },
  ],
  evidence: [
    {
      kind: 'image',
      image: `sha256:${digests.workload}`,
      told: 'image for linux/amd64, 7 layers',
      document: null,
      sequence: 41,
      at: 1795262400000,
      actor: author.actor,
    },
  ],
};

const step = {
  id: 'fe/cart/cart',
  spot: { cluster: 'fe', service: 'cart', component: 'cart' },
  change: {
    kind: 'update',
    from: digests.before,
    to: digests.workload,
    fields: [{ field: 'variables.LOG_LEVEL', from: 'info', to: 'warn' }],
    restarts: true,
  },
  fromRelease: '1.4.1',
  toRelease: '1.4.2',
  notes: [],
};

const deploymentSummary = {
  id: deployment,
  environment: 'prod',
  services: ['cart'],
  reason: 'deploy',
  phase: 'active',
  outcome: null,
  ...author,
  acceptedAt: 1795262460000,
  endedAt: null,
  sequence: 42,
};

const deploymentView = {
  ...deploymentSummary,
  plan: digests.plan,
  version: 3,
  startedAt: 1795262460150,
  reverting: false,
  cancelRequested: false,
  cause: null,
  waitsFor: [],
  holds: [],
  waves: [
    [
      {
        ...step,
        state: 'started',
        cause: null,
        progress: '1 of 2 running',
        tasks: [
          {
            name: 'prod_cart_web.2',
            node: 'worker-3',
            state: 'starting',
            wanted: true,
            current: true,
            message: 'starting',
            changedAt: 1795262461000,
          },
        ],
        startedAt: 1795262460200,
        endedAt: null,
      },
    ],
  ],
  receipts: { accepted: { sequence: 42, hash: digests.entry, proof }, ended: null },
  parameters: [],
  withheld: [],
  simulated: [],
  unknown: [],
};

const environment = { name: 'prod', clusters: ['fe'], revision: 17, services: 1, unfinished: 1 };

const token = {
  id: '7d1f0c3b5a924e68',
  name: 'ci',
  role: 'developer',
  scope: { environments: ['dev', 'pr-*'], services: null },
  use: 'api',
  parent: null,
  createdAt: 1795262400000,
  expiresAt: 1803038400000,
  revokedAt: null,
  lastUsedAt: null,
};

/** Examples of the main routes, for the reference and the OpenAPI document. They fit the schemas of their routes. */
export const examples: Readonly<Partial<Record<RouteName, Example>>> = {
  ready: { response: { status: 'ok', checks: { store: null, platform: null } } },
  createRelease: {
    request: { service: 'cart', version: '1.4.2', compose, meta: { commit: '3b18e512' } },
    response: releaseView,
  },
  getRelease: { response: { ...releaseView, created: false } },
  getBom: { response: { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components: [] } },
  attachEvidence: {
    request: { content: 'eyJib21Gb3JtYXQiOiJDeWNsb25lRFgifQ==' },
    response: { ...releaseView, created: false },
  },
  whereIs: {
    response: {
      vulnerability: 'CVE-2024-1234',
      releases: [
        {
          service: 'cart',
          version: '1.4.2',
          runsIn: ['prod'],
          findings: [
            {
              id: 'CVE-2024-1234',
              aliases: [],
              severity: 'high',
              package: 'openssl',
              version: '3.0.1',
              fixedIn: '3.0.2',
              image: `sha256:${digests.workload}`,
              tool: 'trivy',
              state: { kind: 'open' },
            },
          ],
        },
      ],
    },
  },
  waive: {
    request: {
      vulnerability: 'CVE-2024-1234',
      service: 'cart',
      reason: 'The parser is not reached.',
      until: 1797854400000,
    },
    response: { waiver: 'w-5b0f6c1e9a3d47f2', sequence: 43 },
  },
  listReleases: { response: { items: [release], next: null } },
  plan: {
    request: { wanted },
    response: {
      digest: digests.plan,
      environment: 'prod',
      baseRevision: 17,
      platformRevision: 2,
      changes: { cart: { version: '1.4.2', replicas: 2, parameters: { LOG_LEVEL: 'warn' }, ports: {} } },
      waves: [[step]],
      simulated: [],
      unchanged: ['fe/catalog/catalog'],
      parameters: [
        {
          service: 'cart',
          parameter: 'LOG_LEVEL',
          from: { value: 'info', source: 'release' },
          to: { value: 'warn', source: 'spec' },
        },
      ],
      withheld: [{ service: 'catalog', secret: 'catalog-password', runs: '2', newest: '3', because: 'asked' }],
      configs: [],
      warnings: [],
      advice: ['a single replica, gone while its node is: catalog'],
      waitsFor: [],
    },
  },
  deploy: {
    request: { wanted, expectPlan: digests.plan },
    response: {
      kind: 'accepted',
      deployment,
      plan: digests.plan,
      receipt: { sequence: 42, hash: digests.entry, proof },
      waitsFor: [],
    },
  },
  getDeployment: { response: deploymentView },
  deploymentConfigs: {
    response: {
      items: [
        {
          service: 'cart',
          component: 'cart',
          config: 'settings',
          from: digests.plan,
          to: digests.entry,
          diff: {
            kind: 'text',
            hunks: [
              [
                { kind: 'same', text: '[log]' },
                { kind: 'removed', text: 'level = info' },
                { kind: 'added', text: 'level = warn' },
              ],
            ],
            isCut: false,
          },
        },
      ],
    },
  },
  listDeployments: { response: { items: [deploymentSummary], next: deployment } },
  cancelDeployment: {
    request: { leave: false },
    response: { ...deploymentView, cancelRequested: true, reverting: true },
  },
  listEnvironments: { response: { items: [environment], next: null } },
  ledgerEntries: {
    response: {
      entries: [
        {
          sequence: 42,
          time: 1795262460000,
          stream: 'platform',
          kind: 'platform-applied',
          v: 1,
          actor: 'drayage',
          payload: { revision: 2, platform: digests.before, source: digests.workload },
          prev: digests.before,
        },
      ],
      head: { sequence: 42, hash: digests.entry },
      next: null,
      actorNames: { drayage: 'Drayage' },
    },
  },
  erase: {
    request: { kind: 'logs', of: 'd-3f9a1c' },
    response: { contents: 2, receipt: { sequence: 42, hash: digests.entry, proof } },
  },
  ledgerReceipt: { response: { sequence: 42, hash: digests.entry, proof } },
  createToken: {
    request: { name: 'ci', role: 'developer', scope: { environments: ['dev', 'pr-*'] }, expiresAt: 1803038400000 },
    response: { ...token, secret: 'dray_kX3vT9wQ2mZ8' },
  },
  listTokens: { response: { items: [token], next: null } },
  openSession: {
    request: { kind: 'code', code: 'hN5c2yqv0rW7' },
    response: {
      id: '7d1f0c3b5a924e68',
      name: 'ci',
      role: 'operator',
      scope: { environments: null, services: null },
      kind: 'session',
      expiresAt: 1795305600000,
      readOnly: null,
    },
  },
  createSignInLink: {
    response: { url: 'https://drayage.example.com/sign-in#code=hN5c2yqv0rW7', expiresAt: 1795263300000 },
  },
};

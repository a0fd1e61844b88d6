import assert from 'node:assert/strict';
import type { ComponentDefinition, ServiceDefinition } from '../definition.ts';
import { stepsOf, type Plan } from '../plan.ts';
import type { InventoryItem } from '../planning/inventory-item.ts';
import type { PlanningInput, PlanningResult } from '../planning/make-plan.ts';
import type { Platform } from '../platform.ts';
import type { Spec, SpecEntry } from '../spec.ts';
import { plainWorkload } from './world.ts';

/** A component with nothing special about it. */
export function component(change: Partial<ComponentDefinition> = {}): ComponentDefinition {
  const update = { order: null, parallelism: null, delayMs: null, monitorMs: null, maxFailureRatio: null };
  const networks = [{ network: 'default', internal: false, aliases: [] }];
  return {
    ...plainWorkload({ cluster: 'fe', service: 'x', component: 'x' }),
    networks,
    update,
    dependsOn: [],
    ...change,
  };
}

/** A service of one component of its name, unless `components` says otherwise. */
export function service(
  name: string,
  of: {
    version?: string;
    needs?: string[];
    role?: string;
    exports?: Record<string, string>;
    components?: Record<string, ComponentDefinition>;
  } = {},
): ServiceDefinition {
  return {
    service: name,
    version: of.version ?? '1',
    traits: {
      owner: null,
      runbook: null,
      role: of.role ?? null,
      needs: of.needs ?? [],
      exports: of.exports ?? {},
      deadlineMs: null,
    },
    components: of.components ?? { [name]: component() },
  };
}

/** `dev` on fe; `prod` on be, then fe. */
export const platform: Platform = {
  clusters: {
    fe: { engine: 'simulated', endpoint: '', tls: null, roles: ['front-end'], address: '10.0.0.4', stepsAtOnce: 10 },
    be: { engine: 'simulated', endpoint: '', tls: null, roles: ['back-end'], address: '10.0.0.5', stepsAtOnce: 10 },
  },
  registries: {},
  environments: {
    dev: { clusters: ['fe'], waves: [], onFailure: 'roll-back', waiting: 'queue', stepDeadlineMs: 60_000 },
    prod: {
      clusters: ['fe', 'be'],
      waves: [['be'], ['fe']],
      onFailure: 'roll-back',
      waiting: 'queue',
      stepDeadlineMs: 60_000,
    },
  },
};

export const entry = (version: string, change: Partial<SpecEntry> = {}): SpecEntry => ({
  version,
  replicas: null,
  parameters: {},
  ports: {},
  ...change,
});

/** A plan for these services, in `dev` on an empty inventory unless `change` says otherwise. */
export function input(
  definitions: readonly ServiceDefinition[],
  change: Partial<PlanningInput> = {},
  entries: Record<string, SpecEntry> = {},
): PlanningInput {
  const environment = change.environment ?? 'dev';
  const environmentDefinition = platform.environments[environment];
  assert.ok(environmentDefinition);
  const services = Object.fromEntries(definitions.map((it) => [it.service, entries[it.service] ?? entry(it.version)]));
  return {
    environment,
    environmentDefinition,
    platform,
    platformRevision: 1,
    baseRevision: 0,
    current: { environment, services: {} },
    spec: { environment, services } satisfies Spec,
    definitions: new Map(definitions.map((it) => [it.service, it])),
    inventory: [],
    otherClaims: [],
    busy: new Set(),
    unchecked: new Set(),
    ...change,
  };
}

/** What an environment runs once a plan has succeeded. */
export function after(
  { plan, targets }: PlanningResult,
  before: readonly InventoryItem[] = [],
): readonly InventoryItem[] {
  const items = new Map(
    before.map((item) => [`${item.spot.cluster}/${item.spot.service}/${item.spot.component}`, item]),
  );
  for (const step of stepsOf(plan)) {
    if (step.change.kind === 'remove') {
      items.delete(step.id);
      continue;
    }
    const target = targets.get(step.change.to);
    assert.ok(target);
    items.set(step.id, { spot: step.spot, digest: step.change.to, target, settled: true });
  }
  return [...items.values()];
}

/** `create fe/cart/cart`, wave by wave. */
export const wavesOf = (plan: Plan) => plan.waves.map((wave) => wave.map((step) => `${step.change.kind} ${step.id}`));

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import type { SeenWorkload } from '../../core/sighting.ts';
import { sampleSeen, sampleTarget } from '../../core/testing/world.ts';
import type { Target } from '../../core/workload.ts';
import type { PullCredentials, RenewRequest } from '../../port/engine.ts';
import type { InventoryRow } from '../../port/store.ts';
import { createRenewal } from './renewal.ts';

interface Held {
  readonly target: Target;
  seen: SeenWorkload;
  settled: boolean;
}

/** Services of one environment, each on a cluster; all images lie in one registry, whose helper makes a token per question. */
function createGround(placed: Readonly<Record<string, string>>) {
  const ending = new AbortController();
  const held = new Map<string, Held>();
  for (const [service, cluster] of Object.entries(placed)) {
    const target = sampleTarget({ cluster, service, component: 'web' }, '1.0.0');
    held.set(service, {
      target,
      settled: true,
      seen: { ...sampleSeen(target, 'd-1', []), credentials: 'id of token 0' },
    });
  }
  const state = {
    nowMs: 1_000_000,
    tokens: 0,
    unfinished: 0,
    given: new Set<string>(),
    hung: new Set<string>(),
    whenRenewed: () => {},
  };
  const deadlines: AbortController[] = [];
  const renewed: RenewRequest[] = [];
  const warnings: (JsonObject | undefined)[] = [];
  const errors: string[] = [];
  const mint = async (): Promise<PullCredentials & { readonly id: string }> => {
    const password = `token ${++state.tokens}`;
    return await Promise.resolve({ username: 'shop', password, serverAddress: 'r.test', id: `id of ${password}` });
  };
  const rows = (): InventoryRow[] =>
    [...held].map(([service, { settled, target }]) => {
      const { cluster } = target.workload;
      const at = { environment: 'dev', deployment: 'd-1', changedAt: 0 };
      return { ...at, cluster, service, component: 'web', target: service, settled };
    });
  const engine = (cluster: string) => ({
    async renew(request: RenewRequest, signal: AbortSignal) {
      renewed.push(request);
      if (state.hung.has(cluster)) deadlines.at(-1)?.abort(new DOMException('it is late', 'TimeoutError'));
      signal.throwIfAborted();
      state.whenRenewed();
      const it = held.get(request.spot.service) ?? assert.fail();
      it.seen = { ...it.seen, credentials: request.credentials.id ?? '' };
      return 'updated' as const;
    },
  });
  const renewal = createRenewal(
    {
      clock: {
        now: () => state.nowMs,
        monotonic: () => state.nowMs,
        sleep: async () => await Promise.resolve(),
        timeout: () => {
          const deadline = new AbortController();
          deadlines.push(deadline);
          return deadline.signal;
        },
      },
      logger: {
        info: () => undefined,
        warn: (_, facts) => warnings.push(facts),
        error: (message, facts) => errors.push(`${message} ${JSON.stringify(facts)}`),
      },
      logins: {
        canChange: true,
        offer: async () => {
          const login = await mint();
          return { id: login.id, login };
        },
        forEngine: mint,
        gaveWithin: (id) => state.given.has(id),
        origin: async () =>
          await Promise.resolve({
            registry: 'r.test',
            credentials: 'docker-config',
            source: 'the Docker configuration',
          }),
      },
      lease: { generation: 3, leftMs: () => 60_000 },
      installation: 'here',
      store: {
        unfinished: async () => await Promise.resolve(Array.from({ length: state.unfinished })),
        inventory: async () => await Promise.resolve(rows()),
      },
      blobs: { read: async (_, service) => await Promise.resolve(held.get(service)?.target ?? assert.fail()) },
      platform: {
        current: async () => await Promise.resolve({ platform: { environments: { dev: { clusters: [] } } } }),
      },
      looks: {
        newestComplete: (cluster, environment) => {
          const workloads = [...held.values()].flatMap(({ seen }) => (seen.cluster === cluster ? [seen] : []));
          const of = { observedAtMs: state.nowMs, complete: true, gaps: [], simulated: true };
          return { sighting: { cluster, environment, workloads, ...of } };
        },
      },
      clusters: { engine: async (cluster) => await Promise.resolve(engine(cluster)) },
    },
    ending.signal,
  );
  return {
    state,
    renewed,
    warnings,
    errors,
    change(service: string, change: Partial<SeenWorkload>, settled = true) {
      const it = held.get(service) ?? assert.fail();
      held.set(service, { ...it, settled, seen: { ...it.seen, ...change } });
    },
    /** One round, and half a minute after it. */
    async round() {
      renewal.attend();
      await renewal.end();
      state.nowMs += 30_000;
    },
  };
}

const given = (renewed: readonly RenewRequest[]) =>
  renewed.map(({ spot, credentials }) => `${spot.service}: ${credentials.password}`);

test('a helper that makes a token per question is asked once in five minutes, and engines are given that very token', async () => {
  const it = createGround({ cart: 'fe', shop: 'fe', pay: 'be' });
  for (let rounds = 0; rounds < 10; rounds++) await it.round();
  assert.deepEqual(given(it.renewed), ['cart: token 1', 'shop: token 1', 'pay: token 1']);
  assert.equal(it.state.tokens, 1);
  await it.round();
  assert.deepEqual(given(it.renewed.slice(3)), ['cart: token 2', 'shop: token 2', 'pay: token 2']);
  assert.deepEqual([it.state.tokens, it.errors, it.warnings], [2, [], []]);
});

test('a token that a deployment brought a short while ago is not replaced by an older one', async () => {
  const it = createGround({ cart: 'fe', shop: 'fe' });
  await it.round();
  it.change('cart', { credentials: 'id of a newer token' });
  it.state.given.add('id of a newer token');
  await it.round();
  assert.equal(it.renewed.length, 2);
  it.state.given.clear();
  await it.round();
  assert.deepEqual(given(it.renewed.slice(2)), ['cart: token 1']);
});

test('only what is settled, at rest and what the ledger says is given other credentials', async () => {
  const it = createGround({ one: 'fe', two: 'fe', three: 'fe', four: 'fe', five: 'fe', six: 'fe', seven: 'fe' });
  it.change('one', {}, false);
  it.change('two', { updatePaused: true });
  it.change('three', { updating: true });
  it.change('four', { tombstone: true });
  it.change('five', { engineId: '' });
  // Somebody has it pull from another registry, by hand.
  it.change('six', { workload: 'f'.repeat(64) });
  await it.round();
  assert.deepEqual(given(it.renewed), ['seven: token 1']);
});

test('what a deployment has begun to change since the look is left to it', async () => {
  const it = createGround({ cart: 'fe', shop: 'fe' });
  it.state.whenRenewed = () => {
    it.state.unfinished = 1;
  };
  await it.round();
  await it.round();
  assert.deepEqual(given(it.renewed), ['cart: token 1']);
});

test('a cluster that does not answer holds up no other, costs a round one deadline, and is named once', async () => {
  const it = createGround({ cart: 'be', shop: 'be', pay: 'fe' });
  it.state.hung.add('be');
  await it.round();
  assert.deepEqual(given(it.renewed), ['cart: token 1', 'pay: token 1']);
  await it.round();
  assert.deepEqual(given(it.renewed.slice(2)), ['cart: token 1']);
  assert.deepEqual(
    it.warnings.map((facts) => [facts?.['cluster'], facts?.['service'], facts?.['code'], facts?.['registry']]),
    [['be', 'cart', 'engine.unreachable', 'r.test']],
  );
  it.state.hung.clear();
  await it.round();
  assert.deepEqual(given(it.renewed.slice(3)), ['cart: token 1', 'shop: token 1']);
  assert.deepEqual(it.errors, []);
});

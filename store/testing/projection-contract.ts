import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sha256 } from '../../core/hash.ts';
import type { InventoryRow, Store } from '../../port/store.ts';
import type { OpenForTest } from './opened-store.ts';
import {
  accepted,
  allEntries,
  byTester,
  ended,
  evidence,
  lease,
  projections,
  record,
  recordEverything,
  registered,
  report,
  revised,
  soon,
  spot,
  started,
  step,
  stepFailed,
  targetA,
  targetB,
  waived,
} from './samples.ts';

export function projectionContract(open: OpenForTest): void {
  rowTests(open);
  inventoryTests(open);
  rebuildTests(open);
}

function rowTests(open: OpenForTest): void {
  test('a registered release is found by service and version', async (t) => {
    const { store } = await open(t);
    const { entries } = await record(store, 'release/cart/1.0.0', registered('cart', '1.0.0'));
    const identity = sha256('cart 1.0.0');
    assert.deepEqual(await store.release('cart', '1.0.0', soon()), {
      service: 'cart',
      version: '1.0.0',
      identity,
      manifest: sha256(identity),
      sequence: 1,
      time: entries[0]?.time,
      actor: 'tester',
    });
    assert.equal(await store.release('cart', '1.0.1', soon()), null);
  });

  test('evidence of a release is listed in its order, and the first image of a chain of layers is found', async (t) => {
    const { store } = await open(t);
    const [one, two] = [`sha256:${sha256('one')}`, `sha256:${sha256('two')}`];
    await record(store, 'release/base/1', registered('base', '1'), evidence('base', '1', one));
    await record(store, 'release/base/2', registered('base', '2'), evidence('base', '2', one), evidence('base', '2'));
    const rows = await store.evidence('base', '2', soon());
    assert.deepEqual(
      rows.map(({ sequence, chain, kind, document }) => ({ sequence, chain, kind, document })),
      [
        { sequence: 4, chain: one, kind: 'image', document: null },
        { sequence: 5, chain: null, kind: 'image', document: null },
      ],
    );
    assert.deepEqual(await store.evidence('base', '3', soon()), []);
    const found = await store.imagesOfChains([two, one], soon());
    assert.deepEqual(
      found.map(({ version }) => version),
      ['1'],
    );
  });

  test('reports are found by what they name, also by another name of it, and waivers until they end', async (t) => {
    const { store } = await open(t);
    const { event, blob } = report('cart', '1');
    const append = { stream: 'release/cart/1', expectedVersion: 0, entries: byTester(event) };
    await store.append({ appends: [append], blobs: [blob] }, soon());
    await record(store, 'waiver/w-1', waived('w-1', 1_000), waived('w-2', 2_000));
    const named = async (name: string) => (await store.reportsOf(name, soon())).map(({ document }) => document?.stored);
    const waivers = async (after: number) => (await store.waivers(after, soon())).map(({ id }) => id);
    const all = async () => [
      await named('CVE-1'),
      await named('cve-2'),
      await named('CVE-3'),
      await waivers(0),
      await waivers(1_000),
    ];
    const before = [[targetB], [targetB], [], ['w-1', 'w-2'], ['w-2']];
    assert.deepEqual(await all(), before);
    await store.rebuild(soon());
    assert.deepEqual(await all(), before);
  });

  test('a deployment is queued, then active, then ended with its outcome', async (t) => {
    const { store } = await open(t);
    const stream = 'deployment/d-1';
    const first = await record(store, stream, accepted('d-1'));
    const queued = await store.deployment('d-1', soon());
    assert.deepEqual(queued, {
      id: 'd-1',
      environment: 'dev',
      plan: sha256('plan d-1'),
      services: ['cart', 'catalog'],
      reason: 'deploy',
      phase: 'queued',
      outcome: null,
      actor: 'tester',
      sequence: 1,
      acceptedAt: first.entries[0]?.time,
      endedAt: null,
    });
    await record(store, stream, started('d-1'));
    assert.deepEqual(await store.deployment('d-1', soon()), { ...queued, phase: 'active' });
    assert.equal((await store.unfinished({}, soon())).length, 1);
    const last = await record(store, stream, ended('d-1'));
    const endedAt = last.entries[0]?.time;
    assert.deepEqual(await store.deployment('d-1', soon()), {
      ...queued,
      phase: 'ended',
      outcome: 'succeeded',
      endedAt,
    });
    assert.deepEqual(await store.unfinished({}, soon()), []);
    assert.equal(await store.deployment('d-2', soon()), null);
  });

  test('unfinished deployments come in the order of their acceptance, of one environment or all', async (t) => {
    const { store } = await open(t);
    for (const [id, environment] of [
      ['d-1', 'dev'],
      ['d-2', 'prod'],
      ['d-3', 'dev'],
    ] as const) {
      await record(store, `deployment/${id}`, accepted(id, environment));
    }
    await record(store, 'deployment/d-1', ended('d-1'));
    const ids = async (filter: { environment?: string }): Promise<readonly string[]> =>
      (await store.unfinished(filter, soon())).map((row) => row.id);
    assert.deepEqual(await ids({}), ['d-2', 'd-3']);
    assert.deepEqual(await ids({ environment: 'dev' }), ['d-3']);
  });

  test('revisions are found by number, by deployment, and the newest', async (t) => {
    const { store } = await open(t);
    assert.equal(await store.revision('dev', null, soon()), null);
    await record(store, 'environment/dev', revised('dev', 1, 'd-1'), revised('dev', 2, 'd-2'));
    assert.equal((await store.revision('dev', 1, soon()))?.spec, sha256('spec 1'));
    assert.equal((await store.revision('dev', null, soon()))?.revision, 2);
    assert.equal((await store.revisionOf('d-1', soon()))?.revision, 1);
    assert.equal(await store.revision('dev', 3, soon()), null);
    assert.equal(await store.revision('prod', null, soon()), null);
    assert.equal(await store.revisionOf('d-9', soon()), null);
  });

  test('the newest platform document counts', async (t) => {
    const { store } = await open(t);
    assert.equal(await store.platform(soon()), null);
    await record(store, 'platform', { kind: 'platform-applied', revision: 1, platform: targetA, source: targetA });
    const { entries } = await record(store, 'platform', {
      kind: 'platform-applied',
      revision: 2,
      platform: targetB,
      source: targetA,
    });
    const time = entries[0]?.time;
    assert.deepEqual(await store.platform(soon()), { revision: 2, platform: targetB, source: targetA, time });
  });

  test('facts about what was never recorded are kept and change no row', async (t) => {
    const { store } = await open(t);
    await record(store, 'deployment/d-9', step('step-started', 'd-9', targetA), ended('d-9'));
    await record(store, 'token/t-9', { kind: 'token-revoked', token: 't-9' });
    assert.equal(await store.deployment('d-9', soon()), null);
    assert.deepEqual(await store.inventory('dev', soon()), []);
    assert.equal((await allEntries(store)).length, 3);
  });
}

function inventoryTests(open: OpenForTest): void {
  type TimelessRow = Omit<InventoryRow, 'changedAt'>;
  const row = (target: string, settled: boolean, deployment: string): readonly TimelessRow[] => [
    { environment: 'dev', ...spot, target, settled, deployment },
  ];

  /** Records events of a deployment and gives the rows that follow; each was changed by the last of the events. */
  async function deploying(
    store: Store,
    id: string,
  ): Promise<(...events: Parameters<typeof record>[2][]) => Promise<readonly TimelessRow[]>> {
    await record(store, `deployment/${id}`, accepted(id));
    return async (...events) => {
      await sleep(2); // so that no two entries are of the same millisecond
      const { entries } = await record(store, `deployment/${id}`, ...events);
      const rows = await store.inventory('dev', soon());
      return rows.map(({ changedAt, ...members }) => {
        assert.equal(changedAt, entries.at(-1)?.time);
        return members;
      });
    };
  }

  test('a created component is unsettled until it is verified', async (t) => {
    const { store } = await open(t);
    const after = await deploying(store, 'd-1');
    assert.deepEqual(await after(step('step-started', 'd-1', targetA)), row(targetA, false, 'd-1'));
    assert.deepEqual(await after(step('step-verified', 'd-1', targetA)), row(targetA, true, 'd-1'));
    assert.deepEqual(await store.inventory('prod', soon()), []);
  });

  test('a failed update that is reverted ends with the target it had, settled', async (t) => {
    const { store } = await open(t);
    const first = await deploying(store, 'd-1');
    await first(step('step-verified', 'd-1', targetA));
    const after = await deploying(store, 'd-2');
    assert.deepEqual(await after(step('step-started', 'd-2', targetB)), row(targetB, false, 'd-2'));
    assert.deepEqual(await after(stepFailed('step-failed', 'd-2')), row(targetB, false, 'd-2'));
    assert.deepEqual(await after(step('revert-started', 'd-2', targetA)), row(targetA, false, 'd-2'));
    assert.deepEqual(await after(step('revert-verified', 'd-2', targetA)), row(targetA, true, 'd-2'));
  });

  test('a failed creation that is reverted leaves no row', async (t) => {
    const { store } = await open(t);
    const after = await deploying(store, 'd-1');
    await after(step('step-started', 'd-1', targetA), stepFailed('step-failed', 'd-1'));
    assert.deepEqual(await after(step('revert-started', 'd-1', null)), row(targetA, false, 'd-1'));
    assert.deepEqual(await after(step('revert-verified', 'd-1', null)), []);
  });

  test('a removal keeps the row, unsettled, until it is verified', async (t) => {
    const { store } = await open(t);
    const first = await deploying(store, 'd-1');
    await first(step('step-verified', 'd-1', targetA));
    const after = await deploying(store, 'd-2');
    assert.deepEqual(await after(step('step-started', 'd-2', null)), row(targetA, false, 'd-2'));
    assert.deepEqual(await after(step('step-verified', 'd-2', null)), []);
  });

  test('after a recovery it is not known of any row what runs', async (t) => {
    const { store } = await open(t);
    const after = await deploying(store, 'd-1');
    await after(step('step-started', 'd-1', targetA), step('step-verified', 'd-1', targetA), ended('d-1'));
    await record(store, 'ledger', { kind: 'ledger-recovered', generationBase: 9, lost: null, highestSeen: 8 });
    const [item] = await store.inventory('dev', soon());
    assert.deepEqual([item?.target, item?.settled, item?.deployment], [targetA, false, 'd-1']);
    await store.rebuild(soon());
    assert.equal((await store.inventory('dev', soon()))[0]?.settled, false);
  });

  test('a revert that failed leaves the row unsettled', async (t) => {
    const { store } = await open(t);
    const after = await deploying(store, 'd-1');
    await after(step('revert-verified', 'd-1', targetA));
    assert.deepEqual(await after(stepFailed('revert-failed', 'd-1')), row(targetA, false, 'd-1'));
  });
}

function rebuildTests(open: OpenForTest): void {
  test('rebuilding from the ledger gives the same projections', async (t) => {
    const { store, reopen } = await open(t);
    await recordEverything(store);
    const before = await projections(store);
    const { sequence } = await store.head(soon());
    assert.deepEqual(await store.rebuild(soon()), { entries: sequence });
    assert.deepEqual(await projections(store), before);
    assert.deepEqual(await projections(await reopen()), before);
  });

  test('rebuilding takes its turn among the appends, and versions still hold after it', async (t) => {
    const { store } = await open(t);
    await record(store, 's', lease('1'));
    const append = (expectedVersion: number) =>
      store.append(
        { appends: [{ stream: 's', expectedVersion, entries: [{ actor: 'tester', event: lease('n') }] }] },
        soon(),
      );
    const [, rebuilt] = await Promise.all([append(1), store.rebuild(soon()), append(2)]);
    assert.deepEqual(rebuilt, { entries: 2 });
    await append(3);
    await assert.rejects(append(3), { code: 'store.conflict' });
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LedgerEvent } from '../../core/event.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { DeploymentFilter, DeploymentRow, EntryFilter, ReleaseFilter, Store } from '../../port/store.ts';
import type { OpenForTest } from './opened-store.ts';
import {
  accepted,
  allEntries,
  byTester,
  ended,
  lease,
  readAll,
  record,
  recordEverything,
  registered,
  revised,
  soon,
  started,
  tokenCreated,
} from './samples.ts';

export function listContract(open: OpenForTest): void {
  pageTests(open);
  filterTests(open);
  entryTests(open);
  boundTests(open);
}

function pageTests(open: OpenForTest): void {
  const versions = Array.from({ length: 25 }, (_, index) => `1.0.${index}`);

  test('pages are newest first, without gap or repetition while new rows come', async (t) => {
    const { store } = await open(t);
    for (const version of versions) await record(store, `release/cart/${version}`, registered('cart', version));
    const seen = await readAll(7, async (page) => {
      const read = await store.releases({ service: 'cart' }, page, soon());
      const version = `2.0.${page.cursor ?? 'first'}`;
      await record(store, `release/cart/${version}`, registered('cart', version));
      return read;
    });
    assert.deepEqual(
      seen.map((row) => row.version),
      versions.toReversed(),
    );
  });

  test('the revisions of an environment are paged newest first', async (t) => {
    const { store } = await open(t);
    for (let number = 1; number <= 12; number += 1) {
      await record(store, 'environment/dev', revised('dev', number, `d-${number}`));
      await record(store, 'environment/prod', revised('prod', number, `p-${number}`));
    }
    for (const limit of [1, 5, 12, 500]) {
      const rows = await readAll(limit, (page) => store.revisions('dev', page, soon()));
      const expected = Array.from({ length: 12 }, (_, index) => ({
        revision: 12 - index,
        deployment: `d-${12 - index}`,
      }));
      assert.deepEqual(
        rows.map(({ revision, deployment }) => ({ revision, deployment })),
        expected,
      );
    }
    assert.deepEqual(await store.revisions('none', { limit: 1 }, soon()), { items: [], next: null });
  });

  test('tokens are paged newest first, all of them or those of one use', async (t) => {
    const { store } = await open(t);
    for (let number = 1; number <= 12; number += 1) {
      const use = number % 3 === 0 ? 'session' : 'api';
      await record(store, `token/t-${number}`, tokenCreated(`t-${number}`, { use }));
    }
    const ids = async (filter: { use?: 'api' | 'session' }, limit: number): Promise<readonly string[]> =>
      (await readAll(limit, (page) => store.tokens(filter, page, soon()))).map((row) => row.id);
    const newestFirst = Array.from({ length: 12 }, (_, index) => `t-${12 - index}`);
    for (const limit of [1, 4, 12]) {
      assert.deepEqual(await ids({}, limit), newestFirst);
      assert.deepEqual(await ids({ use: 'session' }, limit), ['t-12', 't-9', 't-6', 't-3']);
      assert.equal((await ids({ use: 'api' }, limit)).length, 8);
    }
  });

  test('a wrong limit or a cursor that no list gave is refused by every list', async (t) => {
    const { store } = await open(t);
    const lists = [
      (page: { limit: number; cursor?: string }) => store.releases({ search: 'a' }, page, soon()),
      (page: { limit: number; cursor?: string }) => store.deployments({}, page, soon()),
      (page: { limit: number; cursor?: string }) => store.revisions('dev', page, soon()),
      (page: { limit: number; cursor?: string }) => store.tokens({}, page, soon()),
    ];
    for (const list of lists) {
      for (const limit of [0, -1, 501, 1.5, Number.NaN]) {
        await assert.rejects(list({ limit }), { code: 'request.invalid' });
      }
      for (const cursor of ['', 'x', 'MA', 'LTE', 'MS41', 'MQ==', '💥', 'OTk5OTk5OTk5OTk5OTk5OTk5']) {
        await assert.rejects(list({ limit: 1, cursor }), { code: 'request.invalid' }, cursor);
      }
    }
  });

  test('a search takes its text literally, but for upper and lower case of ASCII letters', async (t) => {
    const { store } = await open(t);
    const versions = ['1.0.0-RC', '100%', '100x', 'a_b', 'axb', 'back\\slash', 'Straße', "it's"];
    for (const version of versions) await record(store, `release/cart/${version}`, registered('cart', version));
    const found = async (search: string): Promise<readonly string[]> =>
      (await readAll(500, (page) => store.releases({ search }, page, soon()))).map((row) => row.version).toReversed();
    assert.deepEqual(await found('rc'), ['1.0.0-RC']);
    assert.deepEqual(await found('%'), ['100%']);
    assert.deepEqual(await found('0%'), ['100%']);
    assert.deepEqual(await found('a_b'), ['a_b']);
    assert.deepEqual(await found('\\'), ['back\\slash']);
    assert.deepEqual(await found('STRAß'), ['Straße']);
    assert.deepEqual(await found('STRASSE'), []);
    assert.deepEqual(await found("'"), ["it's"]);
    assert.deepEqual(await found('1\u00000'), []);
    assert.deepEqual(await found('CART'), versions);
    assert.deepEqual(await found(''), versions);
    await assert.rejects(found('x'.repeat(201)), { code: 'request.invalid' });
    await assert.rejects(store.deployments({ search: 'x'.repeat(201) }, { limit: 1 }, soon()), {
      code: 'request.invalid',
    });
  });
}

const environments = ['dev', 'prod', 'pr-1'];
const services = ['cart', 'cart-api', 'catalog'];
const outcomes: readonly Outcome[] = ['succeeded', 'failed', 'rolled-back'];

interface History {
  readonly environment: string;
  readonly services: readonly string[];
  readonly reason: string;
  readonly phase: DeploymentRow['phase'];
  readonly outcome: Outcome;
}

const history: fc.Arbitrary<History> = fc.record({
  environment: fc.constantFrom(...environments),
  services: fc.uniqueArray(fc.constantFrom(...services), { minLength: 1, maxLength: 3 }),
  reason: fc.constantFrom('deploy', 'rollback to d-1', 'Deploy by hand'),
  phase: fc.constantFrom('queued', 'active', 'ended', 'ended', 'ended'),
  outcome: fc.constantFrom(...outcomes),
});

const deploymentFilter: fc.Arbitrary<DeploymentFilter> = fc.record(
  {
    environment: fc.constantFrom(...environments, 'none'),
    service: fc.constantFrom(...services, 'none'),
    phase: fc.constantFrom('queued' as const, 'active' as const, 'ended' as const),
    outcome: fc.constantFrom(...outcomes),
    search: fc.constantFrom('CART', 'api', 'deploy', 'back', 'd-1', 'D-2', '["', '"', '\u0000', 't","c', '%'),
  },
  { requiredKeys: [] },
);

function filterTests(open: OpenForTest): void {
  test('deployments are filtered as a plain filter of all of them would (property)', async (t) => {
    const { store } = await open(t);
    const histories = fc.sample(history, { numRuns: 90, seed: 7 });
    for (const [index, each] of histories.entries()) await recordHistory(store, `d-${index}`, each);
    const all = await readAll(500, (page) => store.deployments({}, page, soon()));
    assert.equal(all.length, histories.length);
    const reached = new Map<string, number>();
    const property = fc.asyncProperty(deploymentFilter, fc.integer({ min: 1, max: 40 }), async (filter, limit) => {
      const rows = await readAll(limit, (page) => store.deployments(filter, page, soon()));
      assert.deepEqual(
        rows,
        all.filter((row) => fits(row, filter)),
      );
      for (const member of rows.length > 0 ? Object.keys(filter) : []) {
        reached.set(member, (reached.get(member) ?? 0) + 1);
      }
    });
    await fc.assert(property, { numRuns: 400 });
    for (const member of ['environment', 'service', 'phase', 'outcome', 'search']) {
      assert.ok((reached.get(member) ?? 0) >= 20, `${member} found something ${reached.get(member)} times`);
    }
    await store.rebuild(soon());
    assert.deepEqual(
      await readAll(500, (page) => store.deployments({ service: 'cart' }, page, soon())),
      all.filter((row) => row.services.includes('cart')),
    );
  });

  test('releases are filtered as a plain filter of all of them would', async (t) => {
    const { store } = await open(t);
    for (const service of services) {
      for (const version of ['1.0.0', '1.1.0-rc', '2.0.0']) {
        await record(store, `release/${service}/${version}`, registered(service, version));
      }
    }
    const all = await readAll(500, (page) => store.releases({}, page, soon()));
    const filters: readonly ReleaseFilter[] = ['cart', 'API', '1.', 'RC', 'none'].flatMap((search) => [
      { search },
      { search, service: 'cart' },
      { service: 'cart-api' },
    ]);
    for (const filter of filters) {
      const { service, search = '' } = filter;
      const expected = all.filter(
        (row) =>
          (service === undefined || row.service === service) &&
          (contains(row.service, search) || contains(row.version, search)),
      );
      for (const limit of [1, 4, 500]) {
        const rows = await readAll(limit, (page) => store.releases(filter, page, soon()));
        assert.deepEqual(rows, expected, JSON.stringify(filter));
      }
    }
  });
}

async function recordHistory(store: Store, id: string, history: History): Promise<void> {
  const { environment, services: changed, reason, phase, outcome } = history;
  const events: LedgerEvent[] = [accepted(id, environment, changed, reason)];
  if (phase === 'active') events.push(started(id));
  if (phase === 'ended') events.push(ended(id, outcome));
  await record(store, `deployment/${id}`, ...events);
}

function fits(row: DeploymentRow, { environment, service, phase, outcome, search }: DeploymentFilter): boolean {
  return (
    (environment === undefined || row.environment === environment) &&
    (service === undefined || row.services.includes(service)) &&
    (phase === undefined || row.phase === phase) &&
    (outcome === undefined || row.outcome === outcome) &&
    (search === undefined || [row.id, row.reason, ...row.services].some((text) => contains(text, search)))
  );
}

function contains(text: string, search: string): boolean {
  return text.toLowerCase().includes(search.toLowerCase());
}

async function readAllBefore(store: Store, limit: number, filter: EntryFilter): Promise<readonly LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (let before: number | null = null; ;) {
    const page = await store.entriesBefore(before, limit, filter, soon());
    assert.ok(page.entries.length <= limit);
    entries.push(...page.entries);
    if (page.next === null) return entries;
    before = page.next;
  }
}

function entryTests(open: OpenForTest): void {
  test('entries are read newest first, of one stream, kind or actor or of all', async (t) => {
    const { store } = await open(t);
    assert.deepEqual(await store.entriesBefore(null, 1, {}, soon()), { entries: [], next: null });
    await recordEverything(store);
    const all = (await allEntries(store)).toReversed();
    const filters: readonly EntryFilter[] = [
      {},
      { stream: 'deployment/d-2' },
      { kind: 'step-started' },
      { actor: 'tester' },
      { stream: 'deployment/d-2', kind: 'deployment-accepted', actor: 'tester' },
      { stream: 'deployment/d-2', kind: 'token-created' },
      { stream: 'none' },
      { actor: 'none' },
    ];
    for (const filter of filters) {
      const { stream, kind, actor } = filter;
      const expected = all.filter(
        (entry) =>
          (stream === undefined || entry.stream === stream) &&
          (kind === undefined || entry.kind === kind) &&
          (actor === undefined || entry.actor === actor),
      );
      for (const limit of [1, 3, 1_000]) {
        assert.deepEqual(await readAllBefore(store, limit, filter), expected, JSON.stringify(filter));
      }
    }
    assert.equal((await store.entriesBefore(4, 1_000, {}, soon())).entries[0]?.sequence, 3);
    assert.deepEqual(await store.entriesBefore(1, 1_000, {}, soon()), { entries: [], next: null });
  });

  test('a wrong limit or a place that is no sequence is refused', async (t) => {
    const { store } = await open(t);
    for (const limit of [0, 1_001, 1.5, Number.NaN]) {
      await assert.rejects(store.entriesBefore(null, limit, {}, soon()), { code: 'request.invalid' });
    }
    for (const before of [0, -1, 1.5, Number.NaN]) {
      await assert.rejects(store.entriesBefore(before, 1, {}, soon()), { code: 'request.invalid' });
    }
  });
}

/** Appends so many events to a stream of their own, in requests of at most 1,000. */
async function recordMany(store: Store, stream: string, events: readonly LedgerEvent[]): Promise<void> {
  for (let from = 0; from < events.length; from += 1_000) {
    const entries = byTester(...events.slice(from, from + 1_000));
    await store.append({ appends: [{ stream, expectedVersion: from, entries }] }, soon());
  }
}

function boundTests(open: OpenForTest): void {
  test('a page looks through 20,000 entries, says where to go on, and what is there is found', async (t) => {
    const { store } = await open(t);
    await record(store, 'platform', { kind: 'platform-applied', revision: 1, platform: 'p', source: 's' });
    await recordMany(
      store,
      'lease/drive',
      Array.from({ length: 20_500 }, (_, index) => lease(String(index))),
    );
    const first = await store.entriesBefore(null, 10, { kind: 'platform-applied' }, soon());
    assert.deepEqual(first, { entries: [], next: 502 });
    const second = await store.entriesBefore(first.next, 10, { kind: 'platform-applied' }, soon());
    assert.deepEqual([second.entries.length, second.next], [1, null]);
    const ofStream = await store.entriesBefore(null, 10, { stream: 'platform', actor: 'tester' }, soon());
    assert.deepEqual([ofStream.entries.length, ofStream.next], [1, null], 'only the stream counts');
  });

  test('a search over more rows than a page looks through goes on from page to page', async (t) => {
    const { store } = await open(t);
    const many = Array.from({ length: 20_500 }, (_, index) => accepted(`d-${index}`));
    await recordMany(store, 'deployments', [accepted('needle'), ...many]);
    const first = await store.deployments({ search: 'needle' }, { limit: 10 }, soon());
    assert.deepEqual(first.items, []);
    assert.ok(first.next !== null);
    const second = await store.deployments({ search: 'needle' }, { limit: 10, cursor: first.next }, soon());
    assert.deepEqual([second.items[0]?.id, second.next], ['needle', null]);
  });
}

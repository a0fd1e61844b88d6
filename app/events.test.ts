import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { LedgerEvent } from '../core/event.ts';
import { Fault, isFault } from '../core/fault.ts';
import { sha256 } from '../core/hash.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { canonical } from '../core/canonical.ts';
import type { Store } from '../port/store.ts';
import { clock, folderFor, openStore } from '../store/sqlite/testing/folder.ts';
import { soon } from '../store/testing/samples.ts';
import type { EventFilter } from './api.ts';
import { startEventFeed, type EventFeed, type EventFeedParts } from './events.ts';
import { listeningLogger } from './testing/fakes.ts';

const environments = ['dev', 'prod'];
const services = ['cart', 'catalog', 'search'];
const spotOf = (service: string) => ({ cluster: 'fe', service, component: 'web' });

/** What happens to one deployment, on the streams where it belongs. */
function deploymentEvents(deployment: string, environment: string, of: readonly string[]): [string, LedgerEvent][] {
  const stream = `deployment/${deployment}`;
  const plan = sha256(deployment);
  const steps = of.flatMap((service): [string, LedgerEvent][] => {
    const step = { deployment, step: `fe/${service}/web`, spot: spotOf(service), target: null };
    return [
      [stream, { kind: 'step-started', ...step }],
      [stream, { kind: 'step-verified', ...step }],
    ];
  });
  return [
    [
      stream,
      {
        kind: 'deployment-accepted',
        deployment,
        environment,
        plan,
        services: of,
        onFailure: 'leave',
        restores: null,
        reason: 'deploy',
      },
    ],
    [`request/${deployment}`, { kind: 'request-accepted', request: sha256(deployment), deployment }],
    [`environment/${environment}`, { kind: 'deployment-queued', environment, deployment, plan }],
    [stream, { kind: 'deployment-started', deployment, generation: 1 }],
    ...steps,
    [`environment/${environment}`, { kind: 'spec-revised', environment, revision: 1, spec: plan, deployment }],
    [stream, { kind: 'deployment-ended', deployment, outcome: 'succeeded', cause: null, unknown: [] }],
  ];
}

function otherEvents(name: string): [string, LedgerEvent][] {
  const service = services[name.length % services.length] ?? 'cart';
  return [
    ['lease/drive', { kind: 'lease-granted', driver: name }],
    [
      `release/${service}/${name}`,
      { kind: 'release-registered', service, version: name, identity: sha256(name), manifest: sha256(name) },
    ],
    [`token/${name}`, { kind: 'token-revoked', token: name }],
  ];
}

/** Appends each event to the end of its stream, a few at once. */
async function append(store: Store, events: readonly (readonly [string, LedgerEvent])[]): Promise<void> {
  for (let from = 0; from < events.length; from += 5) {
    const byStream = Map.groupBy(events.slice(from, from + 5), ([stream]) => stream);
    const appends = await Promise.all(
      Array.from(byStream, async ([stream, pairs]) => {
        const entries = pairs.map(([, event]) => ({ actor: 'tester', event }));
        return { stream, expectedVersion: await store.version(stream, soon()), entries };
      }),
    );
    await store.append({ appends }, soon());
  }
}

interface Ground {
  readonly store: Store;
  readonly feed: (of?: Partial<EventFeedParts>) => Promise<EventFeed>;
}

async function groundFor(t: TestContext): Promise<Ground> {
  const feeds: EventFeed[] = [];
  const directory = await folderFor(t);
  const store = await openStore(directory);
  t.after(async () => {
    for (const feed of feeds) await feed.stop();
    await store.close();
  });
  return {
    store,
    async feed(of = {}) {
      const feed = await startEventFeed({ store, clock, logger: listeningLogger(), ...of }, soon());
      feeds.push(feed);
      return feed;
    },
  };
}

interface Got {
  readonly sequence: number;
  readonly text: string;
}

/** Reads until it has come through a sequence. Checks that what comes is in order. */
async function readThrough(
  feed: EventFeed,
  of: { readonly filter: EventFilter; readonly after: number | null; readonly end: () => number | null },
  signal = soon(),
): Promise<{ readonly began: number; readonly got: readonly Got[] }> {
  const got: Got[] = [];
  let began: number | null = null;
  let reached = -1;
  for await (const { events, through } of feed.events(of.filter, of.after, signal)) {
    assert.ok(through > reached, 'every batch goes on');
    for (const { sequence, text } of events) {
      assert.ok(sequence > reached && sequence <= through, `${sequence} came between ${reached} and ${through}`);
      reached = sequence;
      got.push({ sequence, text });
    }
    began ??= through;
    reached = through;
    const end = of.end();
    if (end !== null && through >= end) break;
  }
  return { began: began ?? -1, got };
}

/** What a filter means, said a second time and slowly: from the whole ledger. */
function expected(ledger: readonly LedgerEntry[], filter: EventFilter, after: number): Got[] {
  const accepted = new Map(
    ledger.filter(({ kind }) => kind === 'deployment-accepted').map(({ payload }) => [payload['deployment'], payload]),
  );
  const wanted = ledger.filter(({ sequence, kind, payload }) => {
    const deployment = payload['deployment'] === undefined ? undefined : accepted.get(payload['deployment']);
    const spot = payload['spot'] as { readonly service: string } | undefined;
    const environment = payload['environment'] ?? deployment?.['environment'];
    const about = spot?.service ?? payload['service'] ?? deployment?.['services'] ?? [];
    return (
      sequence > after &&
      (filter.kinds === undefined || filter.kinds.includes(kind)) &&
      (filter.deployment === undefined || payload['deployment'] === filter.deployment) &&
      (filter.environment === undefined || environment === filter.environment) &&
      (filter.service === undefined || [about].flat().includes(filter.service))
    );
  });
  return wanted.map((entry) => ({ sequence: entry.sequence, text: canonical(entry) }));
}

const filters: fc.Arbitrary<EventFilter> = fc.record(
  {
    environment: fc.constantFrom(...environments, 'nowhere'),
    deployment: fc.constantFrom('d-0', 'd-1', 'd-5', 'd-none'),
    service: fc.constantFrom(...services, 'nothing'),
    kinds: fc.subarray(['deployment-accepted', 'step-verified', 'request-accepted', 'token-revoked'] as const, {
      minLength: 1,
    }),
  },
  { requiredKeys: [] },
);

/** Hints of the store, some of which never arrive. */
function losingHints(store: Store, arrives: () => boolean): EventFeedParts['store'] {
  return {
    head: store.head.bind(store),
    entries: store.entries.bind(store),
    deployment: store.deployment.bind(store),
    onAppended: (listener) =>
      store.onAppended((sequence) => {
        if (arrives()) listener(sequence);
      }),
  };
}

suite('events of the ledger', () => {
  test('every reader gets what its filter lets through, each once and in order, wherever it begins and however small the ring', async (t) => {
    const seen = { paged: 0, ringOnly: 0, empty: 0, something: 0 };
    const { store, feed: start } = await groundFor(t);
    const ledger: LedgerEntry[] = [];
    let deployments = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          before: fc.nat(3),
          during: fc.integer({ min: 1, max: 6 }),
          ringEntries: fc.constantFrom(1, 4, 30, 8_192),
          warmEntries: fc.constantFrom(0, 5, 2_000),
          batchEntries: fc.constantFrom(1, 3, 200),
          batchText: fc.constantFrom(1, 2_000, 128 * 1024),
          deployments: fc.constantFrom(1, 100),
          readers: fc.array(fc.tuple(filters, fc.option(fc.nat(60)), fc.nat(12)), { minLength: 1, maxLength: 12 }),
          losesHints: fc.boolean(),
        }),
        async ({ before, during, readers, losesHints, ...limits }) => {
          const more = async () => {
            const name = `d-${deployments}`;
            deployments += 1;
            const environment = environments[deployments % 2] ?? 'dev';
            const of = services.slice(deployments % 3);
            await append(store, [...deploymentEvents(name, environment, of), ...otherEvents(`n${deployments}`)]);
          };
          for (let count = 0; count < before; count += 1) await more();
          let hints = 0;
          const source = losesHints ? losingHints(store, () => (hints += 1) % 3 === 0) : store;
          const feed = await start({ store: source, limits: { ...limits, quietMs: 1, lookMs: 20 } });
          const { sequence: head } = await store.head(soon());
          let end: number | null = null;
          const reading = readers.map(async ([filter, back, delayMs]) => {
            await sleep(delayMs);
            const after = back === null ? null : Math.max(0, head - back);
            const { began, got } = await readThrough(feed, { filter, after, end: () => end });
            assert.equal(began, after ?? began);
            return { filter, began, got };
          });
          for (let count = 0; count < during; count += 1) await more();
          end = (await store.head(soon())).sequence;
          await append(store, [['lease/drive', { kind: 'lease-granted', driver: 'the end' }]]);
          ledger.push(...(await store.entries(ledger.length, 10_000, soon())));
          for (const { filter, began, got } of await Promise.all(reading)) {
            const upTo = got.at(-1)?.sequence ?? 0;
            const all = expected(ledger, filter, began);
            const due: readonly Got[] = all.filter(({ sequence }) => sequence <= Math.max(upTo, end ?? 0));
            assert.deepEqual(got, due);
            seen[got.length === 0 ? 'empty' : 'something'] += 1;
            seen[began < head - limits.warmEntries || limits.ringEntries < 30 ? 'paged' : 'ringOnly'] += 1;
          }
          await feed.stop();
        },
      ),
      { numRuns: 60, interruptAfterTimeLimit: 30_000 },
    );
    assert.ok(
      Object.values(seen).every((count) => count > 0),
      JSON.stringify(seen),
    );
  });

  test('a reader begins after what was acknowledged before it came, or where it says, and never beyond the end', async (t) => {
    const { store, feed: start } = await groundFor(t);
    await append(store, deploymentEvents('d-1', 'dev', ['cart']));
    const feed = await start();
    const { sequence } = await store.head(soon());
    const first = async (after: number | null) => (await feed.events({}, after, soon()).next()).value;
    assert.deepEqual(await first(null), { events: [], through: sequence });
    assert.deepEqual(await first(2), { events: [], through: 2 });
    assert.deepEqual(await first(sequence), { events: [], through: sequence });
    await assert.rejects(first(sequence + 1), (error) => isFault(error, 'events.ahead'));
  });

  test('a batch is bounded in text, yet every entry gets through', async (t) => {
    const { store, feed: start } = await groundFor(t);
    const lease = (driver: string): [string, LedgerEvent] => ['lease/drive', { kind: 'lease-granted', driver }];
    await append(store, [lease('x'.repeat(900)), lease('y'.repeat(50)), lease('z'.repeat(50)), lease('end')]);
    const feed = await start({ limits: { batchText: 700 } });
    const sizes: number[] = [];
    for await (const { events, through } of feed.events({}, 0, soon())) {
      if (events.length > 0) sizes.push(events.length);
      if (through === 4) break;
    }
    assert.deepEqual(sizes, [1, 2, 1]);
  });

  test('readers with the same filter who are woken together are given one and the same batch', async (t) => {
    const { store, feed: start } = await groundFor(t);
    const feed = await start();
    const kinds = ['lease-granted', 'lease-granted', 'token-revoked'] as const;
    const readers = kinds.map((kind) => feed.events({ kinds: [kind] }, null, soon()));
    for (const reader of readers) await reader.next();
    const next = readers.map(async (reader) => (await reader.next()).value);
    await append(store, [['lease/drive', { kind: 'lease-granted', driver: 'x' }]]);
    const [one, same, other] = await Promise.all(next);
    assert.equal(one, same);
    assert.deepEqual([one?.events.length, other], [1, { events: [], through: 1 }]);
  });

  test('a store that cannot be read is told to who waits, and who comes again goes on', async (t) => {
    const { store, feed: start } = await groundFor(t);
    let broken = false;
    const logger = listeningLogger();
    const feed = await start({
      logger,
      limits: { lookMs: 20 },
      store: {
        ...losingHints(store, () => true),
        entries: async (after, limit, signal) => {
          if (broken) throw new Fault('store.failed', 'The disk is gone.');
          return await store.entries(after, limit, signal);
        },
      },
    });
    const reading = readThrough(feed, { filter: {}, after: null, end: () => 1 });
    await sleep(50);
    broken = true;
    await assert.rejects(reading, (error) => isFault(error, 'store.failed'));
    broken = false;
    const again = readThrough(feed, { filter: {}, after: 0, end: () => 1 });
    await append(store, [['lease/drive', { kind: 'lease-granted', driver: 'x' }]]);
    assert.deepEqual(
      (await again).got.map(({ sequence }) => sequence),
      [1],
    );
    assert.deepEqual(logger.errors, []);
  });

  test('a reader ends with its signal, and every reader with the feed', async (t) => {
    const { feed: start } = await groundFor(t);
    const feed = await start();
    const leaving = new AbortController();
    const left = readThrough(feed, { filter: {}, after: null, end: () => null }, leaving.signal);
    const stayed = readThrough(feed, { filter: {}, after: null, end: () => null });
    await sleep(20);
    const reason = new Error('enough');
    leaving.abort(reason);
    await assert.rejects(left, reason);
    const [, ended] = await Promise.allSettled([feed.stop(), stayed]);
    assert.ok(ended.status === 'rejected' && isFault(ended.reason, 'server.draining'), JSON.stringify(ended));
    await assert.rejects(readThrough(feed, { filter: {}, after: null, end: () => null }), (error) =>
      isFault(error, 'server.draining'),
    );
  });
});

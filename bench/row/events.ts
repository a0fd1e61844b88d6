import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { canonical } from '../../core/canonical.ts';
import type { Bench, BenchContext, Scenario } from '../../tool/bench/row.ts';
import { runScript, startScript } from '../support/child.ts';
import { startDrayage } from '../support/drayage.ts';

const limitMs = 180_000;
const platform =
  'apiVersion: drayage/v1\nkind: Platform\nclusters:\n  fe: { engine: simulated }\nenvironments:\n  dev: { clusters: [fe] }\n';

/** Events to many readers against a bare broadcaster. */
export function eventsScenario(): Scenario {
  return {
    rows: [
      {
        name: 'events',
        ours: 'p99 from sending the request that makes an event to its arrival at 1,000 readers of /v1/events',
        theirs: 'the same with a bare broadcaster of server-sent events, which keeps and checks nothing',
        unit: 'ms',
        bound: 'at most',
        limit: 1.5,
        aim: null,
        allowance: 0,
      },
    ],
    onEngine: false,
    warmsUp: false,
    repetitions: 1,
    prepare: async (context) => await prepare(context),
  };
}

interface Size {
  readonly readers: number;
  readonly warmUp: number;
  readonly rounds: number;
  /** Of one round. */
  readonly events: number;
  /** An event is made so often. */
  readonly everyMs: number;
}

async function prepare(context: BenchContext): Promise<Bench> {
  const size: Size = context.isShort
    ? { readers: 100, warmUp: 2, rounds: 1, events: 10, everyMs: 50 }
    : { readers: 1_000, warmUp: 10, rounds: 11, events: 12, everyMs: 100 };
  const scratch = await mkdtemp(join(context.scratch, 'events-'));
  return {
    facts: [
      `${size.readers} readers in one process, each on a connection of its own; ${size.rounds} rounds of ${size.events} events, one each ${size.everyMs} ms, one right after the other, ${size.warmUp} events before that to warm up; a round's figure is the p99 of its ${size.events * size.readers} deliveries`,
      "with Drayage an event is a token's creation: authenticated, durable on the ledger; the broadcaster is sent the same bytes",
      'asserted: every reader got every event once, in order',
    ],
    measure: async (side) => ({
      events: side === 'ours' ? await measureDrayage(scratch, size) : await measureBroadcaster(size),
    }),
    close: async () => await rm(scratch, { recursive: true, force: true }),
  };
}

const countOf = ({ warmUp, rounds, events }: Size): number => warmUp + rounds * events;

const bodyOf = (index: number): string => JSON.stringify({ name: `token ${index}`, role: 'viewer' });

async function measureDrayage(scratch: string, size: Size): Promise<readonly number[]> {
  const server = await startDrayage(scratch, platform);
  try {
    const bodies = Array.from({ length: countOf(size) }, (_, index) => bodyOf(index));
    const of = { streamPath: '/v1/events?kinds=token-created', postPath: '/v1/tokens', token: server.token };
    const p99s = await readAll({ url: server.url, ...of }, size, bodies);
    const { entries } = await server.client.call('ledgerEntries', { query: { after: 0, limit: 1_000 } });
    const made = entries.filter(({ kind }) => kind === 'token-created');
    assert.equal(made.length, bodies.length + 1, 'each event is on the ledger, beside the first token');
    const last = made.at(-1);
    assert.ok(last !== undefined);
    sample = canonical(last);
    return p99s;
  } finally {
    await server.remove();
  }
}

async function measureBroadcaster(size: Size): Promise<readonly number[]> {
  const data = sample;
  assert.ok(data !== null, 'Drayage is measured first');
  const bodies = Array.from({ length: countOf(size) }, () => data);
  const server = await startScript('baseline/broadcaster.ts', {});
  try {
    const { url } = z.object({ url: z.string() }).parse(server.said);
    return await readAll({ url, streamPath: '/', postPath: '/', token: 'none' }, size, bodies);
  } finally {
    await server.stop();
  }
}

/** What Drayage's readers got as the data of one event: the broadcaster's are of the same bytes. */
let sample: string | null = null;

const told = z.array(z.object({ p99: z.number().positive(), delivered: z.int() }));

/** The p99 of each round. */

async function readAll(
  of: { readonly url: string; readonly streamPath: string; readonly postPath: string; readonly token: string },
  { readers, warmUp, rounds, events, everyMs }: Size,
  bodies: readonly string[],
): Promise<readonly number[]> {
  const said = await runScript('load/event-readers.ts', { ...of, readers, bodies, warmUp, rounds, everyMs }, limitMs);
  const all = told.parse(said);
  const delivered = all.map((round) => round.delivered);
  assert.deepEqual(delivered, Array<number>(rounds).fill(readers * events), 'every reader got every event');
  return all.map(({ p99 }) => p99);
}

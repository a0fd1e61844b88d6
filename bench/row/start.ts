import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { createClient } from '../../client/client.ts';
import { cleanEnvironment, dray } from '../../test/support/dray.ts';
import type { Bench, BenchContext, Scenario } from '../../tool/bench/row.ts';
import { largeLedger } from '../support/large-ledger.ts';

const startMs = 300_000;
const stopMs = 40_000;
const pollMs = 5;

/** The start of the server on a large ledger against its start on an empty one. */
export function startScenario(): Scenario {
  return {
    rows: [
      {
        name: 'start',
        ours: '`dray serve` on a ledger of 3,000,000 entries, until it is ready',
        theirs: '`dray serve` on an empty data folder, until it is ready',
        unit: 'ms',
        bound: 'at most',
        limit: 1.5,
        aim: null,
        allowance: 2_000,
      },
    ],
    onEngine: false,
    warmsUp: true,
    repetitions: 3,
    prepare: async (context) => await prepare(context),
  };
}

async function prepare(context: BenchContext): Promise<Bench> {
  const entries = context.isShort ? 5_000 : 3_000_000;
  const data = await largeLedger(context, entries);
  const scratch = await mkdtemp(join(context.scratch, 'start-'));
  // Nobody can know an earlier token of a ledger that is kept: anybody may look, and so the head can be seen.
  const platform = join(scratch, 'platform.yaml');
  await writeFile(
    platform,
    'apiVersion: drayage/v1\nkind: Platform\nclusters:\n  fe: { engine: simulated }\nenvironments:\n  dev: { clusters: [fe] }\nrights: { anonymous: viewer }\n',
  );
  const on = async (directory: string, least: number) => await startOnce({ platform, data: directory, least });
  return {
    facts: [
      `${entries.toLocaleString('en')} entries or a few more; the time is from the start of the command to the first 200 of /readyz`,
      'asserted: it answers as ready, and the head that it shows is that of the ledger',
    ],
    measure: async (side) => {
      if (side === 'ours') return { start: await on(data, entries) };
      const empty = await mkdtemp(join(scratch, 'empty-'));
      const ms = await on(join(empty, 'data'), 1);
      await rm(empty, { recursive: true, force: true });
      return { start: ms };
    },
    close: async () => await rm(scratch, { recursive: true, force: true }),
  };
}

/** Starts a server and stops it; how long it took until it was ready, in ms. */
async function startOnce(of: {
  readonly platform: string;
  readonly data: string;
  /** How many entries its ledger has at least. */
  readonly least: number;
}): Promise<number> {
  const args = ['serve', '--json', '--platform', of.platform, '--data', of.data, '--listen', '127.0.0.1:0'];
  const beganMs = performance.now();
  const child = spawn(dray, args, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  try {
    const url = await readUrl(child.stdout);
    while ((await fetch(`${url}/readyz`)).status !== 200) await sleep(pollMs);
    const ms = performance.now() - beganMs;
    const client = createClient({ url, token: null });
    const { head } = await client.call('ledgerEntries', { query: { after: 0, limit: 1 } });
    assert.ok(head.sequence >= of.least, `the ledger reaches ${head.sequence}`);
    return ms;
  } finally {
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await ended;
    clearTimeout(force);
  }
}

const greeting = z.looseObject({ url: z.string() });

/** The address in the JSON document that the server tells once it listens. */
async function readUrl(stdout: NodeJS.ReadableStream): Promise<string> {
  const pieces: string[] = [];
  const limit = AbortSignal.timeout(startMs);
  const text = await new Promise<string>((resolve, reject) => {
    limit.addEventListener('abort', () => reject(new Error(`the server did not listen within ${startMs} ms`)));
    stdout.setEncoding('utf8').on('data', (piece: string) => {
      pieces.push(piece);
      if (piece.endsWith('}\n')) resolve(pieces.join(''));
    });
    stdout.once('end', () => reject(new Error(`the server ended before it listened: ${pieces.join('')}`)));
  });
  const told = greeting.safeParse(JSON.parse(text));
  if (!told.success) throw new Error(`the server did not start: ${text}`);
  return told.data.url;
}

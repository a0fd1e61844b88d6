import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { startStaticRegistry, type StaticRegistry } from '../../test/support/static-registry.ts';
import type { Bench, BenchContext, RowName, Scenario } from '../../tool/bench/row.ts';
import { runScript, startScript } from '../support/child.ts';
import { makeTokens, specText, startDrayage, type Drayage } from '../support/drayage.ts';

const connections = 64;
const tokens = 4;
const loadMs = 120_000;

const theirsOf = {
  group: 'bare node:http that keeps the same bytes in one SQLite row per request, committed in groups',
  each: 'bare node:http that keeps the same bytes by one synchronous INSERT in each request',
} as const;

/** Acceptance of deployments, each to an environment of its own, against a bare server of one kind. */
export function acceptScenario(mode: 'group' | 'each'): Scenario {
  const name: RowName = mode === 'group' ? 'accept' : 'accept-each';
  const reach = mode === 'group' ? { limit: 0.5, aim: 0.8 } : { limit: 4, aim: null };
  return {
    rows: [
      {
        name,
        ours: 'deployments accepted (durable 202 with authentication, schema, plan, idempotency and ledger)',
        theirs: theirsOf[mode],
        unit: 'per second',
        bound: 'at least',
        ...reach,
        allowance: 0,
      },
    ],
    onEngine: false,
    warmsUp: false,
    repetitions: 3,
    prepare: async (context) => await prepare(context, mode),
  };
}

/** How many requests are sent: some to warm up, the rest measured. */
interface Size {
  readonly warmUp: number;
  readonly measured: number;
}

async function prepare(context: BenchContext, mode: 'group' | 'each'): Promise<Bench> {
  const ours: Size = context.isShort ? { warmUp: 32, measured: 64 } : { warmUp: 880, measured: 1_100 };
  const theirs: Size = context.isShort ? ours : { warmUp: 1_760, measured: mode === 'group' ? 12_800 : 9_600 };
  const scratch = await mkdtemp(join(context.scratch, 'accept-'));
  const registry = await startStaticRegistry();
  // Drayage is measured first: what it keeps for one request is what the bare server then keeps for each.
  const content = join(scratch, 'content');
  return {
    facts: [
      `${connections} connections; ${ours.measured} deployments of one service, each to another environment, and ${theirs.measured} requests to the bare server; ${ours.warmUp} and ${theirs.warmUp} before that to warm up`,
      'kept for each on both sides: the bytes of three entries, of the plan and of its target, about 2,600',
      'Drayage goes on meanwhile and drives what it accepted, on a simulated cluster',
      'asserted: every answer is 202 with another deployment and a receipt; every deployment and key is on the ledger; every row is in the bare database',
    ],
    measure: async (side) => ({
      [mode === 'group' ? 'accept' : 'accept-each']:
        side === 'ours'
          ? await measureDrayage({ scratch, registry, content }, ours)
          : await measureBare(scratch, { mode, content, size: theirs }),
    }),
    close: async () => {
      await registry.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

interface Place {
  readonly scratch: string;
  readonly registry: StaticRegistry;
  /** The file with the bytes that Drayage keeps for one request. */
  readonly content: string;
}

const environmentName = (index: number): string => `e${index}`;

async function startWith({ scratch, registry }: Place, environments: number): Promise<Drayage> {
  const names = Array.from({ length: environments }, (_, index) => `  ${environmentName(index)}: { clusters: [fe] }\n`);
  const platform = `apiVersion: drayage/v1\nkind: Platform\nclusters:\n  fe: { engine: simulated }\nenvironments:\n${names.join('')}`;
  const server = await startDrayage(scratch, platform);
  const text = `services:\n  cart:\n    image: ${registry.host}/cart:1\n    deploy: { update_config: { monitor: 1s } }\n`;
  const compose = { name: 'compose.yaml', text };
  await server.client.call('createRelease', { body: { service: 'cart', version: '1', compose } });
  return server;
}

function bodyFor(environment: string): string {
  const document = { name: 'spec.yaml', text: specText(environment, { cart: '1' }) };
  return JSON.stringify({ wanted: { kind: 'document', document } });
}

const planOf = z.object({
  waves: z.array(z.array(z.object({ change: z.object({ kind: z.literal('create'), to: z.string() }) }))).length(1),
});

/** What Drayage keeps for one acceptance, as it lies in its database: three entries, the plan, the target. */
function bytesOfOne(file: string, { plan, receipt }: z.infer<typeof accepted>): Buffer {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const blob = (digest: string): Uint8Array => {
      const content = database.prepare('SELECT bytes FROM blob WHERE digest = ?').get(digest)?.['bytes'];
      assert.ok(content instanceof Uint8Array, `${digest} is stored`);
      return content;
    };
    const planBytes = blob(plan);
    const created = planOf.parse(JSON.parse(new TextDecoder().decode(planBytes))).waves.flat();
    const select = database.prepare('SELECT * FROM entry WHERE sequence >= ? ORDER BY sequence LIMIT 3');
    const rows = select.all(receipt.sequence).map((row) => Buffer.from(Object.values(row).join('')));
    assert.equal(rows.length, 3);
    return Buffer.concat([...rows, planBytes, ...created.map(({ change }) => blob(change.to))]);
  } finally {
    database.close();
  }
}

const told = z.object({ ms: z.number().positive() });
const answersOf = z.array(z.object({ status: z.int(), body: z.string() }));
const accepted = z.object({
  kind: z.literal('accepted'),
  deployment: z.string(),
  plan: z.string(),
  receipt: z.looseObject({ sequence: z.int().min(1) }),
});
const keptOf = z.object({ sequence: z.int().min(1) });

/** Sends the requests by the load generator; figures and the answers' texts. All have to be 202. */
async function load(
  scratch: string,
  of: { readonly url: string; readonly path: string; readonly size: Size; readonly secrets: readonly string[] },
): Promise<{ readonly perSecond: number; readonly bodies: readonly string[] }> {
  const { url, path, size, secrets } = of;
  const requests = join(scratch, 'requests.json');
  const answers = join(scratch, 'answers.json');
  const all = Array.from({ length: size.warmUp + size.measured }, (_, index) => ({
    headers: {
      'idempotency-key': `key-${index}`,
      ...(secrets.length === 0 ? {} : { authorization: `Bearer ${secrets[index % secrets.length]}` }),
    },
    body: bodyFor(environmentName(index)),
  }));
  await writeFile(requests, JSON.stringify(all));
  const input = { url, path, requests, answers, connections, warmUp: size.warmUp };
  const { ms } = told.parse(await runScript('load/requests.ts', input, loadMs));
  const got = answersOf.parse(JSON.parse(await readFile(answers, 'utf8')));
  assert.equal(got.length, all.length, 'every request is answered');
  const other = got.find(({ status }) => status !== 202);
  assert.equal(other, undefined, `an answer is no 202: ${JSON.stringify(other)}`);
  return { perSecond: (size.measured * 1_000) / ms, bodies: got.map(({ body }) => body) };
}

async function measureDrayage(place: Place, size: Size): Promise<number> {
  const count = size.warmUp + size.measured;
  const server = await startWith(place, count);
  try {
    const secrets = await makeTokens(server, tokens);
    const { url } = server;
    const { perSecond, bodies } = await load(place.scratch, { url, path: '/v1/deployments', size, secrets });
    const answers = bodies.map((body) => accepted.parse(JSON.parse(body)));
    assert.equal(new Set(answers.map(({ deployment }) => deployment)).size, count, 'each is a deployment of its own');
    assert.equal(new Set(answers.map(({ receipt }) => receipt.sequence)).size, count, 'each has an entry of its own');
    await server.kill(); // what was promised is there even so
    const database = join(server.data, 'ledger.db');
    for (const kind of ['deployment-accepted', 'deployment-queued', 'request-accepted']) {
      const sql = 'SELECT count(*) AS count FROM entry WHERE kind = ?';
      assert.equal(countRows(database, sql, kind), count, `${kind} entries on the ledger`);
    }
    const [one] = answers;
    assert.ok(one !== undefined);
    await writeFile(place.content, bytesOfOne(database, one));
    return perSecond;
  } finally {
    await server.remove();
  }
}

async function measureBare(
  scratch: string,
  { mode, content, size }: { readonly mode: 'group' | 'each'; readonly content: string; readonly size: Size },
): Promise<number> {
  const folder = await mkdtemp(join(scratch, 'bare-'));
  const database = join(folder, 'kept.db');
  const server = await startScript('baseline/bare-server.ts', { mode, database, content });
  try {
    const { url } = z.object({ url: z.string() }).parse(server.said);
    const { perSecond, bodies } = await load(scratch, { url, path: '/', size, secrets: [] });
    const count = size.warmUp + size.measured;
    const sequences = bodies.map((body) => keptOf.parse(JSON.parse(body)).sequence);
    assert.equal(new Set(sequences).size, count, 'each has a row of its own');
    const { length } = await readFile(content);
    const sql = 'SELECT count(*) AS count FROM kept WHERE length(content) = ?';
    assert.equal(countRows(database, sql, length), count, 'every row is in the bare database');
    return perSecond;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function countRows(file: string, sql: string, value: string | number): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return z.object({ count: z.int() }).parse(database.prepare(sql).get(value)).count;
  } finally {
    database.close();
  }
}

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { z } from 'zod';
import { run } from '../cli/run.ts';
import { paths } from '../wire/paths.ts';
import { findNeedle, needlesOf } from '../tool/leak/needle.ts';
import { awkwardCanary, canary, largeCanary, mark, placeOfSecret } from './support/canary.ts';
import { createMemoryIo } from './support/memory-io.ts';
import { asYaml, sealFile, sealTo } from './support/sops-file.ts';
import { startServerProcess, type ServerProcess } from './support/server-process.ts';
import { startStaticRegistry } from './support/static-registry.ts';

const canaries = [awkwardCanary('one'), awkwardCanary('two'), canary('three'), canary('four')] as const;
/** 500 KiB and one byte. */
const large = largeCanary(512_001);
const needles = needlesOf(mark);

function assertClean(what: string, content: Uint8Array | string): void {
  assert.equal(findNeedle(Buffer.from(content), needles), null, `${what} holds a secret`);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Every route that only looks, and some that are wrong on purpose, answered as text. */
async function answersOf(
  { url, token }: ServerProcess,
  deployments: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const answers = new Map<string, string>();
  const params: Record<string, string> = { environment: 'dev', service: 'cart', version: '1', sequence: '1' };
  const headers = { authorization: `Bearer ${token}` };
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(url + path, {
      ...init,
      headers: { ...headers, ...(init.body === undefined ? {} : { 'content-type': 'application/json' }) },
      signal: AbortSignal.timeout(5_000),
    });
    answers.set(`${init.method ?? 'GET'} ${path} ${answers.size}`, await answer.text());
  };
  for (const { method, path, produces } of Object.values(paths)) {
    if (method !== 'GET' || produces === 'events' || path.includes(':tile')) continue;
    const names = path.includes(':deployment') ? deployments : [''];
    for (const deployment of names)
      await ask(path.replaceAll(/:(\w+)/g, (_, name: string) => params[name] ?? deployment));
  }
  await ask('/v1/ledger/entries?limit=1000');
  const wrong = [
    { secret: canaries[0], value: 'no base64 of ' + canaries[1] },
    { secret: 'a', value: Buffer.from(canaries[2]).toString('base64'), base: 99 },
    { secret: 'a', value: Buffer.from(canaries[2]).toString('base64'), more: true },
  ];
  for (const body of wrong) await ask('/v1/environments/dev/secrets', { method: 'POST', body: JSON.stringify(body) });
  await ask('/v1/environments/dev/secrets', { method: 'POST', body: `{"value": "${canaries[2]}` });
  return answers;
}

const ended = z.object({ id: z.string() });

async function startShop(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-leak-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const registry = await startStaticRegistry();
  t.after(() => registry.close());
  const sources = { 'from-file.txt': canaries[2], 'binary.secret': largeCanary(3_000, true), 'large.secret': large };
  for (const [name, value] of Object.entries(sources)) await writeFile(placeOfSecret(join(folder, name)), value);
  const identity = await generateX25519Identity();
  await writeFile(join(folder, 'age.txt'), identity, { mode: 0o600 });
  const seal = [sealTo(await identityToRecipient(identity))];
  await writeFile(join(folder, 'sops.yaml'), asYaml(await sealFile({ values: { password: canaries[3] }, seal })));
  await writeFile(
    join(folder, 'platform.yaml'),
    `apiVersion: drayage/v1\nkind: Platform\nclusters: { fe: { engine: simulated } }
environments: { dev: { clusters: [fe], secrets: {
  kept-in-file: { file: from-file.txt },
  kept-in-sops: { sops: { file: sops.yaml, key: password, identity: age.txt } } } } }\n`,
  );
  await writeFile(
    join(folder, 'compose.yaml'),
    `services:
  cart:
    image: ${registry.host}/shop/cart:1.0.0
    secrets: [password, kept-in-file, kept-in-sops]
    deploy: { update_config: { monitor: 1s } }
secrets: { password: { external: true }, kept-in-file: { external: true }, kept-in-sops: { external: true } }\n`,
  );
  const data = join(folder, 'data');
  const server = await startServerProcess({ platform: join(folder, 'platform.yaml'), data });
  t.after(() => server.stop());
  return { folder, data, server };
}

test('no value of a secret stands in any file, log, answer, export or backup, in any form', async (t) => {
  const { folder, data, server } = await startShop(t);
  const told: string[] = [];
  const ids: string[] = [];
  /** The command line in this process: all that it says is kept. */
  const dray = async (args: readonly string[], stdin = '', more: { readonly typed?: string } = {}) => {
    const env = { DRAYAGE_URL: server.url, DRAYAGE_TOKEN: server.token };
    const io = createMemoryIo({ env, folder, stdin, isTerminal: more.typed !== undefined, ...more });
    const code = await run(args, io, '0');
    told.push(io.written.stdout, io.written.stderr);
    return { code, stdout: io.written.stdout };
  };
  const deploy = async (expected: number) => {
    const { code, stdout } = await dray(['deploy', 'dev', '--set', 'cart=1', '--json']);
    assert.equal(code, expected, stdout);
    const read = ended.safeParse(JSON.parse(stdout));
    if (read.success) ids.push(read.data.id);
  };
  await dray(['release', 'cart', '1', '-f', 'compose.yaml']);
  assert.equal((await dray(['secret', 'set', 'dev', 'password'], canaries[0])).code, 0);
  await deploy(0);
  assert.equal((await dray(['secret', 'set', 'dev', 'password'], '', { typed: canaries[1] })).code, 0);
  await deploy(0);
  for (const args of [['secret', 'list', 'dev'], ['show', 'dev'], ['status'], ['secret', 'rotate-key'], ['doctor']])
    await dray(args);
  await dray(['logs', 'dev', 'cart', '--tail', '50']);
  await dray(['rollback', 'dev', '--yes']);
  await dray(['secret', 'revoke', 'dev', 'password', '2', '--yes']);
  assert.equal((await dray(['ledger', 'export', '-o', join(folder, 'export.jsonl')])).code, 0);
  assert.equal((await dray(['backup', join(folder, 'backup.db'), '--data', data])).code, 0);
  await dray(['secret', 'set', 'dev', 'password', '--base', '9'], canaries[2]);
  await dray(['secret', 'set', 'dev', 'password', '--file', 'no-such-file']);
  const tooLarge = await dray(['secret', 'set', 'dev', 'password', '--file', 'large.secret']);
  assert.notEqual(tooLarge.code, 0);
  assert.match(told.at(-1) ?? '', /511,?999/);
  assert.equal((await dray(['secret', 'set', 'dev', 'password', '--file', 'binary.secret'])).code, 0);
  await deploy(0);

  assert.ok(ids.length >= 2);
  const answers = await answersOf(server, ids);
  assert.ok(answers.size > 20);
  for (const [what, text] of answers) assertClean(what, text);
  for (const text of told) assertClean('the command line', text);
  assertClean('the log', server.log());
  for (const path of await filesBelow(folder)) {
    if (!/from-file\.txt$|\.secret$/.test(path)) assertClean(path, await readFile(path));
  }
  await server.kill();
  for (const path of await filesBelow(data)) assertClean(`${path} after a kill`, await readFile(path));
});

test('what is looked for would be found', () => {
  for (const value of canaries) {
    const base64 = Buffer.from(`{"password":"${value}"}`).toString('base64');
    for (const text of [value, base64, Buffer.from(value).toString('hex'), `?p=${encodeURIComponent(value)}`])
      assert.throws(() => assertClean('it', `before ${text} after`), /holds a secret/);
  }
});

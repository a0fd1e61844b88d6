import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { startServerProcess, type ServerProcess } from './support/server-process.ts';
import { startStaticRegistry, type StaticRegistry } from './support/static-registry.ts';

const platformRest = `kind: Platform
clusters: { fe: { engine: simulated } }
environments: { dev: { clusters: [fe] } }
`;

let folder: string;
let registry: StaticRegistry;
let server: ServerProcess;
const path = (name: string) => join(folder, name);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drayage-backup-'));
  registry = await startStaticRegistry();
  const registries = `registries: { '${registry.host}': { credentials: none, insecure: true } }\n`;
  await writeFile(path('platform.yaml'), `apiVersion: drayage/v1\n${platformRest}${registries}`);
  server = await startServerProcess({ platform: path('platform.yaml'), data: path('data') });
});

after(async () => {
  await server.stop();
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

async function release(version: string) {
  const image = `image: '${registry.host}/shop/cart:1.0.0'`;
  const text = `services: { cart: { ${image}, deploy: { update_config: { monitor: 1s } } } }\n`;
  return await server.dray(['release', 'cart', version, '-f', '-'], { stdin: text });
}

async function deploy(version: string): Promise<number | null> {
  return (await server.dray(['deploy', 'dev', '--set', `cart=${version}`, '--yes'])).code;
}

const answerOf = async (of: string) => (await fetch(`${server.url}${of}`)).status;

test('a backup of a running server is restored, known for what it is, recovered, and goes on', async () => {
  assert.equal((await release('1')).code, 0);
  const backed = await server.dray(['backup', path('one.db'), '--data', path('data')]);
  assert.equal(backed.code, 0, backed.stderr);
  assert.match(backed.stdout, /backed up \d+ entries .* verified by replay/);
  assert.match(backed.stdout, /covered by the signed checkpoint of \d+ entries \(drayage\/[0-9a-f]{16}\)/);
  assert.match(backed.stdout, /the signing key is not in it/);
  assert.equal((await stat(path('one.db'))).mode & 0o777, 0o600);

  assert.equal((await release('2')).code, 0);
  const early = await server.dray(['restore', path('one.db'), '--data', path('data'), '--force']);
  assert.deepEqual([early.code, /Another server uses/.test(early.stderr)], [1, true]);
  await server.stop();
  const restored = await server.dray(['restore', path('one.db'), '--data', path('data'), '--force', '--json']);
  assert.equal(restored.code, 0, restored.stderr);
  const { replaced, unfit } = JSON.parse(restored.stdout);
  assert.match(unfit, /missing/);
  assert.ok((await stat(join(replaced, 'ledger.db'))).isFile());
  await server.start();

  assert.deepEqual([await answerOf('/readyz'), await answerOf('/healthz')], [503, 200]);
  const refused = await release('3');
  assert.deepEqual([refused.code, /dray recover/.test(refused.stderr)], [1, true]);
  const answer = await fetch(`${server.url}/v1/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
    body: '{"name":"x"}',
  });
  assert.equal(answer.status, 503);
  assert.match(await answer.text(), /"code":"recovery.needed"/);
  assert.match((await server.dray(['status'])).stderr, /restored from a backup/);
  const doctor = await server.dray(['doctor']);
  assert.deepEqual([doctor.code, /recovery/.test(doctor.stdout)], [1, true]);
  const metrics = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.token}` } });
  assert.match(await metrics.text(), /^drayage_ledger_recovery_needed 1$/m);

  const asked = await server.dray(['recover']);
  assert.deepEqual([asked.code, /everything from entry \d+ on is lost/.test(asked.stdout)], [2, true]);
  const recovered = await server.dray(['recover', '--yes']);
  assert.equal(recovered.code, 0, recovered.stderr);
  assert.match(recovered.stdout, /recovered with entry \d+.*\n.*drayage\/[0-9a-f]{16}\/1\+/);
  // It is ready once the driver has come round again.
  for (const endMs = performance.now() + 20_000; (await answerOf('/readyz')) !== 200; await sleep(50))
    assert.ok(performance.now() < endMs, 'it never becomes ready again');
  assert.equal((await server.dray(['doctor'])).code, 0);
  assert.equal((await release('4')).code, 0);
  assert.equal(await deploy('4'), 0);
  const verified = await server.dray(['ledger', 'verify']);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
});

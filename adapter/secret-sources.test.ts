import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { isFault, type FaultCode } from '../core/fault.ts';
import { secretBytesMost } from '../core/secret.ts';
import { canary, mark, mayAnswerSecrets, placeOfSecret } from '../test/support/canary.ts';
import { createSecretSources } from './secret-sources.ts';

const signal = AbortSignal.timeout(30_000);
const vaultToken = `hvs.${canary('vault-token')}`;
const hidden = canary('vault');

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-sources-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function rejectsWith(code: FaultCode, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(isFault(error, code), String(error));
    assert.ok(!JSON.stringify([error.message, error.facts, error.next]).includes(mark), 'a fault quotes nothing');
    return true;
  });
}

suite('a file', () => {
  test('is a secret as a whole, byte by byte', async (t) => {
    const folder = await folderFor(t);
    await writeFile(join(folder, 'key'), Buffer.from([0, 255, 10]));
    const { value, version } = await createSecretSources(folder).read({ kind: 'file', path: 'key' }, null, signal);
    assert.deepEqual([...value], [0, 255, 10]);
    assert.equal(version, null);
  });

  test('that is not there, empty, too large or a folder is told apart', async (t) => {
    const folder = await folderFor(t);
    const read = (path: string) => createSecretSources(folder).read({ kind: 'file', path }, null, signal);
    await rejectsWith('secret.unreachable', () => read('none'));
    await rejectsWith('secret.denied', () => read('.'));
    await writeFile(join(folder, 'empty'), '');
    await rejectsWith('secret.broken', () => read('empty'));
    await writeFile(join(folder, 'large'), Buffer.alloc(secretBytesMost + 1, 1));
    await rejectsWith('secret.broken', () => read('large'));
    await chmod(join(folder, 'large'), 0o600);
  });
});

/** What a Vault answers, as its API documentation has it: KV version 2, "Read secret version". */
const recorded = (version: number, data: object | null) =>
  JSON.stringify({
    request_id: '8d2ae7f0-1c0c-7c9b-2f3e-6f3c4d0a7c11',
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data: {
      data,
      metadata: {
        created_time: '2026-03-22T02:24:06.945319214Z',
        custom_metadata: null,
        deletion_time: data === null ? '2026-03-22T02:36:43.986212308Z' : '',
        destroyed: false,
        version,
      },
    },
    wrap_info: null,
    warnings: null,
    auth: null,
  });

interface Asked {
  readonly url: string;
  readonly token: unknown;
}

/** A server that answers as recorded, and keeps what it was asked. */
async function vault(t: TestContext, respond: (asked: Asked) => readonly [status: number, body: string]) {
  const folder = await folderFor(t);
  await writeFile(placeOfSecret(join(folder, 'token')), `${vaultToken}\n`);
  const asked: Asked[] = [];
  const listener: RequestListener = (request, response) => {
    const one = { url: request.url ?? '', token: request.headers['x-vault-token'] };
    asked.push(one);
    const [status, body] = respond(one);
    response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere' }).end(body);
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  mayAnswerSecrets(`http://127.0.0.1:${address.port}`);
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  t.after(close);
  const source = {
    kind: 'vault',
    address: `http://127.0.0.1:${address.port}`,
    mount: 'secret',
    path: 'prod/cart db',
    field: 'password',
    token: 'token',
  } as const;
  const read = (version: string | null = null) => createSecretSources(folder).read(source, version, signal);
  return { folder, asked, read, close };
}

suite('Vault, by its recorded contract', () => {
  test('gives the newest version or the one that is asked for, with its number', async (t) => {
    const { read, asked } = await vault(t, ({ url }) => {
      const version = url.includes('version=2') ? 2 : 7;
      return [200, recorded(version, { password: `${hidden} ${version}`, other: 'x' })];
    });
    const newest = await read();
    assert.deepEqual([String(newest.value), newest.version], [`${hidden} 7`, '7']);
    const older = await read('2');
    assert.deepEqual([String(older.value), older.version], [`${hidden} 2`, '2']);
    assert.deepEqual(asked, [
      { url: '/v1/secret/data/prod/cart%20db', token: vaultToken },
      { url: '/v1/secret/data/prod/cart%20db?version=2', token: vaultToken },
    ]);
  });

  test('a version that was deleted is gone, and a path that is not there unknown', async (t) => {
    const { read } = await vault(t, ({ url }) =>
      url.includes('version=') ? [404, recorded(3, null)] : [404, JSON.stringify({ errors: [] })],
    );
    await rejectsWith('secret.gone', () => read('3'));
    await rejectsWith('secret.unknown', () => read());
  });

  for (const [status, code] of [
    [403, 'secret.denied'],
    [400, 'secret.denied'],
    [429, 'secret.unreachable'],
    [503, 'secret.unreachable'],
    [307, 'secret.unreachable'],
  ] as const) {
    test(`an answer of ${status} is ${code}, and nothing is followed or quoted`, async (t) => {
      const { read, asked } = await vault(t, () => [status, JSON.stringify({ errors: [hidden] })]);
      await rejectsWith(code, () => read());
      assert.equal(asked.length, 1);
    });
  }

  test('an answer that is something else, or has no such text, is broken', async (t) => {
    const bodies = [hidden, '{}', recorded(1, { other: hidden }), recorded(1, { password: { is: hidden } })];
    const { read } = await vault(t, () => [200, bodies.shift() ?? '']);
    for (let count = bodies.length; count > 0; count--) await rejectsWith('secret.broken', () => read());
  });

  test('that does not answer, or whose token is not there, is silent', async (t) => {
    const { read, folder, close } = await vault(t, () => [200, '']);
    close();
    await rejectsWith('secret.unreachable', () => read());
    await rm(join(folder, 'token'));
    await rejectsWith('secret.unreachable', () => read());
  });
});

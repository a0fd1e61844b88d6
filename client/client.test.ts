import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import type { App } from '../app/api.ts';
import { Fault, isFault, type FaultCode } from '../core/fault.ts';
import { startHttpServer } from '../test/support/http-server.ts';
import { adminToken, plainApp } from '../test/support/plain-app.ts';
import { createClient } from './client.ts';

const deployBody = { wanted: { kind: 'rollback', environment: 'dev' } } as const;
const plan = 'b'.repeat(64);

function fault(code: FaultCode, words = /./) {
  return (error: unknown) => {
    assert.ok(isFault(error, code), String(error));
    assert.match(error.message, words);
    return true;
  };
}

async function startOdd(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
}

test('calls are typed by the contract, and their answers read by it', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  const client = createClient({ url, token: adminToken });
  assert.equal((await client.call('health')).status, 'ok');
  const page: { next: string | null } = await client.call('listReleases', { query: { service: 'cart', limit: 5 } });
  assert.deepEqual(page, { items: [], next: null });
  const token = await client.call('createToken', { body: { name: 'ci' } });
  assert.equal(token.secret, 'dray_secret');
});

test('a fault of the server comes out as it went in', async (t) => {
  const told = new Fault('spec.conflict', 'Somebody changed cart.', {
    facts: { service: 'cart' },
    next: 'Take the newest revision.',
    problems: [{ file: 'dev.yaml', line: 3, column: 5, text: '  cart: 1', message: 'was changed', hint: null }],
  });
  const { url } = await startHttpServer(t, plainApp({ plan: async () => await Promise.reject(told) }));
  const call = createClient({ url, token: adminToken }).call('plan', { body: deployBody });
  await assert.rejects(call, (error) => {
    assert.ok(isFault(error, 'spec.conflict'));
    assert.deepEqual(
      [error.message, error.facts, error.next, error.problems],
      [told.message, told.facts, told.next, told.problems],
    );
    return true;
  });
});

test('a server that is not ready says so without being a fault', async (t) => {
  const { url } = await startHttpServer(
    t,
    plainApp({ readiness: async () => await Promise.resolve({ status: 'starting', checks: {} }) }),
  );
  assert.equal((await createClient({ url, token: null }).call('ready')).status, 'starting');
});

test('nobody at the address is server.unreachable, with the address and the next step', async (t) => {
  const { url, server } = await startHttpServer(t, plainApp());
  await server.close();
  const client = createClient({ url, token: adminToken });
  await assert.rejects(client.call('doctor'), (error) => {
    assert.ok(isFault(error, 'server.unreachable'), String(error));
    assert.match(error.message, /ECONNREFUSED/);
    assert.ok(error.message.includes(url));
    assert.match(error.next ?? '', /dray serve/);
    return true;
  });
});

test('a deployment with a key is repeated while the server is busy, one without is not', async (t) => {
  const seen: (string | null)[] = [];
  const deploy: App['deploy'] = async (_, { idempotencyKey }) => {
    seen.push(idempotencyKey);
    if (seen.length < 3) throw new Fault('store.busy', 'The queue is full.');
    return await Promise.resolve({ kind: 'nothing-to-do', plan, revision: 1 });
  };
  const { url } = await startHttpServer(t, plainApp({ deploy }));
  const client = createClient({ url, token: adminToken });
  await assert.rejects(client.call('deploy', { body: deployBody }), fault('store.busy'));
  assert.equal((await client.call('deploy', { body: deployBody, idempotencyKey: 'k' })).kind, 'nothing-to-do');
  assert.deepEqual(seen, [null, 'k', 'k']);
});

test('repetitions are bounded, and the last fault is told', async (t) => {
  let asked = 0;
  const url = await startOdd(t, (request) => {
    asked += 1;
    request.socket.destroy();
  });
  await assert.rejects(createClient({ url, token: null }).call('health'), fault('server.unreachable'));
  assert.equal(asked, 4);
});

test('an answer that is not from Drayage is told apart from none', async (t) => {
  const page = await startOdd(
    t,
    (_, response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
  );
  await assert.rejects(
    createClient({ url: page, token: null }).call('health'),
    fault('server.unreachable', /no Drayage server.*502/),
  );
  const other = await startOdd(t, (_, response) => void response.end('{"status":"fine"}'));
  await assert.rejects(createClient({ url: other, token: null }).call('health'), fault('server.bug'));
});

test('the token does not follow a redirect', async (t) => {
  const seen: (string | undefined)[] = [];
  const other = await startOdd(t, (request, response) => {
    seen.push(request.headers.authorization);
    response.end('{}');
  });
  const url = await startOdd(t, (_, response) => void response.writeHead(307, { location: other }).end());
  await assert.rejects(createClient({ url, token: adminToken }).call('doctor'), fault('server.unreachable'));
  assert.deepEqual(seen, []);
});

test('a silent server ends with the deadline, and the caller can end it before', async (t) => {
  const url = await startOdd(t, () => {});
  await assert.rejects(
    createClient({ url, token: null, attemptMs: 50 }).call('health'),
    fault('server.unreachable', /no answer within/),
  );
  const reason = new Error('enough');
  const leaving = new AbortController();
  const call = createClient({ url, token: null }).call('health', { signal: leaving.signal });
  leaving.abort(reason);
  await assert.rejects(call, reason);
});

test('log lines are read until the end, and the trouble of the server is thrown', async (t) => {
  const line = {
    cluster: 'fe',
    component: 'web',
    task: 't',
    node: null,
    stream: 'stderr',
    text: 'x',
    timeMs: null,
  } as const;
  let broken = false;
  const logs: App['logs'] = async function* () {
    yield await Promise.resolve(line);
    if (broken) throw new Fault('engine.unreachable', 'The cluster fe does not answer.');
  };
  const { url } = await startHttpServer(t, plainApp({ logs }));
  const client = createClient({ url, token: adminToken });
  const input = { params: { environment: 'dev' }, query: { service: 'cart', follow: 'true' } } as const;
  assert.deepEqual(await Array.fromAsync(client.logs(input)), [line]);
  broken = true;
  await assert.rejects(Array.fromAsync(client.logs(input)), fault('engine.unreachable'));
});

test('leaving a log stream early ends it at the server', async (t) => {
  const ended = Promise.withResolvers<void>();
  const logs: App['logs'] = async function* (_, __, ___, signal) {
    signal.addEventListener('abort', () => ended.resolve());
    for (;;)
      yield await Promise.resolve({
        cluster: 'fe',
        component: 'web',
        task: 't',
        node: null,
        stream: 'stdout',
        text: 'x',
        timeMs: null,
      });
  };
  const { url } = await startHttpServer(t, plainApp({ logs }));
  for await (const line of createClient({ url, token: adminToken }).logs({
    params: { environment: 'dev' },
    query: { service: 'cart' },
  })) {
    assert.equal(line.text, 'x');
    break;
  }
  await ended.promise;
});

test('an address or a token that cannot be one is refused at once', () => {
  for (const url of ['', 'localhost:4400', 'ftp://x', 'http://user:secret@x']) {
    assert.throws(() => createClient({ url, token: null }), fault('request.invalid'));
  }
  assert.throws(() => createClient({ url: 'http://x', token: 'a\nb' }), fault('request.invalid'));
});

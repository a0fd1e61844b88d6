import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { App, PlacedLogLine, Readiness } from '../app/api.ts';
import { adminToken, plainApp, sessionOf, viewerToken } from '../test/support/plain-app.ts';
import { startHttpServer } from '../test/support/http-server.ts';
import { sessionCookie } from './session-cookie.ts';

const authorization = `Bearer ${adminToken}`;
const deployBody = JSON.stringify({ wanted: { kind: 'rollback', environment: 'dev' } });
const receipt = { sequence: 7, hash: 'a'.repeat(64) };

async function codeOf(answer: Response): Promise<string> {
  const problem: unknown = await answer.json();
  assert.ok(typeof problem === 'object' && problem !== null && 'code' in problem);
  return String(problem.code);
}

/** A use case that goes on until its signal ends it, and tells what ended it. */
function endless() {
  const began = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  const run = async (signal: AbortSignal) => {
    began.resolve();
    return await new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        ended.resolve(signal.reason);
        reject(signal.reason);
      });
    });
  };
  return { run, began: began.promise, ended: ended.promise };
}

async function sendRaw(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

const line = (text: string): PlacedLogLine => ({
  cluster: 'fe',
  component: 'web',
  task: 'dev_cart_web.1',
  node: 'n1',
  stream: 'stdout',
  text,
  timeMs: 1,
});

async function* linesOf(...texts: string[]) {
  for (const text of texts) yield await Promise.resolve(line(text));
}

const getLogs = async (url: string, signal?: AbortSignal) =>
  await fetch(`${url}/v1/environments/dev/logs?service=cart&follow=true`, {
    headers: { authorization },
    signal: signal ?? null,
  });

test('a bug is logged with its stack and answered without details', async (t) => {
  const app = plainApp({ tokens: async () => await Promise.reject(new TypeError('the secret is hunter2')) });
  const { url, errors } = await startHttpServer(t, app);
  const answer = await fetch(`${url}/v1/tokens`, { headers: { authorization } });
  assert.equal(answer.status, 500);
  const text = await answer.text();
  assert.ok(!text.includes('hunter2') && text.includes('server.bug'));
  assert.equal(errors.length, 1);
  assert.match(JSON.stringify(errors[0]?.facts), /hunter2[^]*server\.test\.ts/);
  assert.ok(text.includes(answer.headers.get('x-request-id') ?? 'none'));
  assert.equal(errors[0]?.facts['requestId'], answer.headers.get('x-request-id'));
});

test('an accepted deployment is 202, nothing to do is 200, and the key reaches the application', async (t) => {
  const keys: (string | null)[] = [];
  const deploy: App['deploy'] = async (_, input) => {
    keys.push(input.idempotencyKey);
    const plan = 'b'.repeat(64);
    if (input.idempotencyKey === null) return await Promise.resolve({ kind: 'nothing-to-do', plan, revision: 3 });
    return { kind: 'accepted', deployment: 'd-1', plan, receipt, waitsFor: [] };
  };
  const { url } = await startHttpServer(t, plainApp({ deploy }));
  const post = async (headers: Record<string, string>) =>
    await fetch(`${url}/v1/deployments`, {
      method: 'POST',
      body: deployBody,
      headers: { authorization, 'content-type': 'application/json', ...headers },
    });
  assert.equal((await post({})).status, 200);
  assert.equal((await post({ 'idempotency-key': 'a b' })).status, 202);
  for (const key of ['x'.repeat(201), 'a\tb', '', 'é']) {
    const refused = await post({ 'idempotency-key': key });
    assert.deepEqual([refused.status, await codeOf(refused)], [400, 'request.invalid'], key);
  }
  assert.deepEqual(keys, [null, 'a b']);
});

test('a request that takes too long is answered, and its work is told to stop', async (t) => {
  const work = endless();
  const { url } = await startHttpServer(t, plainApp({ doctor: work.run }), { requestMs: 50 });
  const answer = await fetch(`${url}/v1/doctor`, { headers: { authorization } });
  assert.deepEqual([answer.status, answer.headers.get('retry-after'), await codeOf(answer)], [503, '1', 'server.busy']);
  await work.ended;
});

test('work that does not heed its signal is not waited for', async (t) => {
  const { url } = await startHttpServer(t, plainApp({ doctor: async () => await new Promise(() => {}) }), {
    requestMs: 50,
  });
  assert.equal((await fetch(`${url}/v1/doctor`, { headers: { authorization } })).status, 503);
});

test('a client that goes away ends its work', async (t) => {
  const work = endless();
  const { url } = await startHttpServer(t, plainApp({ doctor: work.run }));
  const leaving = new AbortController();
  const answer = fetch(`${url}/v1/doctor`, { headers: { authorization }, signal: leaving.signal });
  await work.began;
  leaving.abort();
  await assert.rejects(answer);
  await work.ended;
});

test('more requests than the limit are told to come again, and health is still answered', async (t) => {
  const work = endless();
  const { url } = await startHttpServer(t, plainApp({ doctor: work.run }), { requestsMost: 1 });
  const leaving = new AbortController();
  const first = fetch(`${url}/v1/doctor`, { headers: { authorization }, signal: leaving.signal });
  await work.began;
  const second = await fetch(`${url}/v1/tokens`, { headers: { authorization } });
  assert.deepEqual([second.status, second.headers.get('retry-after'), await codeOf(second)], [503, '1', 'server.busy']);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  leaving.abort();
  await assert.rejects(first);
  await work.ended;
  assert.equal((await fetch(`${url}/v1/tokens`, { headers: { authorization } })).status, 200);
});

test('wrong tokens are slowed down, while a right one from the same address goes on', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  const call = async (token: string) =>
    (await fetch(`${url}/v1/doctor`, { headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal(await call(adminToken), 200);
  const statuses: number[] = [];
  for (let count = 0; count < 25; count += 1) statuses.push(await call(`wrong-${count}`));
  assert.equal(statuses[0], 401);
  assert.equal(statuses.at(-1), 429);
  assert.equal(await call(adminToken), 200);
});

test('closing refuses new requests, lets the one under way finish, and ends streams', async (t) => {
  const finish = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const tokens: App['tokens'] = async () => {
    began.resolve();
    await finish.promise;
    return { items: [], next: null };
  };
  const logs: App['logs'] = async function* () {
    yield line('first');
    await new Promise(() => {});
  };
  const { url, server } = await startHttpServer(t, plainApp({ tokens, logs }), { closeMs: 5_000 });
  const stream = await getLogs(url);
  const underWay = fetch(`${url}/v1/tokens`, { headers: { authorization } });
  await began.promise;
  const closed = server.close();
  const ready = await fetch(`${url}/readyz`);
  assert.deepEqual([ready.status, await ready.json()], [503, { status: 'draining', checks: {} }]);
  assert.equal(await codeOf(await fetch(`${url}/v1/doctor`, { headers: { authorization } })), 'server.draining');
  assert.match(await stream.text(), /event: trouble\ndata: .*server\.draining/);
  finish.resolve();
  assert.equal((await underWay).status, 200);
  await closed;
  await assert.rejects(fetch(`${url}/healthz`));
});

test('closing does not wait for ever', async (t) => {
  const work = endless();
  const { url, server } = await startHttpServer(t, plainApp({ doctor: work.run }), { closeMs: 50 });
  const hanging = assert.rejects(fetch(`${url}/v1/doctor`, { headers: { authorization } }));
  await work.began;
  await server.close();
  await hanging;
});

test('log lines come as events, then the end', async (t) => {
  const { url } = await startHttpServer(t, plainApp({ logs: () => linesOf('one', 'two\nlines') }));
  const answer = await getLogs(url);
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const [retry, ...events] = (await answer.text()).trimEnd().split('\n\n');
  assert.match(retry ?? '', /^retry: \d+$/);
  assert.deepEqual(
    events.map((event) => event.split('\n').length),
    [2, 2, 2],
  );
  assert.match(events[1] ?? '', /^event: line\ndata: .*two\\nlines/);
  assert.equal(events[2], 'event: end\ndata: {}');
});

test('what goes wrong at once has a status, and what goes wrong later is a trouble event', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  assert.equal((await getLogs(url)).status, 404);
  const logs: App['logs'] = async function* () {
    yield await Promise.resolve(line('one'));
    throw new Error('the secret is hunter2');
  };
  const broken = await startHttpServer(t, plainApp({ logs }));
  const text = await (await getLogs(broken.url)).text();
  assert.match(text, /event: trouble\ndata: .*server\.bug/);
  assert.ok(!text.includes('hunter2'));
});

test('streams are bounded, and a client that leaves gives its place back', async (t) => {
  const logs: App['logs'] = async function* (_, __, ___, signal) {
    yield line('one');
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  };
  const { url } = await startHttpServer(t, plainApp({ logs }), { streamsMost: 1 });
  const leaving = new AbortController();
  const first = await getLogs(url, leaving.signal);
  assert.equal(await codeOf(await getLogs(url)), 'server.busy');
  leaving.abort();
  await assert.rejects(first.text());
  for (;;) {
    const again = await getLogs(url, AbortSignal.timeout(5_000));
    if (again.status === 200) {
      await again.body?.cancel();
      break;
    }
    await again.body?.cancel();
  }
});

test('one caller cannot take all requests or streams, with however many sessions, and others go on', async (t) => {
  const work = endless();
  const events: App['events'] = async function* (_, __, signal) {
    yield { events: [], through: 0 };
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  };
  const { url } = await startHttpServer(t, plainApp({ doctor: work.run, events }), {
    callerRequestsMost: 1,
    callerStreamsMost: 1,
  });
  const leaving = new AbortController();
  const open = async (path: string, headers: Record<string, string>, signal: AbortSignal | null = null) =>
    await fetch(`${url}${path}`, { headers, signal });
  const asViewer = { authorization: `Bearer ${viewerToken}` };
  const asBrowser = { cookie: `${sessionCookie({ installation: 'test', isHttps: false }).name}=${sessionOf('admin')}` };

  // A stream is no request any more, so that both fit.
  const stream = await open('/v1/events', { authorization }, leaving.signal);
  const first = open('/v1/doctor', { authorization }, leaving.signal);
  await work.began;
  for (const headers of [{ authorization }, asBrowser]) {
    const refused = await open('/v1/releases', headers);
    const { status } = refused;
    assert.deepEqual(
      [status, refused.headers.get('retry-after'), await codeOf(refused)],
      [429, '1', 'server.too-many'],
    );
  }
  assert.equal((await open('/v1/releases', asViewer)).status, 200);
  assert.equal((await open('/openapi.json', {})).status, 200);
  leaving.abort();
  await Promise.all([assert.rejects(first), assert.rejects(stream.text()), work.ended]);

  for (;;) if ((await open('/v1/releases', { authorization })).status === 200) break;
  const again = new AbortController();
  const one = await open('/v1/events', { authorization }, again.signal);
  assert.equal(one.status, 200);
  assert.equal(await codeOf(await open('/v1/events', asBrowser)), 'server.too-many');
  const other = await open('/v1/events', asViewer, again.signal);
  assert.equal(other.status, 200);
  again.abort();
  await Promise.all([assert.rejects(one.text()), assert.rejects(other.text())]);
});

test('the process lives as long as its ledger and its driver do, and is ready when all is well', async (t) => {
  const states: readonly (readonly [
    checks: Record<string, string | null>,
    status: Readiness['status'],
    alive: number,
    ready: number,
  ])[] = [
    [{ store: null, ledger: null, platform: null, drive: null }, 'ok', 200, 200],
    [{ store: null, ledger: null, platform: null, drive: 'not yet' }, 'starting', 200, 503],
    [{ store: null, ledger: null, platform: 'none is applied', drive: null }, 'failing', 200, 503],
    [{ store: null, ledger: 'no answer', platform: null, drive: null }, 'failing', 503, 503],
    [{ store: null, ledger: null, platform: null, drive: 'silent' }, 'failing', 503, 503],
  ];
  for (const [checks, status, alive, ready] of states) {
    const app = plainApp({ readiness: async () => await Promise.resolve({ status, checks }) });
    const { url } = await startHttpServer(t, app);
    const health = await fetch(`${url}/healthz`);
    assert.deepEqual([health.status, await health.json()], [alive, { status, checks }]);
    assert.equal((await fetch(`${url}/readyz`)).status, ready);
  }
});

test('parameters that mean nothing together, and kinds of events that there are not, are refused', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  const refusal = async (path: string) => {
    const answer = await fetch(`${url}${path}`, { headers: { authorization } });
    if (answer.ok) await answer.body?.cancel();
    return answer.ok ? null : await codeOf(answer);
  };
  for (const query of ['', '?after=3', '?order=newest', '?order=newest&before=9&kind=token-created&actor=t-1&stream=x'])
    assert.equal(await refusal(`/v1/ledger/entries${query}`), null, query);
  for (const query of ['before=9', 'kind=token-created', 'actor=t-1', 'stream=x', 'order=newest&after=3'])
    assert.equal(await refusal(`/v1/ledger/entries?${query}`), 'request.invalid', query);
  assert.equal(await refusal('/v1/ledger/entries?order=newest&kind=nonsense'), 'request.invalid');
  assert.equal(await refusal('/v1/events?kinds=deployment-ended,spec-revised'), null);
  assert.equal(await refusal('/v1/events?kinds=deployment-ended,nonsense'), 'request.invalid');
  assert.equal(await refusal('/v1/events?kinds=toString'), 'request.invalid');
});

test('a reader of events goes on after the Last-Event-ID that it sends', async (t) => {
  const after: (number | null)[] = [];
  const events: App['events'] = async function* (_, from) {
    after.push(from);
    yield await Promise.resolve({ events: [{ sequence: 8, text: '{"sequence":8}' }], through: 8 });
  };
  const { url } = await startHttpServer(t, plainApp({ events }));
  const read = async (query: string, headers: Record<string, string>) =>
    await (await fetch(`${url}/v1/events${query}`, { headers: { authorization, ...headers } })).text();
  assert.match(await read('?after=5', { 'last-event-id': '7' }), /id: 8\nevent: entry\ndata: {"sequence":8}/);
  await read('?after=5', {});
  await read('', {});
  assert.deepEqual(after, [7, 5, null]);
  assert.match(await read('', { 'last-event-id': 'x' }), /request\.invalid/);
});

test('what is no HTTP, or has endless headers, gets a problem and no more', async (t) => {
  const { url } = await startHttpServer(t, plainApp());
  assert.match(await sendRaw(url, 'HELLO\r\n\r\n'), /^HTTP\/1\.1 400 [^]*request\.invalid/);
  assert.match(
    await sendRaw(url, `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`),
    /^HTTP\/1\.1 413 [^]*request\.too-large/,
  );
  assert.match(
    await sendRaw(url, 'POST /v1/plans HTTP/1.1\r\nhost: x\r\ncontent-length: abc\r\n\r\n'),
    /^HTTP\/1\.1 400 /,
  );
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
});

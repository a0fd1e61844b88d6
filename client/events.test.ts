import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import { isFault, type FaultCode } from '../core/fault.ts';
import { createClient } from './client.ts';
import type { EventNews } from './events.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that gives these answers in turn, the last one again and again. */
async function startAnswers(t: TestContext, answers: readonly Answer[]) {
  const seen: { readonly url: string; readonly last: unknown; readonly trace: string }[] = [];
  const server = createServer((request, response) => {
    const { headers, url = '' } = request;
    const answer = answers[Math.min(seen.length, answers.length - 1)];
    seen.push({ url, last: headers['last-event-id'] ?? null, trace: String(headers['traceparent']) });
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const url = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  return { seen, url, client: createClient({ url, token: null, eventTries: 3 }) };
}

const hash = 'a'.repeat(64);
const entryOf = (sequence: number) => ({
  sequence,
  time: 1,
  stream: 'lease/drive',
  kind: 'lease-granted',
  v: 1,
  actor: 'drayage',
  payload: { driver: 'x' },
  prev: hash,
});
const ready = (after: number) => `id: ${after}\nevent: ready\ndata: {"after":${after}}\n\n`;
const entry = (sequence: number) => `id: ${sequence}\nevent: entry\ndata: ${JSON.stringify(entryOf(sequence))}\n\n`;
const trouble = (code: FaultCode) => `event: trouble\ndata: ${JSON.stringify(problemOf(code, 503))}\n\n`;

function problemOf(code: FaultCode, status: number) {
  return { type: 'x', title: 'x', status, detail: code, code, facts: {}, next: null, problems: [], requestId: 'r' };
}

/** A stream that says this and breaks off. */
const stream =
  (text: string): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text, () => response.destroy());
  };
const refusal =
  (code: FaultCode, status: number): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json', 'retry-after': '0' });
    response.end(JSON.stringify(problemOf(code, status)));
  };

/** What comes until there are so many, or it fails. */
async function take(news: AsyncIterable<EventNews>, count: number): Promise<(number | string)[]> {
  const taken: (number | string)[] = [];
  for await (const one of news) {
    taken.push(one.kind === 'ready' ? `after ${one.after}` : one.id);
    if (taken.length === count) break;
  }
  return taken;
}

const fault = (code: FaultCode) => (error: unknown) => {
  assert.ok(isFault(error, code), String(error));
  return true;
};

test('after a break the events go on from the last id, hidden ones counted, and an entry that was cut off comes again', async (t) => {
  const { client, seen } = await startAnswers(t, [
    stream(ready(7) + entry(8) + entry(9).slice(0, 40)),
    stream(ready(8) + entry(9) + 'id: 12\n\n' + trouble('events.slow')),
    refusal('server.busy', 503),
    stream(ready(12) + entry(13)),
  ]);
  const taken = await take(client.events({ query: { deployment: 'd-1' } }), 6);
  assert.deepEqual(taken, ['after 7', 8, 'after 8', 9, 'after 12', 13]);
  assert.deepEqual(
    seen.map(({ last }) => last),
    [null, '8', '12', '12'],
  );
  assert.ok(seen.every(({ url }) => url === '/v1/events?deployment=d-1'));
});

test('a reader that knows an id begins after it', async (t) => {
  const { client, seen } = await startAnswers(t, [stream(ready(5) + entry(6))]);
  assert.deepEqual(await take(client.events({ lastEventId: 5 }), 2), ['after 5', 6]);
  assert.equal(seen[0]?.last, '5');
});

test('a server that brings nothing new so many times in a row is given up', async (t) => {
  const { client, seen } = await startAnswers(t, [stream(ready(7)), stream(ready(7))]);
  await assert.rejects(take(client.events(), 100), fault('server.unreachable'));
  assert.equal(seen.length, 3);
  const silent = await startAnswers(t, [(request) => void request.socket.destroy()]);
  await assert.rejects(take(silent.client.events(), 1), fault('server.unreachable'));
  assert.equal(silent.seen.length, 3);
});

test('what coming again does not mend is thrown at once', async (t) => {
  const revoked = await startAnswers(t, [stream(ready(7) + trouble('auth.wrong'))]);
  await assert.rejects(take(revoked.client.events(), 9), fault('auth.wrong'));
  const ahead = await startAnswers(t, [refusal('events.ahead', 409)]);
  await assert.rejects(take(ahead.client.events({ lastEventId: 99 }), 9), fault('events.ahead'));
  const old = await startAnswers(t, [refusal('route.unknown', 404)]);
  await assert.rejects(take(old.client.events(), 9), fault('route.unknown'));
  assert.deepEqual([revoked.seen.length, ahead.seen.length, old.seen.length], [1, 1, 1]);
});

test('an answer that is no event stream is none', async (t) => {
  const { client } = await startAnswers(t, [(_, response) => void response.end('<h1>Welcome</h1>')]);
  await assert.rejects(take(client.events(), 9), fault('server.unreachable'));
});

test('the signal ends the events while they are quiet and while they wait to come again', async (t) => {
  const { client } = await startAnswers(t, [
    (_, response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(ready(7)),
  ]);
  const leaving = new AbortController();
  const reason = new Error('enough');
  const reading = take(client.events({ signal: leaving.signal }), 9);
  setTimeout(() => leaving.abort(reason), 50);
  await assert.rejects(reading, reason);

  const nobody = await startAnswers(t, [(request) => void request.socket.destroy()]);
  const ending = new AbortController();
  const trying = take(nobody.client.events({ signal: ending.signal }), 9);
  setTimeout(() => ending.abort(reason), 50);
  await assert.rejects(trying, reason);
});

test('each call is a span of its own, all of one client belong to one trace', async (t) => {
  const { client, seen } = await startAnswers(t, [stream(ready(7))]);
  await assert.rejects(take(client.events(), 100), fault('server.unreachable'));
  const parts = seen.map(({ trace }) => trace.split('-'));
  assert.ok(seen.every(({ trace }) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/.test(trace)));
  assert.equal(new Set(parts.map(([, trace]) => trace)).size, 1);
  assert.equal(new Set(parts.map(([, , span]) => span)).size, seen.length);
});

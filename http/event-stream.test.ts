import assert from 'node:assert/strict';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventBatch, PlacedLogLine } from '../app/api.ts';
import { Fault, isFault } from '../core/fault.ts';
import { ledgerEvents, logEvents, type StreamPiece } from './event-stream-piece.ts';
import { resumeAfter } from './event-stream-resume.ts';
import { beginStream, writeEventStream, type StreamOptions } from './event-stream.ts';

const line: PlacedLogLine = {
  cluster: 'fe',
  component: 'web',
  task: 't',
  node: null,
  stream: 'stdout',
  text: 'x'.repeat(10_000),
  timeMs: null,
};
const options: StreamOptions = {
  headers: {},
  requestId: 'r',
  signal: new AbortController().signal,
  faultOf: (thrown) => (isFault(thrown) ? thrown : new Fault('server.bug', 'unexpected')),
};

/** A bare server of which every answer is handled by the test; gives its address. */
async function startBare(t: TestContext, answer: (response: ServerResponse) => Promise<void>): Promise<string> {
  const server = createServer((_, response) => void answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
}

/** A server that answers with one stream. */
async function startStream(t: TestContext, pieces: () => AsyncIterable<StreamPiece>, of: Partial<StreamOptions> = {}) {
  return await startBare(t, async (response) => {
    await writeEventStream(response, await beginStream(pieces()), { ...options, ...of });
  });
}

/** Nothing comes any more, until the server is done with it. */
async function* batches(...given: readonly EventBatch[]): AsyncGenerator<EventBatch> {
  for (const batch of given) yield await Promise.resolve(batch);
  await new Promise<never>(() => {});
}

const atSeven: EventBatch = { events: [], through: 7 };
const entries: EventBatch = {
  events: [
    { sequence: 8, text: '{"a":1}' },
    { sequence: 9, text: '{"b":2}' },
  ],
  through: 9,
};
const hidden: EventBatch = { events: [], through: 12 };

const beat = 'event: heartbeat\ndata: {}\n\n';

test('events begin with ready, carry their sequence as id, and what a filter hides moves the id on', async (t) => {
  const leaving = new AbortController();
  const url = await startStream(t, () => ledgerEvents(batches(atSeven, entries, hidden)), {
    signal: leaving.signal,
    heartbeatMs: 50,
  });
  const response = await fetch(url);
  let text = '';
  const decoder = new TextDecoder();
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.includes(`id: 12\n${beat}`)) leaving.abort(new Fault('server.draining', 'The server ends.'));
  }
  const told = text.replaceAll(new RegExp(`id: (?:7|9|12)\n${beat}`, 'g'), '');
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.ok(
    told.startsWith(
      'retry: 2000\n\n' +
        'id: 7\nevent: ready\ndata: {"after":7}\n\n' +
        'id: 8\nevent: entry\ndata: {"a":1}\n\nid: 9\nevent: entry\ndata: {"b":2}\n\n' +
        'id: 12\nevent: trouble\ndata: {',
    ),
    told,
  );
  assert.match(told, /"code":"server\.draining"/);
});

test('pieces and heartbeats come whole and in order, in chunks and to a client that knows none', async (t) => {
  const last = 300;
  async function* many(): AsyncGenerator<EventBatch> {
    yield { events: [], through: 0 };
    for (let sequence = 1; sequence <= last; sequence += 1) {
      if (sequence % 3 > 0) await nextTurn();
      yield { events: [{ sequence, text: `{"n":${sequence},"word":"Straße"}` }], through: sequence };
    }
  }
  const url = new URL(await startStream(t, () => ledgerEvents(many()), { heartbeatMs: 1 }));
  const ask = async (version: string): Promise<string> => {
    const socket = connect(Number(url.port), url.hostname);
    socket.write(`GET / HTTP/${version}\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    return (await socket.setEncoding('utf8').toArray()).join('');
  };
  const old = await ask('1.0');
  for (const body of [await (await fetch(url)).text(), old.slice(old.indexOf('\r\n\r\n') + 4)]) {
    const events = body.split('\n\n').filter((event) => event !== '' && !event.includes('event: heartbeat\n'));
    const expected = Array.from({ length: last }, (_, index) => index + 1).map(
      (n) => `id: ${n}\nevent: entry\ndata: {"n":${n},"word":"Straße"}`,
    );
    const ready = 'id: 0\nevent: ready\ndata: {"after":0}';
    assert.deepEqual(events, ['retry: 2000', ready, ...expected, `id: ${last}\nevent: end\ndata: {}`]);
  }
  assert.doesNotMatch(old, /transfer-encoding/i);
});

test('lines end with end, and what goes wrong in the middle is told as trouble', async (t) => {
  let broken = false;
  async function* twoLines() {
    yield await Promise.resolve({ ...line, text: 'one' });
    if (broken) throw new Fault('engine.unreachable', 'The cluster fe does not answer.');
  }
  const url = await startStream(t, () => logEvents(twoLines()));
  assert.match(await (await fetch(url)).text(), /event: line\ndata: .*"one".*\n\nevent: end\ndata: \{\}\n\n$/);
  broken = true;
  assert.match(
    await (await fetch(url)).text(),
    /event: line\n.*\n\nevent: trouble\ndata: .*engine\.unreachable.*\n\n$/,
  );
});

test('what fails at once is thrown before anything is written', async () => {
  async function* failing(): AsyncGenerator<EventBatch> {
    yield await Promise.reject<never>(new Fault('events.ahead', 'The ledger ends before.'));
  }
  await assert.rejects(beginStream(ledgerEvents(failing())), (error) => isFault(error, 'events.ahead'));
});

/** An endless source of long lines, which tells how many were taken and when it was ended. */
function endlessLines() {
  const state = { taken: 0, ended: Promise.withResolvers<void>() };
  async function* lines() {
    try {
      for (;;) {
        state.taken += 1;
        yield await Promise.resolve(line);
      }
    } finally {
      state.ended.resolve();
    }
  }
  return { state, lines };
}

test('a client that does not read is dropped, and its source ended, after lines that fit its buffers', async (t) => {
  const { state, lines } = endlessLines();
  const dropped = Promise.withResolvers<void>();
  const url = await startBare(t, async (response) => {
    response.once('close', dropped.resolve);
    const stream = await beginStream(logEvents(lines()));
    await writeEventStream(response, stream, { ...options, drainMs: 100, graceMs: 100 });
  });
  const request = get(url, (answer) => void answer.pause());
  request.on('error', () => {});
  await state.ended.promise;
  await dropped.promise;
  assert.ok(state.taken < 5_000, `${state.taken} lines were taken`);
  request.destroy();
});

test('a client that was too slow and reads again in time is told so, after all that was written', async (t) => {
  const { state, lines } = endlessLines();
  const url = await startStream(t, () => logEvents(lines()), { drainMs: 100, graceMs: 60_000 });
  const answer = await new Promise<IncomingMessage>((resolve) => void get(url, resolve));
  await state.ended.promise;
  let text = '';
  for await (const piece of answer.setEncoding('utf8')) text += String(piece);
  const whole = text.split('\n\n').filter((event) => event.startsWith('event: line\n'));
  assert.ok(whole.every((event) => event.endsWith('"timeMs":null}')));
  assert.match(text, /event: trouble\ndata: \{.*"code":"events\.slow".*\}\n\n$/);
});

test('a quiet stream shows that it lives', async (t) => {
  async function* quiet(): AsyncGenerator<PlacedLogLine> {
    yield await new Promise<never>(() => {});
  }
  const leaving = new AbortController();
  const url = await startStream(t, () => logEvents(quiet()), { signal: leaving.signal, heartbeatMs: 20 });
  const body = (await fetch(url)).body;
  let text = '';
  for await (const piece of body ?? []) {
    text += new TextDecoder().decode(piece);
    if (text.includes(`${beat}${beat}`)) break;
  }
  leaving.abort();
  assert.match(text, /^retry: \d+\n\nevent: heartbeat\ndata: \{\}\n\n/);
});

test('a stream ends once its reader may not read any more, and not for trouble that passes', async (t) => {
  const answers = [new Fault('store.failed', 'Not now.'), null, new Fault('auth.wrong', 'The token was revoked.')];
  const url = await startStream(t, () => ledgerEvents(batches(atSeven)), {
    heartbeatMs: 10,
    recheck: async () => {
      const answer = answers.shift() ?? null;
      if (answer !== null) await Promise.reject(answer);
    },
  });
  const text = await (await fetch(url)).text();
  assert.match(text, /id: 7\nevent: trouble\ndata: .*"code":"auth\.wrong"/);
  assert.deepEqual(answers, []);
});

test('a reader goes on after its Last-Event-ID, else after what the query says, else from now on', () => {
  assert.equal(resumeAfter('17', 3), 17);
  assert.equal(resumeAfter('0', undefined), 0);
  assert.equal(resumeAfter(undefined, 3), 3);
  assert.equal(resumeAfter(undefined, undefined), null);
  for (const wrong of ['', 'x', '-1', '1.5', '1e3', ' 1', '9'.repeat(17), '9999999999999999', ['1', '2']]) {
    assert.throws(
      () => resumeAfter(wrong, 3),
      (error) => isFault(error, 'request.invalid'),
      String(wrong),
    );
  }
});

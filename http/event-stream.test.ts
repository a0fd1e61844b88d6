import assert from 'node:assert/strict';
import { createServer, get, type ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import type { PlacedLogLine } from '../app/api.ts';
import { Fault } from '../core/fault.ts';
import { beginLines, writeLines } from './event-stream.ts';

const line: PlacedLogLine = {
  cluster: 'fe',
  component: 'web',
  task: 't',
  node: null,
  stream: 'stdout',
  text: 'x'.repeat(10_000),
  timeMs: null,
};
const options = {
  headers: {},
  requestId: 'r',
  signal: new AbortController().signal,
  faultOf: () => new Fault('server.bug', 'unexpected'),
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

test('a client that does not read is dropped, and its source ended, after lines that fit its buffers', async (t) => {
  let taken = 0;
  const ended = Promise.withResolvers<void>();
  async function* endlessLines() {
    try {
      for (;;) {
        taken += 1;
        yield await Promise.resolve(line);
      }
    } finally {
      ended.resolve();
    }
  }
  const dropped = Promise.withResolvers<boolean>();
  const url = await startBare(t, async (response) => {
    await writeLines(response, await beginLines(endlessLines()), { ...options, drainMs: 100 });
    dropped.resolve(response.destroyed);
  });
  const request = get(url, (answer) => void answer.pause());
  request.on('error', () => {});
  await ended.promise;
  assert.equal(await dropped.promise, true);
  assert.ok(taken < 5_000, `${taken} lines were taken`);
  request.destroy();
});

test('a quiet stream shows that it lives', async (t) => {
  async function* quiet(): AsyncGenerator<PlacedLogLine> {
    yield await new Promise<never>(() => {});
  }
  const leaving = new AbortController();
  const url = await startBare(t, async (response) => {
    await writeLines(response, await beginLines(quiet()), { ...options, signal: leaving.signal, heartbeatMs: 20 });
  });
  const reader = (await fetch(url)).body?.getReader();
  const piece = await reader?.read();
  assert.equal(new TextDecoder().decode(piece?.value).slice(0, 2), ': ');
  leaving.abort();
  await reader?.cancel();
});

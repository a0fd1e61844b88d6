import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import { createMemoryIo } from '../test/support/memory-io.ts';
import { sampleDeployment } from '../test/support/samples.ts';
import type { DeploymentView } from '../wire/deployment.ts';
import { exitCode } from './exit-code.ts';
import { run } from './run.ts';

const active = sampleDeployment();
const succeeded = sampleDeployment({ phase: 'ended', outcome: 'succeeded', endedAt: active.acceptedAt + 9000 });
const digest = 'c'.repeat(64);

interface Answers {
  /** The deployment at so many looks; null: the server does not answer. */
  readonly look: (count: number) => DeploymentView | null;
  readonly events: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Cancels a deployment of a server that answers so, and waits for its end. */
async function cancelAt(t: TestContext, { look, events }: Answers) {
  const seen = { looks: 0, streams: [] as string[] };
  const server = createServer((request, response) => {
    const { method, url = '' } = request;
    if (url.startsWith('/v1/events')) {
      seen.streams.push(url);
      events(request, response);
      return;
    }
    if (method === 'GET') seen.looks += 1;
    const view = method === 'GET' ? look(seen.looks) : active;
    if (view === null) return void request.socket.destroy();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(view));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const url = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  const io = createMemoryIo({ env: { DRAYAGE_URL: url } });
  const code = await run(['cancel', 'd-12', '--timeout', '60s'], io, '0');
  return { code, seen, ...io.written };
}

function tell(response: ServerResponse, sequence: number): void {
  const data = {
    sequence,
    time: 1,
    stream: 'deployment/d-12',
    kind: 'deployment-ended',
    v: 1,
    actor: 'drayage',
    payload: { deployment: 'd-12' },
    prev: digest,
  };
  response.write(`id: ${sequence}\nevent: entry\ndata: ${JSON.stringify(data)}\n\n`);
}

function beginEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('id: 7\nevent: ready\ndata: {"after":7}\n\n');
}

test('waiting looks when the server tells that something happened', async (t) => {
  let stream: ServerResponse | null = null;
  let told = false;
  const { code, seen } = await cancelAt(t, {
    events: (_, response) => {
      stream = response;
      beginEvents(response);
    },
    look: () => {
      if (told) return succeeded;
      if (stream !== null) tell(stream, 8);
      told = stream !== null;
      return active;
    },
  });
  assert.equal(code, exitCode.done);
  assert.deepEqual(seen.streams, ['/v1/events?deployment=d-12']);
  assert.ok(seen.looks <= 4, `${seen.looks} looks`);
});

test('a server without an event stream is asked again and again, and the wait ends', async (t) => {
  const { code, seen, stderr } = await cancelAt(t, {
    events: (_, response) => void response.writeHead(404).end('<h1>Not found</h1>'),
    look: (count) => (count < 4 ? active : succeeded),
  });
  assert.deepEqual([code, seen.looks, stderr], [exitCode.done, 4, '']);
});

test('a server that goes away in the middle is waited for, and told of once', async (t) => {
  let isAway = false;
  let lost = 0;
  const { code, stderr } = await cancelAt(t, {
    events: (request, response) => {
      if (isAway) return void request.socket.destroy();
      beginEvents(response);
      setTimeout(() => {
        isAway = true;
        request.socket.destroy();
      }, 300);
    },
    look: () => {
      if (!isAway) return active;
      lost += 1;
      return lost > 5 ? succeeded : null; // a call gives up after four attempts
    },
  });
  assert.equal(code, exitCode.done);
  assert.match(stderr, /does not answer.*Still waiting/);
  assert.match(stderr, /answers again/);
});

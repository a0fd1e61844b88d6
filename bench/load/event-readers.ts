import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import * as z from 'zod';
import { percentile } from '../../tool/bench/judge.ts';
import { inputOf, tell } from '../support/child.ts';

/**
 * Opens many event streams, makes events at a steady pace, and takes down when each reader got each: from the moment in
 * which the request that makes the event is sent. All times are of this one process's clock.
 */
const input = z.object({
  url: z.string(),
  streamPath: z.string(),
  postPath: z.string(),
  token: z.string(),
  readers: z.int().min(1),
  /** Bodies of the requests that make one event each; the first `warmUp` are not counted. */
  bodies: z.array(z.string()),
  warmUp: z.int().min(0),
  /** The others, in rounds of equal length, each with figures of its own. */
  rounds: z.int().min(1),
  everyMs: z.int().min(1),
});
const given = inputOf((value) => input.parse(value));
const { hostname, port } = new URL(given.url);

const readyMs = 60_000;
const lateMs = 30_000;
const marker = 'event: entry\n';
const sentAt: number[] = [];
const roundEvents = (given.bodies.length - given.warmUp) / given.rounds;
assert.ok(Number.isInteger(roundEvents), 'the rounds are of equal length');
const latencies = Array.from({ length: given.rounds }, (): number[] => []);

interface Reader {
  readonly socket: Socket;
  isReady: boolean;
  /** Events it got so far. */
  got: number;
}

function open(): Reader {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const reader: Reader = { socket, isReady: false, got: 0 };
  let rest = '';
  socket.setEncoding('latin1').on('data', (piece: string) => {
    const nowMs = performance.now();
    const text = rest + piece;
    reader.isReady ||= text.includes('event: ready\n');
    let end = 0;
    for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, end)) {
      end = at + marker.length;
      const sent = sentAt[reader.got];
      assert.ok(sent !== undefined, 'no event comes before it was made');
      latencies[Math.floor((reader.got - given.warmUp) / roundEvents)]?.push(nowMs - sent); // none for the warm-up
      reader.got += 1;
    }
    rest = text.slice(Math.max(end, text.length - marker.length));
  });
  const lines = [
    `GET ${given.streamPath} HTTP/1.1`,
    `host: ${hostname}:${port}`,
    `authorization: Bearer ${given.token}`,
    'accept: text/event-stream',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return reader;
}

async function until(isThere: () => boolean, ms: number, what: string): Promise<void> {
  for (const endMs = performance.now() + ms; !isThere();) {
    assert.ok(performance.now() < endMs, `${what} within ${ms} ms`);
    await sleep(10);
  }
}

const readers: Reader[] = [];
while (readers.length < given.readers) {
  readers.push(...Array.from({ length: Math.min(100, given.readers - readers.length) }, open));
  await until(() => readers.every(({ isReady }) => isReady), readyMs, 'every stream is open');
}

const client = new Client(given.url, { pipelining: 1 });
const headers = { 'content-type': 'application/json', authorization: `Bearer ${given.token}` };
for (const body of given.bodies) {
  const nextMs = performance.now() + given.everyMs;
  sentAt.push(performance.now());
  const answer = await client.request({ method: 'POST', path: given.postPath, headers, body });
  await answer.body.dump();
  assert.ok(answer.statusCode < 300, `making an event was answered with ${answer.statusCode}`);
  await sleep(Math.max(nextMs - performance.now(), 0));
}
const due = given.bodies.length;
await until(() => readers.every(({ got }) => got >= due), lateMs, 'every reader gets every event');
assert.ok(
  readers.every(({ got }) => got === due),
  'no reader gets an event twice',
);
for (const { socket } of readers) socket.destroy();
await client.close();
tell(latencies.map((of) => ({ p50: percentile(of, 0.5), p99: percentile(of, 0.99), delivered: of.length })));

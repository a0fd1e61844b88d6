import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventTooLong, readEvents, type ServerEvent } from './event-stream.ts';

async function* inPieces(bytes: Uint8Array, cuts: readonly number[]) {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (const [index, from] of places.slice(0, -1).entries())
    yield await Promise.resolve(bytes.subarray(from, places[index + 1]));
}

async function read(text: string, cuts: readonly number[] = []): Promise<ServerEvent[]> {
  return await Array.fromAsync(readEvents(inPieces(new TextEncoder().encode(text), cuts)));
}

const event = (name: string, data: string, id: string | null): ServerEvent => ({
  kind: 'event',
  event: name,
  data,
  id,
});

test('events read the same however the stream is cut into pieces', async () => {
  const text =
    ': still here\n\nevent: line\r\ndata: {"text":"Grüße 🚚"}\r\n\r\ndata:a\ndata: b\rid: 7\r\revent: end\ndata\n\n' +
    'id: 9\n\nretry: 100\n\nid: 1\0\n\ndata: c\n\nid\ndata: d\n\n';
  const whole = await read(text);
  assert.deepEqual(whole, [
    event('line', '{"text":"Grüße 🚚"}', null),
    event('message', 'a\nb', '7'),
    event('end', '', '7'),
    { kind: 'position', id: '9' },
    event('message', 'c', '9'),
    event('message', 'd', ''),
  ]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 30 }), async (cuts) => {
      assert.deepEqual(await read(text, cuts), whole);
    }),
  );
});

test('an event that is cut off, or has no data, is none', async () => {
  assert.deepEqual(await read('event: line\ndata: x'), []);
  assert.deepEqual(await read('event: line\n\n'), []);
  assert.deepEqual(await read('id: 5\nevent: line'), []);
});

test('a line without end and an event without end are refused', async () => {
  const tooLong = (error: unknown) => error instanceof EventTooLong;
  await assert.rejects(read(`data: ${'x'.repeat(1_100_000)}`), tooLong);
  await assert.rejects(read(`data: ${'x'.repeat(10_000)}\n`.repeat(110)), tooLong);
});

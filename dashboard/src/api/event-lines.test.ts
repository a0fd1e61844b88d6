import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readServerEvents } from './event-lines.ts';

function bodyOf(...pieces: readonly (string | Uint8Array<ArrayBuffer>)[]): ReadableStream<Uint8Array> {
  return new Blob([...pieces]).stream();
}

const stream = (...pieces: readonly string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });

test('events are read with their names and data', async () => {
  const text = 'retry: 2000\n\nevent: line\ndata: {"a":1}\n\n: still here\n\nid: 7\nevent: end\ndata: {}\n\n';
  assert.deepEqual(await Array.fromAsync(readServerEvents(bodyOf(text))), [
    { event: 'line', data: '{"a":1}' },
    { event: 'end', data: '{}' },
  ]);
});

test('an event may come in any pieces', async () => {
  const text = 'event: line\ndata: ä\n\nevent: line\ndata: b\ndata: c\n\n';
  assert.deepEqual(await Array.fromAsync(readServerEvents(stream(...text.split('')))), [
    { event: 'line', data: 'ä' },
    { event: 'line', data: 'b\nc' },
  ]);
});

test('what is not ended is not told', async () => {
  assert.deepEqual(await Array.fromAsync(readServerEvents(stream('event: line\ndata: half'))), []);
});

test('an event that never ends is refused', async () => {
  const endless = stream('data: ', 'x'.repeat(2 * 1024 * 1024));
  await assert.rejects(Array.fromAsync(readServerEvents(endless)), /longer than 1 MiB/);
});

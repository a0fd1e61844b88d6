import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readLogLines, type RawLine } from './log-frames.ts';

const stamp = '2026-01-01T00:00:00.000000000Z';

function frame(stream: 1 | 2, payload: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(payload), 4);
  return Buffer.concat([header, Buffer.from(payload)]);
}

function details(task: string): string {
  return `com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=${task}`;
}

/** Cuts bytes into pieces at the given places. */
async function* cut(bytes: Buffer, places: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length];
  let start = 0;
  for (const end of ends.toSorted((a, b) => a - b)) {
    yield await Promise.resolve(bytes.subarray(start, end));
    start = end;
  }
}

async function read(bytes: Buffer, places: readonly number[] = []): Promise<readonly RawLine[]> {
  const lines: RawLine[] = [];
  for await (const line of readLogLines(cut(bytes, places), { details: true })) lines.push(line);
  return lines;
}

const sample = Buffer.concat([
  frame(1, `${stamp} ${details('a')} hello wörld\n`),
  frame(2, `${stamp} ${details('b')} first half, `),
  frame(1, `${stamp} ${details('a')} between\r\n`),
  frame(2, `${stamp} ${details('b')} second half\n`),
  frame(1, `${stamp} ${details('a')} \n`),
  frame(1, `${stamp} ${details('a')} no end`),
]);

test('lines come whole wherever the stream is cut, and however their frames are mixed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(2000), { maxLength: 30 }), async (places) => {
      const lines = await read(sample, places);
      assert.deepEqual(
        lines.map(({ stream, taskId, text }) => [stream, taskId, text]),
        [
          ['stdout', 'a', 'hello wörld'],
          ['stdout', 'a', 'between'],
          ['stderr', 'b', 'first half, second half'],
          ['stdout', 'a', ''],
          ['stdout', 'a', 'no end'],
        ],
      );
    }),
  );
});

test('time and node are read from the front of the line', async () => {
  const [line] = await read(sample);
  assert.deepEqual([line?.timeMs, line?.nodeId], [Date.parse('2026-01-01T00:00:00Z'), 'n1']);
});

test('a line is kept to 16 KiB', async () => {
  const part = frame(1, `${stamp} ${details('a')} ${'x'.repeat(16_000)}`);
  const [line] = await read(Buffer.concat([part, part, part, frame(1, `${stamp} ${details('a')} \n`)]));
  assert.equal(line?.text.length, 16 * 1024);
});

test('bytes that are no frames end the reading instead of filling the memory', async () => {
  assert.deepEqual(await read(Buffer.from('HTTP/1.1 500 Internal Server Error')), []);
});

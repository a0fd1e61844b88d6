import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sha256 } from '../core/hash.ts';
import { runEvidenceJob } from './evidence-job.ts';
import { createEvidenceReader } from './evidence-reader.ts';

const never = new AbortController().signal;
const vex = Buffer.from('{ "@context": "https://openvex.dev/ns/v0.2.0", "statements": [] }');

function codeOf(content: Uint8Array, compressed = false): string {
  const answer = runEvidenceJob({ content, compressed });
  return answer.kind === 'fault' ? answer.fault.code : answer.kind;
}

test('a document is read, a large one in another thread, and its bytes come back as they were, with their digest', async () => {
  const reader = createEvidenceReader();
  for (const document of [vex, Buffer.concat([vex, Buffer.alloc(100_000, ' ')])]) {
    const read = await reader.read(document, false, never);
    assert.equal(read.summary.kind, 'vex');
    assert.equal(read.digest, sha256(document));
    assert.deepEqual(gunzipSync(read.compressed), document);
  }
  const packed = gzipSync(vex, { level: 1 });
  assert.deepEqual(Buffer.from((await reader.read(packed, true, never)).compressed), packed);
  await assert.rejects(reader.read(vex, false, AbortSignal.abort()), { name: 'AbortError' });
});

test('a bomb ends at the limit, and what is no JSON is refused without being quoted', () => {
  const bomb = gzipSync(Buffer.alloc(60 * 1024 * 1024), { level: 9 });
  assert.ok(bomb.length < 100_000);
  assert.equal(codeOf(bomb, true), 'evidence.too-large');
  assert.equal(codeOf(Buffer.from('PK\u0003\u0004 an archive within an archive')), 'evidence.unreadable');
  assert.equal(codeOf(Buffer.from([0xff, 0xfe, 0x00])), 'evidence.unreadable');
  assert.equal(codeOf(vex, true), 'evidence.unreadable');
  assert.equal(codeOf(Buffer.from('[1, 2')), 'evidence.unreadable');
});

test('a document of which more is read than the ledger takes at once is refused as such', () => {
  const components = Array.from({ length: 60_000 }, (_, at) => ({
    name: String(at),
    purl: `pkg:npm/${at}`.padEnd(300, 'x'),
  }));
  const answer = runEvidenceJob({
    content: Buffer.from(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components })),
    compressed: false,
  });
  assert.ok(answer.kind === 'fault');
  assert.equal(answer.fault.code, 'evidence.too-large');
  assert.match(answer.fault.message, /what is read of it have \d+ bytes; at most 15728640 are kept/);
});

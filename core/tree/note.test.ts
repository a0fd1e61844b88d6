import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeKey, signText } from '../testing/signed-ledger.ts';
import { checkpointText, openCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { hashLeaf } from './merkle.ts';
import { formatNote, formatVerifierKey, parseNote, parseVerifierKey, toBase64, verifyNote } from './note.ts';
import { formatReceipt, parseReceipt } from './receipt.ts';

/** The example of C2SP signed-note. */
const exampleKey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const exampleNote = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;

/** The example of C2SP tlog-checkpoint. */
const exampleCheckpoint = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`;

test("the specification's own note is signed by its own key, and is written as it was read", () => {
  const key = parseVerifierKey(exampleKey) ?? assert.fail();
  const note = parseNote(exampleNote) ?? assert.fail();
  assert.equal(verifyNote(note, [key]), key);
  assert.equal(formatNote(note), exampleNote);
  assert.equal(formatVerifierKey(key), exampleKey);
  assert.equal(verifyNote({ ...note, text: note.text.replace('example', 'exemple') }, [key]), null);
  assert.equal(verifyNote(note, []), null);
});

test("the specification's own checkpoint is read, and written again", () => {
  const note = parseNote(exampleCheckpoint) ?? assert.fail();
  const checkpoint = parseCheckpoint(note) ?? assert.fail();
  assert.deepEqual([checkpoint.origin, checkpoint.size], ['example.com/behind-the-sofa', 20_852_163]);
  assert.equal(toBase64(checkpoint.root), 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=');
  assert.equal(checkpointText(checkpoint), note.text);
  assert.deepEqual(
    note.signatures.map(({ name, id }) => [name, id]),
    [['example.com/behind-the-sofa', '033de0ae']],
  );
});

test('what is no verifier key is refused: another id, another type, other base64', () => {
  for (const wrong of [
    exampleKey.replace('530d903a', '530d903b'),
    exampleKey.replace('foo', 'fox'),
    exampleKey.replace('+Ae', '+Ag'),
    `${exampleKey}=`,
    exampleKey.slice(0, -1),
    '',
  ])
    assert.equal(parseVerifierKey(wrong), null, wrong);
});

test('a checkpoint with any byte altered is not signed any more (property)', () => {
  const key = makeKey('drayage/0123456789abcdef');
  const root = hashLeaf(Uint8Array.of(1));
  const signed = signText(key, checkpointText({ origin: key.verifier.name, size: 7, root }));
  const bytes = Buffer.from(signed);
  assert.equal(openCheckpoint(signed, [key.verifier]).kind, 'signed');
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const altered = Buffer.from(bytes);
      altered[at] = ((altered[at] ?? 0) + by) % 256;
      const opened = openCheckpoint(altered.toString('utf8'), [key.verifier]);
      assert.equal(opened.kind, 'wrong', `byte ${at}`);
    }),
    { numRuns: 400 },
  );
});

test('a checkpoint counts only under the origin that is the name of its key', () => {
  const key = makeKey('drayage/0123456789abcdef');
  const root = hashLeaf(Uint8Array.of(1));
  const other = signText(key, checkpointText({ origin: 'drayage/other', size: 7, root }));
  assert.equal(openCheckpoint(other, [key.verifier]).kind, 'wrong');
  for (const text of ['a\n1\n', 'a\n01\nx\n', `a\n-1\n${toBase64(root)}\n`, `a\n1\n${toBase64(root.subarray(1))}\n`])
    assert.equal(parseCheckpoint({ text }), null, text);
});

test('receipts are read as they were written, and nothing else is one (property)', () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const receipt = fc.record({
    index: fc.maxSafeNat(),
    leaf: hash,
    proof: fc.array(hash, { maxLength: 53 }),
    note: fc.constant(exampleCheckpoint),
  });
  fc.assert(
    fc.property(receipt, (each) => {
      const text = formatReceipt(each);
      const read = parseReceipt(text) ?? assert.fail();
      assert.deepEqual(
        [read.index, toBase64(read.leaf), read.proof.map(toBase64), read.note],
        [each.index, toBase64(each.leaf), each.proof.map(toBase64), each.note],
      );
      assert.equal(parseReceipt(text.replace('@v1', '@v2')), null);
      assert.equal(parseReceipt(text.replace('index ', 'index 0')), null);
    }),
  );
  assert.equal(parseReceipt(''), null);
  assert.equal(parseReceipt(exampleCheckpoint), null);
});

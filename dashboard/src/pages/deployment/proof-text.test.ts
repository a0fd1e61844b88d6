import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatReceipt } from '../../../../core/tree/receipt.ts';
import { checkpointText } from '../../../../core/tree/checkpoint.ts';
import { readProof } from './proof-text.ts';

const root = Uint8Array.from({ length: 32 }, (_, at) => at);

test('a receipt tells which ledger signed, over how many entries, with which root', () => {
  const note = `${checkpointText({ origin: 'drayage/0123', size: 1_234, root })}\n\u2014 drayage/0123 AAAA\n`;
  const text = formatReceipt({ index: 7, leaf: root, proof: [root, root], note });
  assert.deepEqual(readProof(text), {
    origin: 'drayage/0123',
    size: 1_234,
    root: Buffer.from(root).toString('base64'),
  });
});

test('what is no receipt is read as none', () => {
  for (const text of [
    '',
    'c2sp.org/tlog-proof@v1\nindex 1\n\n',
    'x\n\na\n1\nb\n',
    'c2sp.org/tlog-proof@v1\n\na\nb\nc\n',
  ])
    assert.equal(readProof(text), null, JSON.stringify(text));
});

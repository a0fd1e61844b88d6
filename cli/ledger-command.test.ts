import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { canonical } from '../core/canonical.ts';
import { chain, checkpointOf, makeKey, receiptOf } from '../core/testing/signed-ledger.ts';
import { formatVerifierKey } from '../core/tree/note.ts';
import { createMemoryIo } from '../test/support/memory-io.ts';
import { closingLine } from './ledger-export.ts';
import { run } from './run.ts';

const key = makeKey('drayage/0123456789abcdef');
const keyText = formatVerifierKey(key.verifier);
const drivers = ['a', 'b', 'c', 'd', 'e', 'f'];
const entries = chain(drivers.map((driver) => ({ payload: { driver } })));
const lines = entries.map((entry) => `${canonical(entry)}\n`).join('');
const whole = lines + closingLine(checkpointOf(entries, 6, key));

/** A folder with an export, its key, a receipt, and an export of a history that was written anew. */
async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-ledger-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const forged = chain(drivers.map((driver) => ({ payload: { driver: driver === 'c' ? 'x' : driver } })));
  await writeFile(join(folder, 'whole.jsonl'), whole);
  await writeFile(join(folder, 'cut.jsonl'), lines);
  await writeFile(
    join(folder, 'forged.jsonl'),
    forged.map((entry) => `${canonical(entry)}\n`).join('') + closingLine(checkpointOf(forged, 6, makeKey('thief'))),
  );
  await writeFile(join(folder, 'public.key'), `${keyText}\n`);
  await writeFile(join(folder, 'kept.tlog-proof'), receiptOf(entries, 3, 5, key));
  return folder;
}

async function dray(folder: string, stdin: string, ...args: readonly string[]) {
  const io = createMemoryIo({ folder, stdin });
  const code = await run(['ledger', ...args], io, '0.0.0');
  return { code, text: io.written.stdout + io.written.stderr };
}

test('an export verifies with the public key given as text or as a file, from a file or from standard input', async (t) => {
  const folder = await folderFor(t);
  for (const given of [keyText, 'public.key'])
    for (const from of ['whole.jsonl', '-']) {
      const { code, text } = await dray(folder, whole, 'verify', '--export', from, '--key', given);
      assert.equal(code, 0, text);
      assert.match(text, /whole: 6 entries.*\n.*signed: entries 1 to 6, by drayage\/0123456789abcdef/);
    }
});

test('an export that is not complete is exit code 13, and a history written anew is exit code 1 against a receipt', async (t) => {
  const folder = await folderFor(t);
  const cut = await dray(folder, '', 'verify', '--export', 'cut.jsonl', '--key', keyText);
  assert.equal(cut.code, 13);
  assert.match(cut.text, /not complete: it ends after entry 6/);
  const forged = ['verify', '--export', 'forged.jsonl', '--key', 'public.key'];
  assert.equal((await dray(folder, '', ...forged)).code, 13);
  const { code, text } = await dray(folder, '', ...forged, '--receipt', 'kept.tlog-proof', '--json');
  assert.equal(code, 1);
  assert.match(text, /"kind": "rewritten",\s+"sequence": 3/);
  assert.match(text, /entry 3 is not the one that kept\.tlog-proof is the receipt of/);
});

test('what is neither a key, a receipt nor an export is exit code 2 and named', async (t) => {
  const folder = await folderFor(t);
  for (const [args, problem] of [
    [['--export', 'none.jsonl'], /none\.jsonl/],
    [['--export', 'whole.jsonl', '--key', 'nonsense'], /neither a verifier key nor a file/],
    [['--export', 'whole.jsonl', '--key', 'whole.jsonl'], /whole\.jsonl:1 is no verifier key/],
    [['--export', 'whole.jsonl', '--receipt', 'public.key'], /public\.key is neither a receipt/],
    [['--export', 'whole.jsonl', '--file', '.'], /two ledgers/],
    [['--file', 'none'], /There is no file/],
  ] as const) {
    const { code, text } = await dray(folder, '', 'verify', ...args);
    assert.equal(code, 2, text);
    assert.match(text, problem);
  }
  const rebuilt = await dray(folder, '', 'rebuild', '--data', '.');
  assert.equal(rebuilt.code, 2);
  assert.match(rebuilt.text, /There is no ledger in/);
});

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isFault } from '../core/fault.ts';
import { formatNote, formatVerifierKey, parseNote, verifyNote } from '../core/tree/note.ts';
import { openSigningKey } from './signing-key.ts';

const signal = AbortSignal.timeout(30_000);
const name = 'drayage/0123456789abcdef';

async function folder(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'signing-key-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

const open = async (directory: string, keyName = name) =>
  await openSigningKey({ directory, keyFile: join(directory, 'signing.key'), name: keyName, signal });

test('the key is made on the first start, for its owner alone, and is the same afterwards', async (t) => {
  const directory = await folder(t);
  const first = await open(directory);
  assert.equal((await stat(join(directory, 'signing.key'))).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(directory), ['signing.key']);
  assert.equal(first.key().name, name);
  // The name stands in the file: what the ledger is called later does not rename a key.
  assert.deepEqual((await open(directory, 'drayage/other')).key(), first.key());
});

test('what it signs verifies as a note of its key', async (t) => {
  const signer = await open(await folder(t));
  const text = 'drayage/x\n1\n\n';
  const { name: by, id } = signer.key();
  const note = formatNote({ text, signatures: [{ name: by, id, signature: signer.sign(text) }] });
  const parsed = parseNote(note);
  assert.ok(parsed !== null);
  assert.deepEqual(verifyNote(parsed, [signer.key()]), signer.key());
});

test('a key that openssl made is taken under the name given', async (t) => {
  const directory = await folder(t);
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  await writeFile(join(directory, 'signing.key'), pem, { mode: 0o600 });
  const key = (await open(directory)).key();
  assert.equal(key.name, name);
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  assert.deepEqual(Buffer.from(key.publicKey), der.subarray(-32));
});

test('a key that others may read is refused, with the command that mends it', async (t) => {
  const directory = await folder(t);
  await open(directory);
  for (const mode of [0o640, 0o604, 0o660, 0o601]) {
    await chmod(join(directory, 'signing.key'), mode);
    await assert.rejects(
      open(directory),
      (error) => isFault(error, 'signing.key-exposed') && error.next === `chmod 600 ${join(directory, 'signing.key')}`,
    );
  }
});

test('a file that holds no Ed25519 key is refused and left as it is', async (t) => {
  const directory = await folder(t);
  const path = join(directory, 'signing.key');
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' });
  for (const text of ['', 'nonsense', String(other)]) {
    await writeFile(path, text, { mode: 0o600 });
    await assert.rejects(open(directory), (error) => isFault(error, 'signing.key-wrong'));
    assert.equal(await readFile(path, 'utf8'), text);
  }
});

test('a folder that cannot be written to is told as such', async (t) => {
  const directory = await folder(t);
  await assert.rejects(open(join(directory, 'none')), (error) => isFault(error, 'signing.failed'));
});

test('a checkpoint is found again as it was published, and nothing else is left in the folder', async (t) => {
  const directory = await folder(t);
  const signer = await open(directory);
  assert.equal(await signer.published(signal), null);
  for (const note of ['first\n', 'second and longer\n', 'third\n']) {
    await signer.publish(note, signal);
    assert.equal(await signer.published(signal), note);
    assert.equal(await (await open(directory)).published(signal), note);
  }
  assert.deepEqual((await readdir(directory)).toSorted(), ['checkpoint', 'signing.key']);
});

test('what a killed writing left behind stands in nobody’s way', async (t) => {
  const directory = await folder(t);
  for (const file of ['checkpoint.new', 'signing.key.new']) await writeFile(join(directory, file), 'half');
  const signer = await open(directory);
  await signer.publish('whole\n', signal);
  assert.equal(await signer.published(signal), 'whole\n');
  assert.deepEqual((await open(directory)).key(), signer.key());
});

test('the next key is kept until it is in force, and then it is the key', async (t) => {
  const directory = await folder(t);
  const signer = await open(directory);
  const old = formatVerifierKey(signer.key());
  assert.equal(signer.next(), null);
  const next = await signer.prepareNext(name, signal);
  assert.deepEqual(await signer.prepareNext(name, signal), next);
  assert.equal(formatVerifierKey(signer.key()), old);
  assert.equal((await stat(join(directory, 'signing.key.next'))).mode & 0o777, 0o600);
  const again = await open(directory);
  assert.deepEqual(again.next(), next);
  await again.useNext(signal);
  assert.deepEqual([again.key(), again.next()], [next, null]);
  assert.deepEqual((await open(directory)).key(), next);
  assert.deepEqual(await readdir(directory), ['signing.key']);
});

test('a next key of another name is made anew', async (t) => {
  const signer = await open(await folder(t));
  const first = await signer.prepareNext(name, signal);
  const second = await signer.prepareNext(`${name}/1`, signal);
  assert.equal(second.name, `${name}/1`);
  assert.notDeepEqual(second.publicKey, first.publicKey);
  assert.deepEqual(signer.next(), second);
});

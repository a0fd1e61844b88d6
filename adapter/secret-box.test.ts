import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { isFault, type FaultCode } from '../core/fault.ts';
import { canary } from '../test/support/canary.ts';
import { createSecretBox } from './secret-box.ts';
import { identify, seal, unseal } from './secret-seal.ts';

const signal = AbortSignal.timeout(30_000);
const place = { environment: 'prod', secret: 'db-password', version: 3 };
const value = Buffer.from(canary('box'));

async function keyPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-secret-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'secrets.key');
}

async function rejectsWith(code: FaultCode, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => isFault(error, code));
}

suite('sealing', () => {
  const key = randomBytes(32);
  const places = fc.array(fc.string({ maxLength: 8 }), { minLength: 1, maxLength: 4 });
  const bytes = fc.uint8Array({ maxLength: 200 });

  test('what was sealed for a place opens there, whatever the bytes', () => {
    fc.assert(
      fc.property(places, bytes, (at, content) => {
        assert.deepEqual(unseal(key, at, seal(key, at, content)), Buffer.from(content));
      }),
    );
  });

  test('it opens at no other place, and with no other key', () => {
    fc.assert(
      fc.property(places, places, bytes, (at, other, content) => {
        fc.pre(JSON.stringify(at) !== JSON.stringify(other));
        const sealed = seal(key, at, content);
        assert.equal(unseal(key, other, sealed), null);
        assert.equal(unseal(randomBytes(32), at, sealed), null);
      }),
    );
  });

  test('any bit that is flipped, and any byte that is cut off or added, is found', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat(7), (content, where, bit) => {
        const sealed = Buffer.from(seal(key, ['a'], content));
        assert.equal(unseal(key, ['a'], sealed.subarray(0, -1)), null);
        assert.equal(unseal(key, ['a'], Buffer.concat([sealed, Buffer.alloc(1)])), null);
        const at = where % sealed.length;
        sealed[at] = (sealed[at] ?? 0) ^ (1 << bit);
        assert.equal(unseal(key, ['a'], sealed), null);
      }),
    );
  });

  test('the same value is sealed differently each time, and named the same only at the same place', () => {
    assert.notDeepEqual(seal(key, ['a'], value), seal(key, ['a'], value));
    assert.equal(identify(key, ['a', 'b'], value), identify(key, ['a', 'b'], value));
    assert.notEqual(identify(key, ['a', 'b'], value), identify(key, ['ab'], value));
    assert.notEqual(identify(key, ['a'], value), identify(randomBytes(32), ['a'], value));
  });
});

suite('the key file', () => {
  test('is made on first use, for its owner alone, and never replaced', async (t) => {
    const path = await keyPath(t);
    const box = createSecretBox(path);
    await rejectsWith('secret.key-missing', () => box.key(false, signal));
    const id = await box.key(true, signal);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal(await createSecretBox(path).key(true, signal), id);
  });

  test('opens what was sealed with it, and nothing that was swapped or belongs to another file', async (t) => {
    const path = await keyPath(t);
    const box = createSecretBox(path);
    await box.key(true, signal);
    const sealed = await box.seal(place, value, signal);
    assert.deepEqual(await box.open(place, sealed, signal), value);
    await rejectsWith('secret.broken', () => box.open({ ...place, version: 2 }, sealed, signal));
    const other = await box.seal(place, Buffer.from('another'), signal);
    await rejectsWith('secret.broken', () => box.open(place, { ...sealed, wrapped: other.wrapped }, signal));
    await rm(path);
    await box.key(true, signal);
    await rejectsWith('secret.key-wrong', () => box.open(place, sealed, signal));
  });

  test('a new key opens what is wrapped anew, the old one is forgotten, and names stay', async (t) => {
    const path = await keyPath(t);
    const box = createSecretBox(path);
    const first = await box.key(true, signal);
    const sealed = await box.seal(place, value, signal);
    const name = await box.identify(['a'], value, signal);
    const second = await box.addKey(signal);
    assert.notEqual(second, first);
    assert.equal(await box.addKey(signal), second, 'what was begun is gone on with');
    const wrapped = await box.rewrap(place, sealed.wrapped, signal);
    await box.dropOldKeys(signal);
    assert.deepEqual(await box.open(place, { ...sealed, wrapped }, signal), value);
    await rejectsWith('secret.key-wrong', () => box.open(place, sealed, signal));
    assert.equal(await box.identify(['a'], value, signal), name);
    assert.ok(!(await readFile(path, 'utf8')).includes(first));
  });

  test('one that others may read, or that is something else, is refused without a word of what is in it', async (t) => {
    const path = await keyPath(t);
    const box = createSecretBox(path);
    await box.key(true, signal);
    await chmod(path, 0o640);
    await rejectsWith('secret.key-exposed', () => box.key(true, signal));
    await rm(path);
    await writeFile(path, '{"masters": "hunter2-hunter2"', { mode: 0o600 });
    await assert.rejects(
      () => box.key(true, signal),
      (error) =>
        isFault(error, 'secret.key-wrong') &&
        !JSON.stringify([error.message, error.facts, error.cause]).includes('hunter2'),
    );
  });
});

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { link, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Fault } from '../core/fault.ts';
import { verifierKey, type VerifierKey } from '../core/tree/note.ts';
import type { Signer } from '../port/signer.ts';
import { openIfThere, syncFolder, writeOwnFile } from './whole-file.ts';

export interface SigningKeyOptions {
  /** Folder of the `checkpoint`. */
  readonly directory: string;
  /** The private key, as PKCS #8 PEM; made when it is not there. The next one stands beside it as `KEYFILE.next`. */
  readonly keyFile: string;
  /** The key's name, for a key file that is made now, and for one that says none. */
  readonly name: string;
  readonly signal: AbortSignal;
}

interface Key {
  readonly verifier: VerifierKey;
  readonly privateKey: KeyObject;
}

/** A key file or checkpoint is some hundred bytes. */
const fileBytesMost = 65_536;

/** How often the checkpoint is forced to the disk, in ms. */
const syncEveryMs = 1_000;

/** What a key file says before the key itself (RFC 7468, section 5.2, lets text stand there). */
const nameLine = /^Drayage signing key: ([^\s+]{1,200})$/m;

/**
 * The signing key in a file, and the checkpoint that reached furthest in the file `checkpoint` beside the ledger. Each
 * file is written whole or not at all, and a checkpoint stands there before `publish` resolves, so that the end of the
 * process loses nothing. It is forced to the disk at most once a second: a power cut may take back the checkpoints of
 * the last second (then an older one stands there), or on some file systems leave an empty file. Rejects with
 * `signing.key-exposed` when others may read the key, `signing.key-wrong` when the file holds none, `signing.failed`.
 */
export async function openSigningKey({ directory, keyFile, name, signal }: SigningKeyOptions): Promise<Signer> {
  const nextFile = `${keyFile}.next`;
  const checkpointFile = join(directory, 'checkpoint');
  let syncedAt = -Infinity;
  let key = (await readKey(keyFile, name)) ?? (await makeKey(keyFile, name));
  let next = await readKey(nextFile, key.verifier.name);
  signal.throwIfAborted();
  return {
    key: () => key.verifier,
    sign: (text) => sign(null, Buffer.from(text), key.privateKey),
    next: () => next?.verifier ?? null,
    async published(at) {
      at.throwIfAborted();
      const bytes = await readSmall(checkpointFile);
      return bytes === null ? null : bytes.toString('utf8');
    },
    async publish(note, at) {
      at.throwIfAborted();
      const isSynced = performance.now() - syncedAt >= syncEveryMs;
      await replaceFile(checkpointFile, note, isSynced);
      if (isSynced) syncedAt = performance.now();
    },
    async prepareNext(nextName, at) {
      at.throwIfAborted();
      if (next !== null && next.verifier.name !== nextName) {
        await attempt(nextFile, async () => await rm(nextFile, { force: true }));
        next = null;
      }
      next ??= await makeKey(nextFile, nextName);
      return next.verifier;
    },
    async useNext(at) {
      at.throwIfAborted();
      if (next === null) throw new Error('no next signing key was prepared');
      await attempt(keyFile, async () => {
        await rename(nextFile, keyFile);
        await syncFolder(dirname(keyFile));
      });
      [key, next] = [next, null];
    },
  };
}

/** Null when there is no such file. */
async function readKey(path: string, name: string): Promise<Key | null> {
  const bytes = await readSmall(path, refuseExposed);
  if (bytes === null) return null;
  const text = bytes.toString('utf8');
  return keyOf(privateKeyOf(path, text), nameLine.exec(text)?.[1] ?? name);
}

function keyOf(privateKey: KeyObject, name: string): Key {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  // Of an Ed25519 key the last 32 bytes of its SubjectPublicKeyInfo are the key itself (RFC 8410, section 4).
  return { verifier: verifierKey(name, Uint8Array.from(der.subarray(-32))), privateKey };
}

function privateKeyOf(path: string, text: string): KeyObject {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    throw wrongKey(path, cause);
  }
  throw wrongKey(path);
}

function wrongKey(path: string, cause?: unknown): Fault {
  return new Fault('signing.key-wrong', `${path} holds no Ed25519 private key.`, {
    facts: { path },
    next: 'Put the right file back: an Ed25519 private key as PKCS #8 PEM. Without one, receipts given out before cannot be told from others any more.',
    cause,
  });
}

async function refuseExposed(path: string, file: FileHandle): Promise<void> {
  const { mode } = await file.stat();
  if ((mode & 0o077) === 0) return;
  throw new Fault('signing.key-exposed', `${path} may be read or written by others than its owner.`, {
    facts: { path, mode: (mode & 0o777).toString(8) },
    next: `chmod 600 ${path}`,
  });
}

/** Makes a key file that nobody else may read. It appears whole, and one that is there is never replaced. */
async function makeKey(path: string, name: string): Promise<Key> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const made = `${path}.new`;
  return await attempt(path, async () => {
    await rm(made, { force: true });
    await writeOwnFile({ path: made, flags: 'wx', isSynced: true }, `Drayage signing key: ${name}\n${pem}`);
    await link(made, path);
    await rm(made);
    await syncFolder(dirname(path));
    return keyOf(privateKey, name);
  });
}

async function replaceFile(path: string, text: string, isSynced: boolean): Promise<void> {
  const made = `${path}.new`;
  await attempt(path, async () => {
    await writeOwnFile({ path: made, flags: 'w', isSynced }, text);
    await rename(made, path);
    if (isSynced) await syncFolder(dirname(path));
  });
}

/** All of a small file; null when there is none. */
async function readSmall(path: string, check?: (path: string, file: FileHandle) => Promise<void>) {
  return await attempt(path, async () => {
    const file = await openIfThere(path);
    if (file === null) return null;
    try {
      await check?.(path, file);
      const { size } = await file.stat();
      if (size > fileBytesMost) throw new Error(`it has ${size} bytes; at most ${fileBytesMost} are read`);
      return await readFile(file);
    } finally {
      await file.close();
    }
  });
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Fault('signing.failed', `${path} could not be read or written: ${reason}.`, { facts: { path }, cause });
  }
}

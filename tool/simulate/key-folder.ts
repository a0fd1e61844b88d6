import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { Fault } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import { verifierKey, type VerifierKey } from '../../core/tree/note.ts';
import type { Signer } from '../../port/signer.ts';
import type { Boundary } from './boundary.ts';

/** What lies in the folder of one machine, outside the ledger: it outlives every process. */
export interface KeyFiles {
  readonly key: SimulatedKey | null;
  readonly next: SimulatedKey | null;
  /** The checkpoint that was published last, verbatim. */
  readonly published: string | null;
}

interface SimulatedKey {
  readonly verifier: VerifierKey;
  readonly privateKey: KeyObject;
}

/** The signing key of a machine with what it signed last. */
export interface KeyFolder {
  /** Opens it for a process: the file of the key is made when there is none. */
  open(name: string, boundary: Boundary): Signer;
  files(): KeyFiles;
  /** Puts back what lay there before: the folder was restored. */
  putBack(files: KeyFiles): void;
}

export interface KeyFolderOptions {
  /** Keys follow from it, and from how many were made before. */
  readonly seed: string;
  /** Whether writing to it fails at the moment. */
  readonly isFull: () => boolean;
  /** A checkpoint has come to stand there, in place of the one before. */
  readonly onPublished: (note: string) => void;
}

export function createKeyFolder({ seed, isFull, onPublished }: KeyFolderOptions): KeyFolder {
  let files: KeyFiles = { key: null, next: null, published: null };
  let made = 0;
  const make = (name: string): SimulatedKey => keyOf(name, sha256(`${seed} key ${(made += 1)}`));
  const write = (change: Partial<KeyFiles>): void => {
    if (isFull()) throw new Fault('signing.failed', 'The simulated key folder takes no more.');
    files = { ...files, ...change };
  };
  return {
    files: () => files,
    putBack(before) {
      files = before;
    },
    open(name, boundary) {
      let key = files.key ?? make(name);
      let next = files.next;
      if (files.key === null) files = { ...files, key };
      return {
        key: () => key.verifier,
        next: () => next?.verifier ?? null,
        sign: (text) => sign(null, Buffer.from(text), key.privateKey),
        published: () => boundary.near('reading the checkpoint', async () => await Promise.resolve(files.published)),
        publish: (note) =>
          boundary.near('publishing a checkpoint', async () => {
            write({ published: note });
            onPublished(note);
            await Promise.resolve();
          }),
        prepareNext: (nextName) =>
          boundary.near('preparing a key', async () => {
            if (next?.verifier.name !== nextName) {
              write({ next: make(nextName) });
              next = files.next;
            }
            return await Promise.resolve((next ?? key).verifier);
          }),
        useNext: () =>
          boundary.near('putting a key in force', async () => {
            if (next === null) throw new Error('no next signing key was prepared');
            write({ key: next, next: null });
            [key, next] = [next, null];
            await Promise.resolve();
          }),
      };
    },
  };
}

/** The Ed25519 key of a seed of 32 bytes (RFC 8410, section 7: PKCS #8 before them). */
function keyOf(name: string, seed: string): SimulatedKey {
  const der = Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex');
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { privateKey, verifier: verifierKey(name, Uint8Array.from(publicKey)) };
}

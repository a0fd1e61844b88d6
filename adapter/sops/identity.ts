import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { armor, Decrypter, identityToRecipient } from 'age-encryption';
import { Fault } from '../../core/fault.ts';
import { codeOf, readAtMost } from '../whole-file.ts';
import { broken } from './fault.ts';
import type { SealedKey } from './metadata.ts';

const fileBytesMost = 65_536;
const identitiesMost = 20;
const dataKeyBytes = 32;

/** An age identity with its recipient, which is public. */
export interface AgeIdentity {
  readonly identity: string;
  readonly recipient: string;
}

/**
 * Reads a file as `age-keygen` writes it. Throws `secret.key-exposed` when others than its owner may read it, or when it
 * lies in the repository of the file that it opens; `secret.key-wrong` when it is something else; `secret.unreachable`.
 */
export async function readIdentities(path: string, sealedFile: string): Promise<readonly AgeIdentity[]> {
  const text = await readOwn(path);
  const repository = await repositoryOf(path);
  if (repository !== null && repository === (await repositoryOf(sealedFile)))
    throw new Fault('secret.key-exposed', `${path} lies in the repository of the file that it opens.`, {
      facts: { path, repository },
      next: 'Move it out of the repository, and change the key if it was ever committed: whoever has the one has the other.',
    });
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const identities = lines.flatMap((line, index) => (line === '' || line.startsWith('#') ? [] : [{ line, index }]));
  if (identities.length === 0 || identities.length > identitiesMost)
    throw wrong(path, `it holds ${identities.length} age identities; 1 to ${identitiesMost} are read`);
  return await Promise.all(
    identities.map(async ({ line, index }) => {
      try {
        return { identity: line, recipient: await identityToRecipient(line) };
      } catch {
        throw wrong(path, `its line ${index + 1} is no identity of age itself (plugins and SSH keys are not read)`);
      }
    }),
  );
}

/** The data key of a file, by whichever identity opens it. Throws `secret.key-wrong`, `secret.broken`. */
export async function openDataKey(
  file: string,
  keys: readonly SealedKey[],
  { path, identities }: { readonly path: string; readonly identities: readonly AgeIdentity[] },
): Promise<Uint8Array> {
  const ours = new Set(identities.map(({ recipient }) => recipient));
  // Those that say that they are ours first; what they say is not to be relied on.
  const inOrder = keys.toSorted((a, b) => Number(ours.has(b.recipient)) - Number(ours.has(a.recipient)));
  let isDamaged = false;
  for (const { enc } of inOrder) {
    const found = await openOne(enc, identities);
    if (found.kind === 'opened') return found.key;
    isDamaged ||= found.kind === 'damaged';
  }
  if (isDamaged) throw broken(file, 'its data key does not open: its bytes were changed');
  throw new Fault('secret.key-wrong', `No age identity in ${path} opens ${file}.`, {
    facts: { path, file, identities: [...ours], recipients: keys.map(({ recipient }) => recipient).slice(0, 10) },
    next: 'Put the right identity there, or add its recipient to the file: sops updatekeys.',
  });
}

type Opened = { readonly kind: 'opened'; readonly key: Uint8Array } | { readonly kind: 'no-match' | 'damaged' };

async function openOne(enc: string, identities: readonly AgeIdentity[]): Promise<Opened> {
  const decrypter = new Decrypter();
  for (const { identity } of identities) decrypter.addIdentity(identity);
  try {
    const key = await decrypter.decrypt(armor.decode(enc));
    return key.length === dataKeyBytes ? { kind: 'opened', key } : { kind: 'damaged' };
  } catch (error) {
    // The library has no other sign of it.
    const isNoMatch = error instanceof Error && error.message.includes('no identity matched');
    return { kind: isNoMatch ? 'no-match' : 'damaged' };
  }
}

async function readOwn(path: string): Promise<string> {
  try {
    const content = await readAtMost(path, fileBytesMost, (found) => {
      if ((found.mode & 0o077) !== 0) throw exposed(path, found.mode);
      if (!found.isFile() || found.size > fileBytesMost) throw wrong(path, 'it is no file, or too large for one');
    });
    return content.toString('utf8');
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const code = codeOf(cause);
    const isDenied = code === 'EACCES' || code === 'EPERM';
    throw new Fault(
      isDenied ? 'secret.denied' : 'secret.unreachable',
      `The age identities in ${path} cannot be read: ${code}.`,
      {
        facts: { path },
        cause,
      },
    );
  }
}

/** The folder of the git repository that a file lies in; null when in none. */
async function repositoryOf(path: string): Promise<string | null> {
  let folder = dirname(await realpath(path));
  for (;;) {
    if (await isThere(join(folder, '.git'))) return folder;
    const above = dirname(folder);
    if (above === folder) return null;
    folder = above;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

function wrong(path: string, why: string): Fault {
  return new Fault('secret.key-wrong', `${path} is no file of age identities: ${why}.`, {
    facts: { path },
    next: 'Put a file there as age-keygen writes it.',
  });
}

function exposed(path: string, mode: number): Fault {
  return new Fault('secret.key-exposed', `${path} may be read or written by others than its owner.`, {
    facts: { path, mode: (mode & 0o777).toString(8) },
    next: `chmod 600 ${path}`,
  });
}

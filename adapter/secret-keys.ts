import { link, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { z } from 'zod';
import { Fault } from '../core/fault.ts';
import { openIfThere, syncFolder, writeOwnFile } from './whole-file.ts';

/** A key that wraps the keys of secrets. */
export interface MasterKey {
  readonly id: string;
  readonly key: Buffer;
}

/** What the key file holds. */
export interface SecretKeys {
  /** For names on engines; never changes, or every service would restart. */
  readonly names: Buffer;
  /** The last one wraps; those before still open what they wrapped. Never empty. */
  readonly masters: readonly MasterKey[];
}

const keyBytes = 32;
const fileBytesMost = 65_536;
const mastersMost = 20;

const key = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=$/)
  .transform((text) => Buffer.from(text, 'base64'));

const keyFile = z.strictObject({
  kind: z.literal('drayage-secret-keys'),
  v: z.literal(1),
  names: key,
  masters: z
    .array(z.strictObject({ id: z.string().regex(/^k-[0-9a-f]{16}$/), key }))
    .min(1)
    .max(mastersMost),
});

/** The keys in a file; null when there is none. Throws `secret.key-exposed`, `secret.key-wrong`, `secret.key-failed`. */
export async function readSecretKeys(path: string): Promise<SecretKeys | null> {
  return await attempt(path, async () => {
    const file = await openIfThere(path);
    if (file === null) return null;
    try {
      await refuseExposed(path, file);
      const { size } = await file.stat();
      if (size > fileBytesMost) throw wrongFile(path);
      return parse(path, await readFile(file, 'utf8'));
    } finally {
      await file.close();
    }
  });
}

/** Makes a key file that nobody else may read. It appears whole, and one that is there is never replaced. */
export async function makeSecretKeys(path: string): Promise<SecretKeys> {
  const keys = { names: randomBytes(keyBytes), masters: [makeMaster()] };
  return await attempt(path, async () => {
    await writeBeside(path, keys);
    try {
      await link(`${path}.new`, path);
    } finally {
      await rm(`${path}.new`, { force: true });
    }
    await syncFolder(dirname(path));
    return keys;
  });
}

/** Replaces the key file, as a whole or not at all. */
export async function replaceSecretKeys(path: string, keys: SecretKeys): Promise<void> {
  await attempt(path, async () => {
    await writeBeside(path, keys);
    await rename(`${path}.new`, path);
    await syncFolder(dirname(path));
  });
}

export function makeMaster(): MasterKey {
  return { id: `k-${randomBytes(8).toString('hex')}`, key: randomBytes(keyBytes) };
}

function parse(path: string, text: string): SecretKeys {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw wrongFile(path); // without its cause, which quotes the file
  }
  const read = keyFile.safeParse(found);
  if (!read.success) throw wrongFile(path);
  return { names: read.data.names, masters: read.data.masters };
}

function wrongFile(path: string): Fault {
  return new Fault('secret.key-wrong', `${path} is no key file of secrets.`, {
    facts: { path },
    next: 'Put the right file back, from where it is kept apart from the backups.',
  });
}

async function refuseExposed(path: string, file: FileHandle): Promise<void> {
  const { mode } = await file.stat();
  if ((mode & 0o077) === 0) return;
  throw new Fault('secret.key-exposed', `${path} may be read or written by others than its owner.`, {
    facts: { path, mode: (mode & 0o777).toString(8) },
    next: `chmod 600 ${path}`,
  });
}

async function writeBeside(path: string, { names, masters }: SecretKeys): Promise<void> {
  const document = {
    kind: 'drayage-secret-keys',
    v: 1,
    names: names.toString('base64'),
    masters: masters.map(({ id, key: bytes }) => ({ id, key: bytes.toString('base64') })),
  };
  await rm(`${path}.new`, { force: true });
  await writeOwnFile({ path: `${path}.new`, flags: 'wx', isSynced: true }, `${JSON.stringify(document, null, 2)}\n`);
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed';
    throw new Fault('secret.key-failed', `${path} could not be read or written: ${code}.`, { facts: { path }, cause });
  }
}

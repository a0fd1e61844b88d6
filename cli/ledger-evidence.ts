import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isFault } from '../core/fault.ts';
import { readCheckpoint, readReceipt, type Evidence } from '../core/ledger-evidence.ts';
import { parseVerifierKey, type VerifierKey } from '../core/tree/note.ts';
import type { Context } from './context.ts';
import { UsageError } from './failure.ts';
import { readBytes } from './file.ts';
import type { Io } from './io.ts';

/** A receipt, a checkpoint or a key is far smaller. */
const fileBytesMost = 65_536;

/** What a verification relies on beside the entries. */
export interface LedgerVerdictOptions {
  readonly keys: readonly VerifierKey[];
  readonly evidence: readonly Evidence[];
}

/** Reads `--key`: a verifier key as it is written, or a file with one on each line. */
export async function readKeys(io: Io, given: readonly string[]): Promise<readonly VerifierKey[]> {
  const keys = await Promise.all(given.map(async (text) => await readKey(io, text)));
  return keys.flat();
}

async function readKey(io: Io, given: string): Promise<readonly VerifierKey[]> {
  const key = parseVerifierKey(given);
  if (key !== null) return [key];
  if (!(await isThere(io, given))) {
    throw new UsageError(
      `"${given}" is neither a verifier key nor a file with one.`,
      'A verifier key is one line, NAME+ID+KEY: `dray ledger verify` prints the one that it relied on.',
    );
  }
  const lines = (await readBytes(io, given, fileBytesMost)).toString('utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const read = parseVerifierKey(line);
    if (read === null) throw new UsageError(`${given}:${index + 1} is no verifier key.`, 'Write one key on each line.');
    return [read];
  });
}

async function isThere(io: Io, path: string): Promise<boolean> {
  try {
    await stat(resolve(io.folder, path));
    return true;
  } catch {
    return false;
  }
}

/** Reads `--receipt`: files that `dray deploy --receipt` or `dray ledger receipt` wrote. */
export async function readReceipts(io: Io, paths: readonly string[]): Promise<readonly Evidence[]> {
  return await Promise.all(
    paths.map(async (path) => {
      const text = (await readBytes(io, path, fileBytesMost)).toString('utf8');
      const read = readReceipt(path, text) ?? readCheckpoint(path, text);
      if (read !== null) return read;
      throw new UsageError(
        `${path} is neither a receipt nor a signed checkpoint.`,
        'Name a file that `dray ledger receipt` or `dray deploy --receipt` wrote.',
      );
    }),
  );
}

/** The checkpoint that the server publishes; null when it has signed none, or is of a version that signs nothing. */
export async function fetchCheckpoint(context: Context): Promise<Evidence | null> {
  try {
    const note = await context.client().text('ledgerCheckpoint', { signal: context.signal });
    return readCheckpoint("the server's checkpoint", note);
  } catch (error) {
    if (isFault(error, 'ledger.unsigned') || isFault(error, 'route.unknown')) return null;
    throw error;
  }
}

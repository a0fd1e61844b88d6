import { Fault, isFault } from '../../core/fault.ts';

/** Primary result codes (https://www.sqlite.org/rescode.html): of one statement's values, and of a damaged file. */
const valueCodes: ReadonlySet<number> = new Set([18, 19, 20, 25]); // TOOBIG, CONSTRAINT, MISMATCH, RANGE
const corruptCode = 11;
const damageCodes: ReadonlySet<number> = new Set([corruptCode, 26]); // CORRUPT, NOTADB

/** The primary SQLite result code of a thrown value; null when it did not come from SQLite. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null;
}

/** Whether the database itself failed, so that nothing of its transaction may be acknowledged. */
export function isDatabaseFailure(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== null && !valueCodes.has(code);
}

/**
 * What an operator is told of an error met while the database was used: a Fault stays as it is, a damaged file is
 * `store.broken`, a full disk, an I/O error or a lock is `store.failed`, all else is `server.bug`.
 */
export function toFault(error: unknown, doing: string): Fault {
  if (isFault(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = isOutOfRange(error) ? corruptCode : sqliteCode(error);
  const facts = { sqlite: code };
  if (code === null || valueCodes.has(code)) {
    return new Fault('server.bug', `${doing} failed: ${message}.`, { facts, cause: error });
  }
  if (damageCodes.has(code)) {
    const next = 'Stop the server, keep a copy of the data folder, and restore the last backup.';
    return new Fault('store.broken', `${doing} failed: the database is damaged (${message}).`, {
      facts,
      next,
      cause: error,
    });
  }
  const next = 'Look at the free space and the health of the disk under the data folder; then try again.';
  return new Fault('store.failed', `${doing} failed: ${message}.`, { facts, next, cause: error });
}

/** node:sqlite's error for an integer beyond 2^53, which this store never writes. */
function isOutOfRange(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE';
}

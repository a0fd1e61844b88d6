import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import { tileWidth } from '../../core/tree/tile.ts';
import { toFault } from './failure.ts';
import { lockDirectory } from './lock.ts';
import { WriterThread } from './thread.ts';
import type { FoldProgress } from './message.ts';

export interface RebuildOptions {
  /** The data folder; no server may have it open. */
  readonly directory: string;
  /** Ends it; what is made so far stays, and the next opening goes on from there. */
  readonly signal: AbortSignal;
  readonly tell?: (progress: FoldProgress) => void;
}

/**
 * Makes everything anew that follows from the ledger: projections and stored subtrees. What an earlier rebuild that was
 * stopped has made is not made again. The number of entries. Rejects
 * with `request.invalid` where no ledger is, `store.locked`, `store.broken`, `store.failed`, or the signal's reason.
 */
export async function rebuildSqliteLedger({
  directory,
  signal,
  tell = () => undefined,
}: RebuildOptions): Promise<number> {
  signal.throwIfAborted();
  if (statSync(join(directory, 'ledger.db'), { throwIfNoEntry: false }) === undefined) {
    throw new Fault('request.invalid', `There is no ledger in ${directory}.`, {
      facts: { directory },
      next: 'Name the data folder of a server with --data.',
    });
  }
  const unlock = lockDirectory(directory);
  try {
    const thread = await WriterThread.start({ directory, anew: !isUnderWay(directory), signal, tell });
    try {
      await thread.ask({ kind: 'close' });
      return thread.entriesAtStart();
    } finally {
      await thread.terminate();
    }
  } catch (error) {
    throw signal.aborted ? error : toFault(error, 'Rebuilding the projections');
  } finally {
    unlock();
  }
}

/** Whether projections or subtrees are half made: an opening goes on with them. */
function isUnderWay(directory: string): boolean {
  const database = new DatabaseSync(join(directory, 'ledger.db'));
  try {
    const row = database.prepare(halves).get();
    return row !== undefined && Number(row['lacking']) > 0;
  } catch {
    return false; // an older schema: its opening tells
  } finally {
    database.close();
  }
}

const halves = `SELECT (projection_mark.sequence < head.sequence) OR (tree.blocks < head.sequence / ${tileWidth}) AS lacking
  FROM projection_mark,
    (SELECT coalesce(max(sequence), 0) AS sequence FROM entry) AS head,
    (SELECT count(*) AS blocks FROM tree_hash WHERE level = 1) AS tree`;

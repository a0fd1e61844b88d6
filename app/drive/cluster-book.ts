import { isBefore, type Ask, type Claim, type Limit, type Others } from '../../core/rollout/starts.ts';

/** What one goal has starting, or waits for, on its cluster. */
export interface Account extends Claim {
  readonly cluster: string;
  readonly deployment: string;
  readonly goal: string;
  /** What the goal was last written with; `unknown` when another driver wrote it, null when nothing was held back. */
  readonly limit: Limit | 'unknown' | null;
}

/** The accounts of one cluster: sums over them, and the line of those that wait. Thousands may ask in every round. */
export interface ClusterBook {
  /** Puts an account in the place of the same goal's earlier one; undefined: there was, or is, none. */
  change(before: Account | undefined, after: Account | undefined): void;
  /** Tasks that may be starting. */
  starts(): number;
  /** The others, as who asks sees them; to be read before anything changes. */
  others(ask: Pick<Ask, 'key' | 'isRollback' | 'place'>): Others;
}

/** An empty cluster. */
export const nobody: Others = { starts: 0, isQuiet: true, ahead: [] };

type Line = Map<string, Account>;

export function createClusterBook(): ClusterBook {
  const accounts = new Map<string, Account>();
  // Who comes later has a higher place, and keeps it: each line is in the order of its places.
  const rollbacks: Line = new Map();
  const advances: Line = new Map();
  let starts = 0;
  let granted = 0;
  function lineOf(account: Account | undefined): Line | null {
    if (account === undefined || account.waits === null) return null;
    return account.waits.isRollback ? rollbacks : advances;
  }
  function* ahead(ask: Pick<Ask, 'key' | 'isRollback' | 'place'>): Generator<Account> {
    for (const line of [rollbacks, advances]) {
      for (const account of line.values()) {
        if (account.waits === null || !isBefore(account.waits, ask)) break;
        if (account.key !== ask.key) yield account;
      }
    }
  }
  return {
    change(before, after) {
      if (before !== undefined) {
        starts -= before.starts;
        granted -= before.granted ? before.starts : 0;
        const isKept = lineOf(before) === lineOf(after) && before.waits?.place === after?.waits?.place;
        if (!isKept) lineOf(before)?.delete(before.key);
        accounts.delete(before.key);
      }
      if (after === undefined) return;
      starts += after.starts;
      granted += after.granted ? after.starts : 0;
      lineOf(after)?.set(after.key, after);
      accounts.set(after.key, after);
    },
    starts: () => starts,
    others: (ask) => ({
      starts: starts - (accounts.get(ask.key)?.starts ?? 0),
      isQuiet: granted === 0,
      ahead: ahead(ask),
    }),
  };
}

import { goalKey, type Write } from '../../core/rollout/decide.ts';
import type { Pace } from '../../core/rollout/attention.ts';
import {
  grantOf,
  leastShare,
  shareWithin,
  startsUnderWay,
  type Claim,
  type Limit,
  type Share,
  type Standing,
} from '../../core/rollout/starts.ts';
import { createClusterBook, nobody, type Account, type ClusterBook } from './cluster-book.ts';

/** One goal of one deployment. */
export interface Claimant {
  readonly deployment: string;
  readonly goal: Write;
}

/** How many tasks of a cluster may be starting because of Drayage, and what its definition allows. */
export interface StartsOn {
  readonly underWay: number;
  readonly most: number;
}

/**
 * The account of all tasks that may be starting because of Drayage: one for all deployments that a server drives, so
 * that together they never let more start on a cluster than it allows. Kept in memory alone: a new driver finds what is
 * under way on the ledger, and what is starting on the engine.
 */
export interface Starts {
  /** A driver begins: nothing is known, and nobody gets a share before these deployments have told what they have under way. */
  reset(deployments: readonly string[]): void;
  /** What a deployment has under way on the ledger; until it is seen, all of it counts as starting. */
  introduce(deployment: string, goals: readonly { readonly goal: Write; readonly starts: number }[]): void;
  /** A fresh look at a goal: what it has starting now. `isWritten`: it follows from this goal's own write. */
  seen(of: Claimant, standing: Standing, isWritten: boolean): void;
  /** The goal could not be seen: until it can, it stands in no line. */
  unseen(of: Claimant): void;
  /** Asks for a share of at most `most` starts on the cluster. Null: wait; what is due keeps a place in the line. */
  ask(of: Claimant, standing: Standing, how: Asking): Share | null;
  /** How the throttle slows a goal down. */
  pace(of: Claimant): Pace;
  /** Forgets all goals of a deployment but these. */
  keep(deployment: string, goals: readonly Write[]): void;
  /** The deployment is not driven for a while: it stands in no line, and what it has under way still counts. */
  rest(deployment: string): void;
  /** Whether a goal of the deployment waits for starts on the cluster. */
  waits(deployment: string, cluster: string): boolean;
  /** By cluster: every one that was asked for starts. */
  all(): ReadonlyMap<string, StartsOn>;
}

export interface Asking {
  readonly most: number;
  readonly isRollback: boolean;
}

/** All accounts, and what else is remembered over them. */
interface Books {
  readonly accounts: Map<string, Account>;
  /** Keys of the accounts of each deployment: each asks for its own in every round. */
  readonly keys: Map<string, Set<string>>;
  /** The same accounts by cluster. */
  readonly clusters: Map<string, ClusterBook>;
  /** By cluster: what it allows, as last asked with. */
  readonly most: Map<string, number>;
  /** Deployments that have not told yet what they have under way. */
  readonly expected: Set<string>;
  /** The next place in the line. */
  place: number;
}

export function createStarts(): Starts {
  const books = createBooks();
  const { accounts, most, expected } = books;
  return {
    reset(deployments) {
      accounts.clear();
      books.keys.clear();
      books.clusters.clear();
      expected.clear();
      for (const deployment of deployments) expected.add(deployment);
    },
    introduce(deployment, goals) {
      for (const { goal, starts } of goals)
        open(books, { deployment, goal }, { starts, granted: true, limit: 'unknown', waits: null });
      expected.delete(deployment);
    },
    seen: (of, standing, isWritten) =>
      isWritten ? seeWritten(books, of, standing) : seeUnwritten(books, of, standing),
    unseen(of) {
      const known = find(books, of);
      if (known !== undefined) put(books, { ...known, waits: null });
    },
    ask: (of, standing, how) => ask(books, of, standing, how),
    pace: (of) => paceOf(find(books, of)),
    keep(deployment, goals) {
      const kept = new Set(goals.map((goal) => keyOf({ deployment, goal })));
      for (const { key } of accountsOf(books, deployment)) if (!kept.has(key)) drop(books, deployment, key);
    },
    rest(deployment) {
      expected.delete(deployment);
      for (const account of accountsOf(books, deployment)) put(books, { ...account, waits: null });
    },
    waits: (deployment, cluster) =>
      accountsOf(books, deployment).some((it) => it.cluster === cluster && it.waits !== null),
    all: () =>
      new Map(
        [...most].map(([cluster, limit]) => [
          cluster,
          { underWay: books.clusters.get(cluster)?.starts() ?? 0, most: limit },
        ]),
      ),
  };
}

function keyOf({ deployment, goal }: Claimant): string {
  return `${deployment} ${goal.step.id}`;
}

function accountsOf({ accounts, keys }: Books, deployment: string): readonly Account[] {
  return [...(keys.get(deployment) ?? [])].flatMap((key) => accounts.get(key) ?? []);
}

function createBooks(): Books {
  return {
    accounts: new Map(),
    keys: new Map(),
    clusters: new Map(),
    most: new Map(),
    expected: new Set(),
    place: 0,
  };
}

function put(books: Books, account: Account): void {
  const { key, deployment, cluster } = account;
  const before = books.accounts.get(key);
  books.accounts.set(key, account);
  const own = books.keys.get(deployment);
  if (own === undefined) books.keys.set(deployment, new Set([key]));
  else own.add(key);
  const book = books.clusters.get(cluster) ?? createClusterBook();
  books.clusters.set(cluster, book);
  book.change(before, account);
}

function drop(books: Books, deployment: string, key: string): void {
  const { accounts, keys, clusters } = books;
  const account = accounts.get(key);
  if (account !== undefined) clusters.get(account.cluster)?.change(account, undefined);
  accounts.delete(key);
  const own = keys.get(deployment);
  own?.delete(key);
  if (own?.size === 0) keys.delete(deployment);
}

/** The account of a goal; undefined while the step's account is still that of its other goal. */
function find({ accounts }: Books, of: Claimant): Account | undefined {
  const account = accounts.get(keyOf(of));
  return account?.goal === goalKey(of.goal) ? account : undefined;
}

function open(
  books: Books,
  { deployment, goal }: Claimant,
  change: Pick<Account, 'starts' | 'granted' | 'limit' | 'waits'>,
): void {
  const key = keyOf({ deployment, goal });
  put(books, { key, cluster: goal.step.spot.cluster, deployment, goal: goalKey(goal), ...change });
}

function seeWritten(books: Books, of: Claimant, standing: Standing): void {
  const known = find(books, of);
  const limit = known?.limit ?? null;
  const inForce = limit === null || limit === 'unknown' ? standing.full : limit;
  const granted = limit === 'unknown' ? Infinity : (known?.starts ?? Infinity);
  const starts = startsUnderWay(standing, inForce, granted);
  // Nothing is held back of what bears no limit: it has nothing to wait for.
  open(books, of, { starts, granted: true, limit, waits: limit === null ? null : (known?.waits ?? null) });
}

function seeUnwritten(books: Books, of: Claimant, standing: Standing): void {
  const known = find(books, of);
  // What the step's other goal had starting may be starting still.
  const before = known === undefined ? (books.accounts.get(keyOf(of))?.starts ?? 0) : 0;
  const starts = Math.max(standing.starting, before);
  open(books, of, { starts, granted: false, limit: null, waits: known?.waits ?? null });
}

function ask(books: Books, of: Claimant, seen: Standing, { most, isRollback }: Asking): Share | null {
  books.most.set(of.goal.step.spot.cluster, most);
  const known = find(books, of);
  // Another driver wrote it, and nothing of it is held back.
  if (known?.limit === 'unknown' && seen.held === seen.full.replicas && seen.outdated === 0) {
    put(books, { ...known, limit: null, waits: null });
    return null;
  }
  // Since the look, an update under way may have gone on.
  const starting = Math.max(seen.starting, books.accounts.get(keyOf(of))?.starts ?? 0);
  const standing = { ...seen, starting };
  const asked = {
    starts: shareWithin(standing, Infinity).starts,
    isRollback,
    place: known?.waits?.place ?? books.place++,
  };
  const granted = grant(books, of, standing, { most, asked });
  const share = granted === null ? null : shareOf(standing, granted, most);
  const before = { starts: starting, granted: known?.granted ?? false, limit: known?.limit ?? null };
  if (share === null) {
    open(books, of, { ...before, waits: isDue(before, standing) ? asked : null });
    return null;
  }
  if (before.granted && !isMore(share.limit, before.limit)) {
    open(books, of, { ...before, waits: null });
    return null;
  }
  // How many tasks a share without bounds starts, the next look shows.
  const starts = share.starts === Infinity ? most : share.starts;
  open(books, of, { starts, granted: true, limit: share.limit, waits: null });
  return share;
}

function grant(
  { clusters, expected }: Books,
  of: Claimant,
  standing: Standing,
  { most, asked }: { readonly most: number; readonly asked: NonNullable<Claim['waits']> },
): number | null {
  const now = standing.starting;
  if (expected.size > 0 && asked.starts > now) return null;
  const { cluster } = of.goal.step.spot;
  const book = clusters.get(cluster);
  const { starts, isRollback, place } = asked;
  const least = leastShare(standing).starts;
  const asking = { key: keyOf(of), now, least, most: starts, isRollback, place };
  return grantOf(most, book === undefined ? nobody : book.others(asking), asking);
}

/** What goes beyond what the cluster allows goes with the least that brings it on. */
function shareOf(standing: Standing, granted: number, most: number): Share {
  return granted > most ? leastShare(standing) : shareWithin(standing, granted);
}

/** What is written with every replica, and not yet with its full parallelism, may grow, and nothing waits for it. */
function isDue({ granted }: Pick<Account, 'granted'>, { held, full }: Standing): boolean {
  return !granted || held < full.replicas;
}

function paceOf(account: Account | undefined): Pace {
  if (account === undefined) return 'free';
  if (account.waits !== null && !(account.granted && account.starts > 0)) return 'held';
  return account.limit === null ? 'free' : 'limited';
}

/** Whether a write with this limit would let more start than the one before it. */
function isMore(limit: Limit | null, before: Account['limit']): boolean {
  if (limit === null || before === null || before === 'unknown') return true;
  return limit.replicas > before.replicas || limit.parallelism > before.parallelism;
}

import { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import type { Clock } from '../../port/clock.ts';
import type { AppendRequest, LeaseRow, Store } from '../../port/store.ts';
import { leaseGrant, leaseStream } from '../lease-entry.ts';
import { prepare, type PreparedRequest } from '../prepare.ts';
import { toFault } from '../sqlite/failure.ts';
import { fromRefusal, type Placed, type Written } from '../sqlite/message.ts';
import { createReader, type Reader } from '../sqlite/reader.ts';
import { TokenUses } from '../sqlite/token-uses.ts';
import type { Writer } from '../sqlite/writer.ts';
import type { CommitFate, Job, SimulatedDisk } from './disk.ts';

/** The most requests that wait at once. */
const waitingMost = 1_024;

const never = new AbortController().signal;

/** One process's connection to the ledger on a simulated disk. */
export interface SimulatedStore extends Store {
  /** The process dies: nothing of this store answers any more, and what was being written meets its fate. */
  crash(fate: () => CommitFate): void;
}

export interface SimulatedStoreOptions {
  readonly disk: SimulatedDisk;
  /** The process's own: its wall time goes into entries. */
  readonly clock: Pick<Clock, 'now'>;
  /** Whether this process alone has the ledger open. */
  readonly exclusive: boolean;
  /** A reader that several stores share; made when it is not given, and closed with the store. */
  readonly reader?: Reader;
}

/** Opens the ledger on a simulated disk: the statements are those of the embedded store, the time is not. */
export function openSimulatedStore({ disk, clock, exclusive, reader }: SimulatedStoreOptions): SimulatedStore {
  const database = reader === undefined ? new DatabaseSync(disk.location) : null;
  const from = reader ?? createReader(database ?? new DatabaseSync(disk.location));
  const turns = createTurns(disk);
  const listeners = createListeners();
  const { write, alone } = turns;
  let isClosed = false;

  const checkOpen = (): void => {
    if (isClosed) throw closed();
  };
  async function read<T>(signal: AbortSignal, work: (from: Reader) => T | Promise<T>): Promise<T> {
    signal.throwIfAborted();
    checkOpen();
    try {
      return await work(from);
    } catch (error) {
      throw toFault(error, 'Reading the ledger');
    }
  }
  const uses = new TokenUses(
    (work) => alone(never, () => undefined).then(work),
    (lastUsedAt) => alone(never, (writer) => writer.noteTokenUse(lastUsedAt)),
  );
  return {
    exclusive,
    async append(request: AppendRequest, signal) {
      checkOpen();
      const placed = await write(prepare(request, clock.now()), signal);
      listeners.tell(placed);
      const [first] = placed;
      return { entries: first === undefined ? [] : from.entries(first.sequence - 1, placed.length) };
    },
    lease: (signal) => read(signal, () => from.lease()),
    async grantLease(driver, seen, signal): Promise<LeaseRow> {
      const grants = await read(signal, () => from.version(leaseStream));
      const request = prepare(leaseGrant(driver, grants), clock.now());
      const written = await alone(signal, (writer) => writer.grantLease(request, seen));
      if (written.kind === 'refused') throw fromRefusal(written.refusal);
      listeners.tell(written.placed);
      return { driver, generation: from.generationAt(written.placed[0]?.sequence ?? 0), renewals: 0 };
    },
    async renewLease(lease, signal) {
      checkOpen();
      return await alone(signal, (writer) => writer.renewLease(lease));
    },
    ...readsOf(read),
    onAppended: (listener) => listeners.add(listener),
    async noteTokenUse(lastUsedAt, signal) {
      signal.throwIfAborted();
      checkOpen();
      await uses.note(lastUsedAt, signal);
    },
    async rebuild(signal) {
      checkOpen();
      return await alone(signal, (writer) => ({ entries: writer.rebuild() }));
    },
    async close() {
      isClosed = true;
      await turns.rest();
      if (database?.isOpen === true) database.close();
    },
    crash(fate) {
      listeners.clear();
      turns.crash(fate);
    },
  };
}

/** One connection's turns at the writer. */
interface Turns {
  readonly write: (request: PreparedRequest, signal: AbortSignal) => Promise<readonly Placed[]>;
  /** Does something by itself, between the commits of others. */
  readonly alone: <T>(signal: AbortSignal, work: (writer: Writer) => T) => Promise<T>;
  /** Until nothing is under way. */
  rest(): Promise<void>;
  crash(fate: () => CommitFate): void;
}

function createTurns(disk: SimulatedDisk): Turns {
  const owner = {};
  const underWay = new Set<Promise<unknown>>();
  let isDead = false;

  /** Has something done in the writer's turn. A signal takes it back while it waits; later it only lets the caller go. */
  async function take<T>(signal: AbortSignal, jobOf: (settle: PromiseWithResolvers<T>) => Job): Promise<T> {
    signal.throwIfAborted();
    if (disk.waiting() >= waitingMost) throw busy();
    const settle = Promise.withResolvers<T>();
    const job = jobOf(settle);
    const abort = (): void => {
      if (isDead) return;
      disk.withdraw(job);
      settle.reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    const done = settle.promise.finally(() => signal.removeEventListener('abort', abort));
    const ended: Promise<unknown> = done.then(
      () => underWay.delete(ended),
      () => underWay.delete(ended),
    );
    underWay.add(ended);
    disk.submit(owner, job);
    return await done;
  }
  return {
    write: (request, signal) =>
      take<readonly Placed[]>(signal, (settle) => ({
        request,
        perform: () => undefined,
        answer: (written) => answerWith(written, settle),
      })),
    alone: <T>(signal: AbortSignal, work: (writer: Writer) => T) =>
      take<T>(signal, (settle) => ({
        request: null,
        answer: () => undefined,
        perform: (writer) => {
          try {
            settle.resolve(work(writer));
          } catch (error) {
            settle.reject(toFault(error, 'Writing to the ledger'));
          }
        },
      })),
    async rest() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    crash(fate) {
      isDead = true;
      disk.crash(owner, fate);
    },
  };
}

/** Who wants to hear of new entries. */
interface Listeners {
  /** The answer takes the listener away. */
  add(listener: (sequence: number) => void): () => void;
  tell(placed: readonly Placed[]): void;
  clear(): void;
}

function createListeners(): Listeners {
  const all = new Set<{ readonly listener: (sequence: number) => void }>();
  return {
    add(listener) {
      const held = { listener };
      all.add(held);
      return () => void all.delete(held);
    },
    tell(placed) {
      const last = placed.at(-1);
      if (last === undefined) return;
      for (const held of all) {
        queueMicrotask(() => {
          if (all.has(held)) held.listener(last.sequence);
        });
      }
    },
    clear: () => all.clear(),
  };
}

type Read = <T>(signal: AbortSignal, work: (from: Reader) => T | Promise<T>) => Promise<T>;

/** All that only reads. */
function readsOf(read: Read) {
  return {
    head: (signal) => read(signal, (from) => from.head()),
    entries: (after, limit, signal) => read(signal, (from) => from.entries(after, limit)),
    entriesBefore: (before, limit, filter, signal) =>
      read(signal, (from) => from.entriesBefore(before, limit, filter, pause)),
    stream: (stream, signal) => read(signal, (from) => from.stream(stream)),
    version: (stream, signal) => read(signal, (from) => from.version(stream)),
    blob: (digest, signal) => read(signal, (from) => from.blob(digest)),
    erasable: (digest, signal) => read(signal, (from) => from.erasable(digest)),
    unerased: (kind, before, limit, signal) => read(signal, (from) => from.unerased(kind, before, limit)),
    treeHashes: (level, from, count, signal) => read(signal, (reader) => reader.treeHashes(level, from, count)),
    release: (service, version, signal) => read(signal, (from) => from.release(service, version)),
    releases: (filter, page, signal) => read(signal, (from) => from.releases(filter, page, pause)),
    evidence: (service, version, signal) => read(signal, (from) => from.evidence(service, version)),
    imagesOfChains: (chains, signal) => read(signal, (from) => from.imagesOfChains(chains)),
    reportsOf: (vulnerability, signal) => read(signal, (from) => from.reportsOf(vulnerability)),
    waivers: (endingAfter, signal) => read(signal, (from) => from.waivers(endingAfter)),
    deployment: (id, signal) => read(signal, (from) => from.deployment(id)),
    deployments: (filter, page, signal) => read(signal, (from) => from.deployments(filter, page, pause)),
    unfinished: (filter, signal) => read(signal, (from) => from.unfinished(filter)),
    inventory: (environment, signal) => read(signal, (from) => from.inventory(environment)),
    revision: (environment, revision, signal) => read(signal, (from) => from.revision(environment, revision)),
    revisionOf: (deployment, signal) => read(signal, (from) => from.revisionOf(deployment)),
    revisions: (environment, page, signal) => read(signal, (from) => from.revisions(environment, page)),
    secretVersions: (environment, signal) => read(signal, (from) => from.secretVersions(environment)),
    platform: (signal) => read(signal, (from) => from.platform()),
    tokens: (filter, page, signal) => read(signal, (from) => from.tokens(filter, page)),
    token: (id, signal) => read(signal, (from) => from.token(id)),
    tokenByHash: (secretHash, signal) => read(signal, (from) => from.tokenByHash(secretHash)),
  } satisfies Partial<Store>;
}

/** Pages of the simulation are short: nobody has to be given a turn. */
async function pause(): Promise<void> {
  await Promise.resolve();
}

function answerWith(written: Written, settle: PromiseWithResolvers<readonly Placed[]>): void {
  if (written.kind === 'appended') settle.resolve(written.placed);
  else settle.reject(fromRefusal(written.refusal));
}

function closed(): Fault {
  return new Fault('store.failed', 'The ledger is closed; the server is stopping.', { next: 'Start it again.' });
}

function busy(): Fault {
  return new Fault('store.busy', 'The ledger has more to write than it takes at once.', {
    facts: { retryAfterSeconds: 1, waitingMost },
    retryAfterMs: 1_000,
  });
}

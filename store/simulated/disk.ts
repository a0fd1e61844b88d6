import { DatabaseSync } from 'node:sqlite';
import type { Refusal, Written } from '../sqlite/message.ts';
import type { PreparedRequest } from '../prepare.ts';
import { Writer } from '../sqlite/writer.ts';

/** Runs something after so many milliseconds of whatever time the simulation has. */
export type Schedule = (afterMs: number, run: () => void) => void;

/** What becomes of a commit that a crash interrupts: nothing of it, all of it, or it fails after its first entry. */
export type CommitFate = 'lost' | 'kept' | 'torn';

/** Who uses a disk, and in which time. */
export interface DiskUse {
  readonly schedule: Schedule;
  /** Length of the next flush; what is asked meanwhile waits for the one after it. */
  readonly flushMs: () => number;
  /** Called when more may have become durable, before anybody is answered. */
  readonly onDurable?: () => void;
}

/** One thing to do in the writer's turn, for one connection. */
export interface Job {
  /** Requests are committed together with those that wait beside them; all else is done alone. */
  readonly request: PreparedRequest | null;
  /** For a job without a request: does it, and answers. */
  readonly perform: (writer: Writer) => void;
  /** For a job with a request: what became of it. */
  readonly answer: (written: Written) => void;
}

/**
 * A disk with one ledger on it, in memory: SQLite itself does the writing. What is asked of it becomes durable only when
 * a simulated flush has ended.
 */
export interface SimulatedDisk {
  /** Where a connection of one's own can be opened. */
  readonly location: string;
  /** Must be called before all else, and again after `erase`. */
  use(use: DiskUse): void;
  /** Entries wait for the flush under way, then go into the next one together. */
  submit(owner: object, job: Job): void;
  /** Takes back what waits; false when it is being written already. */
  withdraw(job: Job): boolean;
  /** Ends all that an owner has waiting, unanswered: what was being flushed meets its fate. */
  crash(owner: object, fate: () => CommitFate): void;
  /** How many requests wait or are being written. */
  waiting(): number;
  /** Fails the next commit as a full disk does; nothing of it is kept. */
  failNext(): void;
  /** Empties the ledger, and forgets whatever waits: a disk that was used before is new again. */
  erase(): void;
  close(): void;
}

interface Waiting {
  readonly owner: object;
  readonly job: Job;
}

let disks = 0;

/** Makes an empty disk. */
export function createSimulatedDisk(): SimulatedDisk {
  disks += 1;
  const location = `file:simulated-disk-${disks}?mode=memory&cache=shared`;
  const writer = new Writer(location);
  const tamper = new DatabaseSync(location);
  tamper.exec(tearing);
  const setTear = tamper.prepare('UPDATE simulated_tear SET at = ?');
  const head = tamper.prepare('SELECT coalesce(max(sequence), 0) AS sequence FROM entry');
  const clean = tamper.prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'simulated_tear'`);
  const tables = clean.all().map(({ name }) => String(name));
  const wipe = tables
    .map((table) => (table === 'projection_mark' ? `UPDATE ${table} SET sequence = 0;` : `DELETE FROM ${table};`))
    .join('\n');
  let user: DiskUse = { schedule: (_, run) => run(), flushMs: () => 0 };
  let [waiting, flushing]: [readonly Waiting[], readonly Waiting[]] = [[], []];
  let failsNext = false;

  const last = (): number => Number(head.get()?.['sequence']);
  const torn = <T>(at: number, work: () => T): T => {
    setTear.run(at);
    try {
      return work();
    } finally {
      setTear.run(null);
    }
  };
  function begin(): void {
    const [first] = waiting;
    if (first === undefined || flushing.length > 0) return;
    const together = waiting.findIndex(({ job }) => job.request === null);
    const count = first.job.request === null ? 1 : together === -1 ? waiting.length : together;
    [flushing, waiting] = [waiting.slice(0, count), waiting.slice(count)];
    const mine = flushing;
    user.schedule(user.flushMs(), () => {
      if (mine === flushing) end();
    });
  }
  function commit(requests: readonly PreparedRequest[]): readonly Written[] {
    if (requests.length === 0) return [];
    if (!failsNext) return writer.write(requests);
    failsNext = false;
    return requests.map(() => ({ kind: 'refused', refusal: diskFull }));
  }
  function end(): void {
    const done = flushing;
    flushing = [];
    const requests = done.flatMap(({ job }) => (job.request === null ? [] : [job]));
    const written = commit(requests.flatMap(({ request }) => request ?? []));
    for (const { job } of done) if (job.request === null) job.perform(writer);
    user.onDurable?.();
    for (const [index, job] of requests.entries()) {
      const result = written[index];
      if (result !== undefined) job.answer(result);
    }
    begin();
  }
  return {
    location,
    use(newUser) {
      user = newUser;
    },
    submit(owner, job) {
      waiting = [...waiting, { owner, job }];
      queueMicrotask(begin);
    },
    withdraw(job) {
      const isWaiting = waiting.some((it) => it.job === job);
      waiting = waiting.filter((it) => it.job !== job);
      return isWaiting;
    },
    crash(owner, fate) {
      waiting = waiting.filter((it) => it.owner !== owner);
      const cut = flushing.filter((it) => it.owner === owner);
      if (cut.length > 0) flushing = flushing.filter((it) => it.owner !== owner);
      for (const { job } of cut) {
        const becomes = fate();
        if (becomes === 'lost') continue;
        const redo = () => (job.request === null ? job.perform(writer) : void writer.write([job.request]));
        if (becomes === 'kept') redo();
        else torn(last() + 2, redo);
        user.onDurable?.();
      }
      if (cut.length === 0) return;
      // Whatever else was in that flush is flushed again.
      [waiting, flushing] = [[...flushing, ...waiting], []];
      begin();
    },
    waiting: () => waiting.length + flushing.length,
    failNext() {
      failsNext = true;
    },
    erase() {
      failsNext = false;
      [waiting, flushing] = [[], []];
      tamper.exec(`BEGIN; ${wipe} UPDATE simulated_tear SET at = NULL; COMMIT;`);
    },
    close() {
      writer.close();
      tamper.close();
    },
  };
}

const diskFull: Refusal = {
  code: 'store.failed',
  message: 'Writing to the ledger failed: the simulated disk is full.',
  facts: {},
  next: null,
};

/** Lets an insert fail in the middle of a transaction, at the entry named in a table of its own. */
const tearing = `
  CREATE TABLE simulated_tear (at INTEGER);
  INSERT INTO simulated_tear VALUES (NULL);
  CREATE TRIGGER simulated_tear BEFORE INSERT ON entry WHEN NEW.sequence = (SELECT at FROM simulated_tear)
  BEGIN SELECT RAISE(ABORT, 'the simulated disk failed'); END;
`;

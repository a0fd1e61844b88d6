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
  /** Grows with whatever may have been written. */
  changes(): number;
  /** How many requests wait or are being written. */
  waiting(): number;
  /** Fails the next commit as a full disk does; nothing of it is kept. */
  failNext(): void;
  /** Puts the ledger back to its first entries: a backup of then was restored. Nothing may be waiting. */
  cutBack(sequence: number): void;
  /** Empties the ledger, and forgets whatever waits: a disk that was used before is new again. */
  erase(): void;
  close(): void;
}

interface Waiting {
  readonly owner: object;
  readonly job: Job;
}

let disks = 0;

/** The database that lies on a disk, with a hand on it from outside. */
interface Platter {
  /** Does a job that is no request. */
  perform(job: Job): void;
  commit(requests: readonly PreparedRequest[]): readonly Written[];
  /** Fails the next commit as a full disk does. */
  failNext(): void;
  /** Leaves of a job what its fate is; nobody is answered. */
  suffer(job: Job, fate: CommitFate): void;
  cutBack(sequence: number): void;
  wipe(): void;
  changes(): number;
  close(): void;
}

function createPlatter(location: string): Platter {
  const writer = new Writer(location);
  const tamper = new DatabaseSync(location);
  tamper.exec(tearing);
  const setTear = tamper.prepare('UPDATE simulated_tear SET at = ?');
  const head = tamper.prepare('SELECT coalesce(max(sequence), 0) AS sequence FROM entry');
  const named = tamper.prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'simulated_tear'`);
  const wiping = named
    .all()
    .map(({ name }) => String(name))
    .map((table) => (table === 'projection_mark' ? `UPDATE ${table} SET sequence = 0;` : `DELETE FROM ${table};`))
    .join('\n');
  let failsNext = false;
  let changes = 0;

  /** Does one piece of work so that it fails after its first entry. */
  function tear(work: () => void): void {
    setTear.run(Number(head.get()?.['sequence']) + 2);
    try {
      work();
    } finally {
      setTear.run(null);
    }
  }
  return {
    perform(job) {
      changes += 1;
      job.perform(writer);
    },
    commit(requests) {
      changes += 1;
      const isFull = failsNext && requests.length > 0;
      if (!isFull) return requests.length === 0 ? [] : writer.write(requests);
      failsNext = false;
      return requests.map(() => ({ kind: 'refused', refusal: diskFull }));
    },
    failNext() {
      failsNext = true;
    },
    suffer(job, fate) {
      if (fate === 'lost') return;
      changes += 1;
      const redo = () => (job.request === null ? job.perform(writer) : void writer.write([job.request]));
      if (fate === 'kept') redo();
      else tear(redo);
    },
    wipe() {
      changes += 1;
      failsNext = false;
      tamper.exec(`BEGIN; ${wiping} UPDATE simulated_tear SET at = NULL; COMMIT;`);
    },
    cutBack(sequence) {
      changes += 1;
      tamper.prepare('DELETE FROM entry WHERE sequence > ?').run(sequence);
      tamper.exec('DELETE FROM lease_renewal');
      writer.rebuild();
    },
    changes: () => changes,
    close() {
      writer.close();
      tamper.close();
    },
  };
}

/** Makes an empty disk. */
export function createSimulatedDisk(): SimulatedDisk {
  disks += 1;
  const location = `file:simulated-disk-${disks}?mode=memory&cache=shared`;
  const platter = createPlatter(location);
  let user: DiskUse = { schedule: (_, run) => run(), flushMs: () => 0 };
  let [waiting, flushing]: [readonly Waiting[], readonly Waiting[]] = [[], []];

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
  function end(): void {
    const done = flushing;
    flushing = [];
    const requests = done.flatMap(({ job }) => (job.request === null ? [] : [job]));
    const written = platter.commit(requests.flatMap(({ request }) => request ?? []));
    for (const { job } of done) if (job.request === null) platter.perform(job);
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
      if (cut.length === 0) return;
      flushing = flushing.filter((it) => it.owner !== owner);
      for (const { job } of cut) {
        const becomes = fate();
        platter.suffer(job, becomes);
        if (becomes !== 'lost') user.onDurable?.();
      }
      // Whatever else was in that flush is flushed again.
      [waiting, flushing] = [[...flushing, ...waiting], []];
      begin();
    },
    changes: () => platter.changes(),
    waiting: () => waiting.length + flushing.length,
    failNext: () => platter.failNext(),
    cutBack: (sequence) => platter.cutBack(sequence),
    erase() {
      [waiting, flushing] = [[], []];
      platter.wipe();
    },
    close: () => platter.close(),
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

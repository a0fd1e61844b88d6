import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { createStreamSearch, findNeedle, needlesOf, newMark, type Needle } from './needle.ts';
import { appendNote, nothingSearched, notesOf, type LeakNote, type Searched } from './record.ts';
import { searchFolder } from './search-folder.ts';

/** Names of the variables by which the runner tells a test's process of the mark and of where the record is kept. */
export const leakVariables = { mark: 'DRAYAGE_LEAK_MARK', record: 'DRAYAGE_LEAK_RECORD' } as const;

/** How much of one answer is kept until it can be unpacked, in bytes. */
export const answerMost = 16 * 1024 ** 2;

/** What one process knows of canaries, and what it has looked at. */
export interface Watcher {
  readonly mark: string;
  noteCanary(): void;
  /** Everything that is stored, logged or handed to a program is looked at for this as well; answers only if it is told. */
  noteValue(value: string, of: { readonly inAnswers: boolean }): void;
  /** A file whose content is a secret, because that is its place. */
  allowPlace(path: string): void;
  /** A server that stands for one that hands out secrets: `http://127.0.0.1:1234`. */
  allowAnswers(origin: string): void;
  isAllowed(origin: string): boolean;
  lookAtText(what: string, text: string | Uint8Array): void;
  lookAtAnswer(what: string, body: Uint8Array): void;
  lookAtPath(path: string): void;
  /** Looks at what a program was called with; what it writes is then to be looked at piece by piece. */
  lookAtProgram(
    what: string,
    args: readonly string[],
  ): {
    readonly out: (piece: Uint8Array) => void;
    readonly err: (piece: Uint8Array) => void;
  };
  /** What no answer may hold. */
  toldNeedles(): readonly Needle[];
  skipped(what: string, why: string): void;
  searched(): Searched;
}

/** `record`: the file that findings are added to; null: what is found is thrown. */
export function createWatcher(mark = newMark(), record: string | null = null): Watcher {
  const told = [...needlesOf(mark)];
  const stored = [...told];
  const [places, origins] = [new Set<string>(), new Set<string>()];
  const count = { ...nothingSearched };
  const note = (one: LeakNote) => {
    if (record !== null) appendNote(record, one);
    else if (one.kind === 'leak') throw new Error(`${one.what} holds a canary: ${one.form}`);
  };
  const judge = (what: string, found: Needle | null) => {
    if (found !== null) note({ kind: 'leak', what, form: found.form });
  };
  const timed = <T>(work: () => T): T => {
    const startMs = performance.now();
    try {
      return work();
    } finally {
      count.ms += performance.now() - startMs;
    }
  };
  const streamOf = (what: string, needles: readonly Needle[]) => {
    const search = createStreamSearch(needles);
    return (piece: Uint8Array) => timed(() => judge(what, search(piece)));
  };
  return {
    mark,
    noteCanary: () => void (count.canaries += 1),
    noteValue: (value, { inAnswers }) => {
      count.canaries += 1;
      stored.push(...needlesOf(value));
      if (inAnswers) told.push(...needlesOf(value));
    },
    allowPlace: (path) => void places.add(resolve(path)),
    allowAnswers: (origin) => void origins.add(origin),
    isAllowed: (origin) => origins.has(origin),
    lookAtText: (what, text) => {
      count.texts += 1;
      timed(() => judge(what, findNeedle(Buffer.from(text), told)));
    },
    lookAtAnswer: (what, body) => {
      count.answers += 1;
      timed(() => judge(what, findNeedle(Buffer.from(body), told)));
    },
    lookAtPath: (path) =>
      timed(() => {
        const isPlace = (file: string) => places.has(file) || places.has(realOf(file));
        const allowed = (file: string) => {
          if (!isPlace(file)) return false;
          count.places += 1;
          return true;
        };
        const found = searchFolder(path, stored, allowed);
        count.files += found.files;
        count.bytes += found.bytes;
        notesOf(found).forEach(note);
      }),
    lookAtProgram: (what, args) => {
      count.programs += 1;
      for (const arg of args) judge(`an argument of ${what}`, findNeedle(Buffer.from(arg), stored));
      // Who asks for a token is told it on stdout.
      return { out: streamOf(`what ${what} wrote`, told), err: streamOf(`what ${what} logged`, stored) };
    },
    toldNeedles: () => told,
    skipped: (what, why) => note({ kind: 'skipped', what, why }),
    searched: () => count,
  };
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** This process's own. */
export const watcher = createWatcher(process.env[leakVariables.mark], process.env[leakVariables.record] ?? null);

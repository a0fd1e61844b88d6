import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findNeedle, needlesOf, newMark } from './needle.ts';
import { watchProcesses, type ProcessWatch } from './processes.ts';
import { addSearched, nothingSearched, notesOf, readNotes, type LeakNote, type Searched } from './record.ts';
import { searchFolder } from './search-folder.ts';
import { leakVariables } from './watcher.ts';

/** What one test file's search for canaries came to. */
export interface LeakVerdict {
  readonly problems: readonly string[];
  /** What was not looked at, and why. */
  readonly skipped: readonly string[];
  readonly searched: Searched;
}

/** The search around one test file: a mark, a temporary folder and a record of its own. */
export interface FileSearch {
  /** For Node, before the test file. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Looks at what the file left behind and printed, removes the folder, and tells everything that was found. */
  end(output: string): LeakVerdict;
}

const preload = join(import.meta.dirname, 'watch.ts');
const toldMost = 20;

/** `scratch`: an existing folder, short: sockets lie below it. `name`: no other file's. */
export function startFileSearch(scratch: string, name: string): FileSearch {
  const mark = newMark();
  const needles = needlesOf(mark);
  const folder = join(scratch, name);
  const record = join(scratch, `${name}.leaks`);
  mkdirSync(folder);
  const processes = watchProcesses(needles);
  return {
    args: ['--import', preload],
    env: { TMPDIR: folder, [leakVariables.mark]: mark, [leakVariables.record]: record },
    end(output) {
      processes.stop();
      const notes = [...recordOf(record), ...lookAtRest(folder, needles), ...notesAboutProcesses(processes)];
      const printed = findNeedle(Buffer.from(output), needles);
      if (printed !== null) notes.push({ kind: 'leak', what: 'what the test printed', form: printed.form });
      return verdictOf(notes, folder);
    },
  };
}

function notesAboutProcesses(watch: ProcessWatch): LeakNote[] {
  const none: LeakNote = { kind: 'skipped', what: 'arguments of processes', why: 'there is no /proc' };
  const seen = watch.leaks().map((what): LeakNote => ({ kind: 'leak', what, form: 'seen in /proc' }));
  return existsSync('/proc/self/cmdline') || watch.looks() > 0 ? seen : [none];
}

/** A process that was killed, or never came to its tests, has written little or nothing. */
function recordOf(record: string): readonly LeakNote[] {
  try {
    return readNotes(record);
  } catch {
    return [{ kind: 'skipped', what: 'the process of the tests', why: 'it kept no record' }];
  }
}

function lookAtRest(folder: string, needles: Parameters<typeof searchFolder>[1]): readonly LeakNote[] {
  const startMs = performance.now();
  const found = searchFolder(folder, needles, () => false);
  const ms = performance.now() - startMs;
  const searched: Searched = { ...nothingSearched, files: found.files, bytes: found.bytes, ms };
  // A file system that is still mounted there is somebody's.
  if (!found.hasMounts) rmSync(folder, { recursive: true, force: true });
  return [...notesOf(found), { kind: 'searched', searched }];
}

function verdictOf(notes: readonly LeakNote[], folder: string): LeakVerdict {
  const short = (what: string) => what.replaceAll(folder, '$TMPDIR');
  const leaks = notes.flatMap((note) => (note.kind === 'leak' ? [`${short(note.what)} (${note.form})`] : []));
  const told = [...new Set(leaks)].map((leak) => `a canary has leaked: ${leak}`);
  const more = told.length - toldMost;
  return {
    problems: [...told.slice(0, toldMost), ...(more > 0 ? [`and ${more} more leaks`] : [])],
    skipped: notes.flatMap((note) => (note.kind === 'skipped' ? [`${short(note.what)}: ${note.why}`] : [])),
    searched: notes.reduce(
      (sum, note) => (note.kind === 'searched' ? addSearched(sum, note.searched) : sum),
      nothingSearched,
    ),
  };
}

import { appendFileSync, readFileSync } from 'node:fs';
import type { FolderSearch } from './search-folder.ts';

/** What was looked at for canaries. */
export interface Searched {
  readonly canaries: number;
  readonly files: number;
  readonly bytes: number;
  /** Answers of servers. */
  readonly answers: number;
  /** Programs that were started: what they were called with, and what they wrote. */
  readonly programs: number;
  /** Command lines, pages, and what else was handed over to be looked at. */
  readonly texts: number;
  /** Files in which a canary lies because that is its place. */
  readonly places: number;
  readonly ms: number;
}

/** One line of the record that a test's process keeps of what it looked at. */
export type LeakNote =
  | { readonly kind: 'leak'; readonly what: string; readonly form: string }
  | { readonly kind: 'skipped'; readonly what: string; readonly why: string }
  | { readonly kind: 'searched'; readonly searched: Searched };

export const nothingSearched: Searched = {
  canaries: 0,
  files: 0,
  bytes: 0,
  answers: 0,
  programs: 0,
  texts: 0,
  places: 0,
  ms: 0,
};

export function addSearched(a: Searched, b: Searched): Searched {
  const names = Object.keys(nothingSearched) as readonly (keyof Searched)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as Searched;
}

/** Adds a line at once: the process may be killed. */
export function appendNote(file: string, note: LeakNote): void {
  appendFileSync(file, `${JSON.stringify(note)}\n`);
}

/** Throws when there is no record: then nothing was looked at. */
export function readNotes(file: string): readonly LeakNote[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LeakNote);
}

/** What a search of a folder comes to. */
export function notesOf({ leaks, skipped }: Pick<FolderSearch, 'leaks' | 'skipped'>): readonly LeakNote[] {
  return [
    ...leaks.map(({ path, form }): LeakNote => ({ kind: 'leak', what: path, form })),
    ...skipped.map(({ path, why }): LeakNote => ({ kind: 'skipped', what: path, why })),
  ];
}

/** For people, one line. */
export function searchedText({ canaries, files, bytes, answers, programs, texts, places, ms }: Searched): string {
  const mib = Math.round(bytes / 1024 ** 2);
  const looked = `${files} files (${mib} MiB), ${answers} answers, ${programs} programs and ${texts} texts`;
  return `${looked} were searched for ${canaries} canaries in ${(ms / 1000).toFixed(1)} s; ${places} files are their places`;
}

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { rowNames } from './row.ts';

const figures = z.array(z.number()).min(1).readonly();
const pair = z.strictObject({
  first: z.enum(['ours', 'theirs']),
  ours: z.number(),
  theirs: z.number(),
  each: z.strictObject({ ours: figures, theirs: figures }).optional(),
});

const end = z.discriminatedUnion('kind', [
  /** Whole runs alone get a verdict. */
  z.strictObject({ kind: z.literal('measured'), pairs: z.array(pair).min(1) }),
  /** Drayage or the baseline did something else than what was to be measured. */
  z.strictObject({ kind: z.literal('wrong'), reason: z.string() }),
  z.strictObject({ kind: z.literal('not-run'), reason: z.string() }),
]);

/** The last result of a row. */
const result = z.strictObject({
  row: z.enum(rowNames),
  end,
  facts: z.array(z.string()),
  date: z.string(),
  durationMs: z.number(),
  sources: z.string(),
  machine: z.string(),
  /** What the machine had to do beside: the load average of the last minute when the row began. */
  loadBefore: z.number(),
  command: z.string(),
});
export type RowResult = z.infer<typeof result>;
export type RowEnd = RowResult['end'];

/** The results that a file holds, one in each line; none when it is missing. Throws for one that is no such file. */
export function readResults(file: string): readonly RowResult[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => result.parse(JSON.parse(line)));
}

/** Keeps results in place of the last ones of the same rows; others stay. Returns all, in the order of the report. */
export function keepResults(file: string, newest: readonly RowResult[]): readonly RowResult[] {
  const replaced = new Set(newest.map(({ row }) => row));
  const others = readResults(file).filter(({ row }) => !replaced.has(row));
  const all = [...others, ...newest].toSorted((a, b) => rowNames.indexOf(a.row) - rowNames.indexOf(b.row));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, all.map((of) => `${JSON.stringify(of)}\n`).join(''));
  renameSync(`${file}.new`, file);
  return all;
}

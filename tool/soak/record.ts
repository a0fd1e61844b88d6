import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { partNames, type PartName } from './part.ts';

/** The last result of a part. */
const result = z.strictObject({
  part: z.enum(partNames),
  passed: z.boolean(),
  facts: z.array(z.string()),
  problems: z.array(z.string()),
  date: z.string(),
  durationMs: z.number(),
  sources: z.string(),
  machine: z.string(),
  command: z.string(),
});
export type Result = z.infer<typeof result>;

/** Where the committed page is, below the checkout. */
export const page = 'docs/soak/LAST.md';

/** Keeps a result in place of that part's last one, and writes the page anew. */
export function keepResult(root: string, state: string, newest: Result): void {
  const file = join(state, 'results.json');
  const others = readResults(file).filter(({ part }) => part !== newest.part);
  const all = [...others, newest].toSorted((a, b) => place(a.part) - place(b.part));
  writeFileSync(file, JSON.stringify(all, null, 2));
  mkdirSync(dirname(join(root, page)), { recursive: true });
  writeFileSync(join(root, page), renderPage(all));
}

function place(part: PartName): number {
  return partNames.indexOf(part);
}

function readResults(file: string): readonly Result[] {
  try {
    return z.array(result).parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}

/** The page, in Markdown: the last result of each part. */
export function renderPage(results: readonly Result[]): string {
  return [
    '# The last soak',
    '',
    'Written by `bin/soak`, which runs what does not fit into continuous integration.',
    ...results.flatMap(renderResult),
    '',
  ].join('\n');
}

function renderResult(of: Result): readonly string[] {
  return [
    '',
    `## ${of.part}: ${of.passed ? 'passed' : 'FAILED'}`,
    '',
    `- ${of.date}, ${describeDuration(of.durationMs)}: \`${of.command}\``,
    `- commit ${of.sources}`,
    `- ${of.machine}`,
    ...of.facts.map((fact) => `- ${fact}`),
    ...of.problems.map((problem) => `- **wrong**: ${problem}`),
  ];
}

function describeDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

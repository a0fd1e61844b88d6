import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { partNames, type PartName } from './part.ts';

/** The last result of a part. */
export interface Result {
  readonly part: PartName;
  readonly passed: boolean;
  readonly facts: readonly string[];
  readonly problems: readonly string[];
  readonly date: string;
  readonly durationMs: number;
  /** What ran, where, and by which command. */
  readonly sources: string;
  readonly machine: string;
  readonly command: string;
}

/** Where the committed page is, below the checkout. */
export const page = 'docs/soak/LAST.md';

/** Keeps a result in place of that part's last one. What the page tells of other parts stays word by word. */
export function keepResult(root: string, newest: Result): void {
  const path = join(root, page);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, renewPage(textOf(path), newest));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** The page, in Markdown, with one result renewed: the last of each part, in their order. Parts of other names go. */
export function renewPage(before: string, newest: Result): string {
  const sections = new Map(sectionsOf(before));
  sections.set(newest.part, renderResult(newest));
  return [
    '# The last soak',
    '',
    'Written by `bin/soak`, which runs what does not fit into continuous integration.',
    '',
    partNames.flatMap((part) => sections.get(part) ?? []).join('\n\n'),
    '',
  ].join('\n');
}

function sectionsOf(text: string): readonly (readonly [PartName, string])[] {
  return text.split(/^(?=## )/m).flatMap((section) => {
    const part = partNames.find((name) => section.startsWith(`## ${name}:`));
    return part === undefined ? [] : [[part, section.trimEnd()] as const];
  });
}

function renderResult(of: Result): string {
  return [
    `## ${of.part}: ${of.passed ? 'passed' : 'FAILED'}`,
    '',
    `- ${of.date}, ${describeDuration(of.durationMs)}: \`${of.command}\``,
    `- commit ${of.sources}`,
    `- ${of.machine}`,
    ...of.facts.map((fact) => `- ${fact}`),
    ...of.problems.map((problem) => `- **wrong**: ${problem.replaceAll('\n', ' ')}`),
  ].join('\n');
}

function describeDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

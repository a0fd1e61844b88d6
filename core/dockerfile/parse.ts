import type { SourceFile } from '../document/node.ts';
import { createProblems, type Problems } from '../document/problems.ts';
import { checkSize } from '../document/scan.ts';
import { Fault } from '../fault.ts';
import type { Dockerfile, Entry, Gap, Heredoc, Instruction, Stage } from './instruction.ts';
import {
  isBlank,
  isComment,
  readLogicalLine,
  splitLines,
  type LogicalLine,
  type PhysicalLine,
} from './logical-line.ts';
import { readContent, readHeredocWord, type ReadContent } from './read-content.ts';
import { splitWords } from './words.ts';

/** More instructions than this are refused: an image has at most 127 layers. */
export const instructionsMost = 2_000;

/** More here-documents than this in one instruction are refused. */
const heredocsMost = 20;

/** What the reading of one file is at. */
interface Reading {
  readonly file: SourceFile;
  readonly lines: readonly PhysicalLine[];
  readonly escape: string;
  readonly problems: Problems;
}

/**
 * Reads a Dockerfile, by Docker's Dockerfile reference. Throws `document.invalid` with every problem, or
 * `document.too-large` above 1 MiB or 2,000 instructions. What it answers renders back to exactly the text.
 */
export function parseDockerfile(file: SourceFile): Dockerfile {
  checkSize(file);
  const problems = createProblems(file);
  const lines = splitLines(file.text);
  const broken = lines.findIndex(({ text }) => text.includes('\0'));
  if (broken !== -1) {
    problems.add({ line: broken + 1, column: 1 }, 'this is no text: it holds a zero byte', 'Name a Dockerfile.');
    problems.throwIfAny();
  }
  const escape = readDirectives(lines, problems);
  const { entries, tail } = readEntries({ file, lines, escape, problems });
  const instructions = entries.map((entry) => entry.instruction);
  problems.throwIfAny();
  if (instructions.length === 0) {
    const hint = 'A Dockerfile begins with FROM, such as FROM node:24-slim.';
    problems.add({ line: 1, column: 1 }, 'there is no instruction', hint);
  }
  const { globals, stages } = divide(instructions, problems);
  problems.throwIfAny();
  return { file, escape, entries, tail, globals, stages };
}

const knownDirectives: readonly string[] = ['syntax', 'escape', 'check'];

/** Reads the parser directives, which stand above everything else; answers the escape character. */
function readDirectives(lines: readonly PhysicalLine[], problems: Problems): string {
  const seen = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    const text = (index === 0 ? line.text.replace(/^\ufeff/, '') : line.text).trim();
    const [, written, value] = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=(.*)$/.exec(text) ?? [];
    const name = written?.toLowerCase();
    if (name === undefined || value === undefined || value.trim() === '' || !knownDirectives.includes(name)) break;
    const at = { line: index + 1, column: 1 };
    if (seen.has(name)) problems.add(at, `the parser directive ${name} stands twice`, 'Leave one of them.');
    else seen.set(name, value.trim());
    if (name === 'escape' && value.trim() !== '\\' && value.trim() !== '`') {
      problems.add(at, 'the escape character is neither \\ nor `', 'Write # escape=` or leave it out.');
    }
  }
  return seen.get('escape') === '`' ? '`' : '\\';
}

function readEntries(reading: Reading): { readonly entries: readonly Entry[]; readonly tail: string } {
  const { lines, file } = reading;
  const entries: Entry[] = [];
  let gapFrom = 0;
  let at = 0;
  const gap = (): Gap => ({ line: gapFrom + 1, source: sourceOf(lines, gapFrom, at) });
  while (at < lines.length) {
    const line = lines[at];
    if (line === undefined) break;
    if (isComment(line) || isBlank(line) || (at === 0 && line.text === '\ufeff')) {
      at += 1;
      continue;
    }
    const above = gap();
    const { instruction, next } = readInstruction(reading, at);
    if (instruction !== null) entries.push({ above, instruction });
    if (entries.length > instructionsMost) throw tooMany(file);
    at = next;
    gapFrom = next;
  }
  return { entries, tail: gap().source };
}

function tooMany(file: SourceFile): Fault {
  return new Fault('document.too-large', `${file.name} has more than ${instructionsMost} instructions.`, {
    facts: { file: file.name, limit: 'instructions', most: instructionsMost },
    next: 'Divide it into several Dockerfiles.',
  });
}

function sourceOf(lines: readonly PhysicalLine[], from: number, to: number): string {
  return lines
    .slice(from, to)
    .map((line) => line.source)
    .join('');
}

interface ReadInstruction {
  readonly instruction: Instruction | null;
  readonly next: number;
}

function readInstruction(reading: Reading, index: number): ReadInstruction {
  const { lines, escape, problems } = reading;
  const logical = readLogicalLine(lines, index, escape);
  const text = logical.text.replace(/^\ufeff/, '');
  const shift = logical.text.length - text.length;
  const placeOf = (at: number) => logical.placeOf(at + shift);
  const problem = (at: { line: number; column: number }, message: string, hint: string | null = null): void =>
    problems.add(at, message, hint);
  const read = readContent({ text, escape, placeOf, problem });
  if (read === null) return { instruction: null, next: logical.next };
  const { heredocs, next } = readHeredocs(reading, { ...logical, text, placeOf }, read);
  const endLine = logical.next;
  const source = sourceOf(lines, index, next);
  const instruction = { ...placeOf(0), ...read, heredocs, source, endLine, text };
  return { instruction, next };
}

interface ReadHeredocs {
  readonly heredocs: readonly Heredoc[];
  readonly next: number;
}

function readHeredocs({ lines, problems, escape }: Reading, logical: LogicalLine, read: ReadContent): ReadHeredocs {
  const heredocs: Heredoc[] = [];
  let next = logical.next;
  const words = canHoldHeredocs(read) && logical.text.includes('<<') ? splitWords(logical.text, escape) : [];
  for (const { raw, start } of words) {
    const word = readHeredocWord(raw);
    if (word === null) continue;
    const at = logical.placeOf(start);
    const name = word.name.slice(0, 40);
    if (heredocs.length === heredocsMost) {
      problems.add(at, `an instruction with more than ${heredocsMost} here-documents`, 'Divide it.');
      break;
    }
    const bare = (line: PhysicalLine): string => (word.chomp ? line.text.replace(/^\t+/, '') : line.text);
    const end = lines.findIndex((line, index) => index >= next && bare(line) === word.name);
    if (end === -1) {
      problems.add(at, `the here-document ${name} does not end`, `A line that says ${name} and nothing else ends it.`);
      return { heredocs, next: lines.length };
    }
    const content = lines.slice(next, end).map((line) => `${bare(line)}\n`);
    heredocs.push({ ...at, ...word, content: content.join(''), contentLine: next + 1 });
    next = end + 1;
  }
  return { heredocs, next };
}

/** RUN, COPY and ADD, also behind ONBUILD, and not as JSON. */
function canHoldHeredocs({ content }: Pick<ReadContent, 'content'>): boolean {
  const of = content.keyword === 'ONBUILD' ? content.trigger : content;
  if (of.keyword === 'RUN') return of.command.form === 'shell';
  return (of.keyword === 'COPY' || of.keyword === 'ADD') && !of.json;
}

function divide(instructions: readonly Instruction[], problems: Problems): Pick<Dockerfile, 'globals' | 'stages'> {
  const globals: Instruction[] = [];
  const stages: { index: number; from: Stage['from']; instructions: Instruction[] }[] = [];
  for (const instruction of instructions) {
    const { content } = instruction;
    const stage = stages.at(-1);
    if (content.keyword === 'FROM') {
      stages.push({ index: stages.length, from: { ...instruction, content }, instructions: [] });
    } else if (stage !== undefined) stage.instructions.push(instruction);
    else if (content.keyword === 'ARG') globals.push(instruction);
    else {
      problems.add(
        instruction,
        `${content.keyword} stands before the first FROM`,
        'Only ARG may; write FROM above it.',
      );
      break;
    }
  }
  if (stages.length === 0 && globals.length > 0 && instructions.length === globals.length) {
    problems.add(
      instructions.at(-1) ?? { line: 1, column: 1 },
      'there is no FROM',
      'FROM names the image to begin with.',
    );
  }
  return { globals, stages };
}

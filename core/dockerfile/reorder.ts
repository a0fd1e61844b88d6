import type { Hoist } from './hoist.ts';
import { below } from './image-path.ts';
import type { Dockerfile, Entry, Instruction } from './instruction.ts';
import type { Step, WalkedStage } from './steps.ts';

/** An instruction with the comment that belongs to it, and the space above both, which stays where it is. */
interface Unit {
  readonly space: string;
  readonly text: string;
}

/**
 * The Dockerfile's text with what is hoisted moved above one instruction, and the split COPY before it. Null when the
 * COPY cannot be written.
 */
export function reorder(
  dockerfile: Dockerfile,
  { stage, steps }: WalkedStage,
  above: Step,
  hoist: Hoist,
): string | null {
  const { entries, tail } = dockerfile;
  const first = entries.findIndex(({ instruction }) => instruction.line === stage.from.line) + 1;
  const units = steps.map((_, at) => unitOf(entries[first + at]));
  const lineEnd = above.instruction.source.endsWith('\r\n') ? '\r\n' : '\n';
  const added = hoist.split === null ? [] : [copyLine(above, hoist.split, lineEnd)];
  if (added.includes(null)) return null;
  const moved = steps.filter(({ at }) => hoist.moved.has(at)).map(({ at }) => units[at]?.text ?? '');
  const rest = steps.filter(({ at }) => at >= above.at && !hoist.moved.has(at)).map(({ at }) => units[at]?.text ?? '');
  const before = units.slice(0, above.at).map((unit) => unit.text);
  const spaces = units.map((unit) => unit.space);
  if (added.length > 0) spaces.splice(above.at + 1, 0, '');
  const texts = [...before, ...added, ...moved, ...rest].map(
    (text, index) => (spaces[index] ?? '') + ended(text ?? '', lineEnd),
  );
  const head = entries.slice(0, first).map(sourceOf).join('');
  const foot = entries
    .slice(first + steps.length)
    .map(sourceOf)
    .join('');
  return head + texts.join('') + foot + tail;
}

function sourceOf({ above, instruction }: Entry): string {
  return above.source + instruction.source;
}

/** The comment lines right above an instruction move with it; what is above a blank line does not. */
function unitOf(entry: Entry | undefined): Unit {
  if (entry === undefined) return { space: '', text: '' };
  const lines = entry.above.source.split(/(?<=\n)/);
  const blank = lines.findLastIndex((line) => line.trim() === '');
  return {
    space: lines.slice(0, blank + 1).join(''),
    text: lines.slice(blank + 1).join('') + entry.instruction.source,
  };
}

function ended(text: string, lineEnd: string): string {
  return text.endsWith('\n') ? text : text + lineEnd;
}

/** The COPY of some of what another one copies, in its manner. */
function copyLine(step: Step, split: NonNullable<Hoist['split']>, lineEnd: string): string | null {
  const { copy, instruction } = step;
  if (copy === null || /--(?:parents|exclude)\b/.test(instruction.text)) return null;
  const folder = below(copy.destination, split.folder);
  if (folder === null) return null;
  const flags = instruction.flags.map(({ name, value }) => (value === null ? `--${name}` : `--${name}=${value}`));
  const words = [...flags, ...split.sources, destinationOf(instruction, folder)];
  if (words.some((word) => word === '' || /[\s"'\\`]/.test(word))) return null;
  const indent = ' '.repeat(instruction.column - 1);
  return `${indent}COPY ${words.join(' ')}${lineEnd}`;
}

function destinationOf({ content }: Instruction, folder: string): string {
  if (content.keyword !== 'COPY' && content.keyword !== 'ADD') return '';
  const written = content.destination.text;
  const base = written === '.' || written === './' ? './' : written.endsWith('/') ? written : `${written}/`;
  return folder === '' ? base : `${base}${folder}/`;
}

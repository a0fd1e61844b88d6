import { entanglementOf, isIgnored, type BuildContext } from './build-context.ts';
import { ignoresArgument, isChangingArgument } from './changing-argument.ts';
import { brings, conflict, manifestReads, readPaths, type ManifestRead } from './conflict.ts';
import { mayWrite } from './copy-knowledge.ts';
import { isSystemFolder, mayOverlap, resolvePath, type ImagePath } from './image-path.ts';
import type { Step } from './steps.ts';

/** How instructions can be moved above another one of their stage. */
export interface Hoist {
  /** What moves, by place in the stage. */
  readonly moved: ReadonlySet<number>;
  /** Paths of the build context that are copied first, and where to; null: nothing is. */
  readonly split: { readonly sources: readonly string[]; readonly folder: ImagePath } | null;
  /** What is taken for granted, as sentences. */
  readonly granted: readonly string[];
  /** Why some of what should move cannot; null when all can. */
  readonly obstacle: string | null;
}

/** A file that must be copied first. */
interface SplitFile {
  /** Its path in the build context. */
  readonly source: string;
  readonly path: ImagePath;
  /** The RUN that reads it, by place in the stage. */
  readonly reader: number;
}

/** What one RUN needs so that it can move. */
interface Move {
  readonly moved: readonly number[];
  readonly split: readonly SplitFile[];
  readonly granted: readonly string[];
}

/** Why not, in words. */
interface Obstacle {
  readonly obstacle: string;
}

/**
 * Moves RUNs above the instruction at `above`, with all that they need of what stands between; what does not move keeps
 * its order, and so does what moves.
 */
export function hoist(
  steps: readonly Step[],
  above: number,
  targets: readonly Step[],
  context: BuildContext | null,
): Hoist {
  // A folder without any file that declares dependencies is hardly the one that is sent to the build.
  const seen = context !== null && context.texts.size > 0 ? context : null;
  const moved = new Set<number>();
  let split: readonly SplitFile[] = [];
  const granted = new Set<string>();
  let obstacle: string | null = null;
  for (const target of targets) {
    const move = moveOf(steps, above, target, seen);
    const found = 'obstacle' in move ? move : joined(steps, moved, split, move);
    if ('obstacle' in found) {
      obstacle ??= found.obstacle;
      continue;
    }
    for (const at of found.moved) moved.add(at);
    for (const sentence of found.granted) granted.add(sentence);
    split = found.split;
  }
  const [first] = split;
  const sources = [...new Set(split.map(({ source }) => source))];
  const folder = first === undefined ? null : resolvePath(first.path, '..');
  return { moved, split: folder === null ? null : { sources, folder }, granted: [...granted], obstacle };
}

/** A move with what is copied first for others; not if one of them would see a file that it did not see before. */
function joined(
  steps: readonly Step[],
  moved: ReadonlySet<number>,
  split: readonly SplitFile[],
  move: Move,
): Move | Obstacle {
  const all = [...split, ...move.split];
  const folders = new Set(all.map(({ path }) => resolvePath(path, '..')));
  const lines = move.moved.map((at) => steps[at]?.instruction.line ?? 0);
  const line = Math.max(...lines);
  if (folders.size > 1) return { obstacle: `line ${line} reads what it installs from another folder` };
  for (const at of [...moved, ...move.moved]) {
    const step = steps[at];
    const reads = step?.run === null || step === undefined ? [] : readPaths(step);
    const own = all.filter(({ reader }) => reader === at);
    const others = all.filter(({ path }) => own.every((one) => one.path !== path));
    if (others.some(({ path }) => reads.some((read) => isSamePath(read, path)))) {
      return { obstacle: `line ${step?.instruction.line} reads another file of the same name` };
    }
  }
  return { ...move, split: all };
}

function isSamePath(a: ImagePath, b: ImagePath): boolean {
  return a === b || (/[*?[]/.test(a + b) && mayOverlap(a, b));
}

function moveOf(steps: readonly Step[], above: number, target: Step, context: BuildContext | null): Move | Obstacle {
  const { line } = target.instruction;
  if (target.run?.understood !== true) return { obstacle: `line ${line} does more than install: divide it first` };
  const moving: Step[] = [target];
  const changers: Step[] = [];
  for (let at = target.at - 1; at >= above; at -= 1) {
    const step = steps[at];
    if (step === undefined) continue;
    if (at === above || step.copy?.isSources === true) changers.push(step);
    else if (moving.some((one) => mustMoveAlong(step, one))) moving.push(step);
  }
  const split: SplitFile[] = [];
  const granted: string[] = [];
  for (const step of moving) {
    const behind = changers.filter(({ at }) => at < step.at);
    const blocker = behind.find((changer) => !canPass(changer, step));
    if (blocker !== undefined) {
      const why = `line ${step.instruction.line} may depend on line ${blocker.instruction.line}`;
      return { obstacle: step === target ? why : `line ${line} needs line ${step.instruction.line}, and ${why}` };
    }
    const reading: Reading = { steps, above, moving, changers: behind, step, context };
    for (const read of manifestReads(step)) {
      const found = splitFor(reading, read);
      if ('obstacle' in found) return found;
      split.push(...found.split);
      granted.push(...found.granted);
    }
  }
  return { moved: moving.map(({ at }) => at), split, granted };
}

/** An argument that changes with each build is left behind by what is known not to use it. */
function mustMoveAlong(step: Step, moving: Step): boolean {
  return conflict(step, moving) && !(isChangingArgument(step) && ignoresArgument(step, moving));
}

/** Whether a step can pass what stays behind, but for the files of the project that it reads. */
function canPass(changer: Step, step: Step): boolean {
  if (step.run === null || changer.copy === null) return !mustMoveAlong(changer, step);
  return step.run.understood && changer.copy.plain && !isSystemFolder(changer.copy.destination);
}

/** A RUN that is to move, with what moves along and what it leaves behind. */
interface Reading {
  readonly steps: readonly Step[];
  readonly above: number;
  readonly moving: readonly Step[];
  readonly changers: readonly Step[];
  readonly step: Step;
  readonly context: BuildContext | null;
}

/** The files that must be copied first so that a RUN reads the same as before. */
function splitFor(reading: Reading, read: ManifestRead): Pick<Move, 'split' | 'granted'> | Obstacle {
  const { context, changers } = reading;
  const { folder, files, tool } = read;
  const split: SplitFile[] = [];
  const unseen: string[] = [];
  for (const name of [...files.needed, ...files.usual, ...files.rare]) {
    const path = resolvePath(folder, name);
    const source = sourceToSplit(reading, path);
    if (source === null) continue;
    const isRare = files.rare.includes(name);
    if (typeof source !== 'string') {
      if (isRare) continue;
      return source;
    }
    if (context === null && isRare) unseen.push(name);
    else if (context === null || hasFile(context, source)) split.push({ source, path, reader: reading.step.at });
    else if (files.needed.includes(name)) return { obstacle: `${source} is not in the build context` };
  }
  const written = files.writes.filter((name) =>
    changers.some(({ copy }) => copy !== null && mayWrite(copy, resolvePath(folder, name))),
  );
  if (context !== null) {
    const trouble = troubleIn(
      context,
      reading,
      folder,
      written,
      split.map(({ source }) => source),
    );
    return trouble === null ? { split, granted: [] } : { obstacle: trouble };
  }
  if (changers.every(({ copy }) => copy === null)) return { split, granted: [] };
  const rare =
    unseen.length === 0 ? '' : ` (no ${unseen.slice(0, 2).join(', ')}${unseen.length > 2 ? ' or the like' : ''})`;
  const granted = [`${tool} reads nothing else of the project${rare}`];
  if (written.length > 0) granted.push(`${written.join(' and ')} not in the build context`);
  return { split, granted };
}

/**
 * The path of the build context that must be copied first, for one path that a RUN reads; null when the RUN finds it as
 * before anyhow.
 */
function sourceToSplit({ steps, above, moving, changers, step }: Reading, path: ImagePath): string | null | Obstacle {
  const writers = steps.filter(({ at, copy }) => at < step.at && copy !== null && mayWrite(copy, path));
  const last = writers.at(-1);
  if (last === undefined) return null;
  if (!changers.includes(last)) {
    // Perhaps it is there, perhaps what stays behind brought it.
    const unsure = brings(last, path) === null && writers.some((writer) => changers.includes(writer));
    return unsure ? { obstacle: `it is not known whether line ${last.instruction.line} copies ${path}` } : null;
  }
  const source = brings(last, path);
  const { line } = last.instruction;
  if (source === null || /[\s$]/.test(source))
    return { obstacle: `it is not known what line ${line} copies to ${path}` };
  const manner = last.copy?.manner;
  const isSame = (other: Step): boolean => other.copy?.manner === manner && brings(other, path) === source;
  const along = writers.findLast((other) => moving.includes(other));
  const before = writers.findLast((other) => other.at < above);
  if (along !== undefined)
    return isSame(along) ? null : { obstacle: `line ${along.instruction.line} copies another ${path}` };
  if (before !== undefined && isSame(before)) return null;
  return steps[above]?.copy?.manner === manner ? source : { obstacle: `line ${line} copies with other flags` };
}

function hasFile(context: BuildContext, source: string): boolean {
  if (source.includes('*') || source.includes('?')) return true;
  return context.texts.has(source) || context.names.has(source);
}

/** Why files that declare dependencies cannot be copied first, by what is known of the context. */
function troubleIn(
  context: BuildContext,
  { changers }: Reading,
  folder: ImagePath,
  written: readonly string[],
  sources: readonly string[],
): string | null {
  for (const name of written) {
    const paths = changers.map((changer) => brings(changer, resolvePath(folder, name)));
    const there = paths.find((path) => path !== null && context.names.has(path) && !isIgnored(context, path));
    if (there !== undefined) return `${there} lies in the build context: put it into .dockerignore first`;
  }
  for (const source of sources) {
    const text = context.texts.get(source);
    const entanglement = text === undefined ? null : entanglementOf(source, text);
    if (entanglement !== null) return entanglement;
  }
  return null;
}

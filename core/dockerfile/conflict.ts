import { commute, contextPathOf, mayWrite } from './copy-knowledge.ts';
import { below, isSystemFolder, mayOverlap, resolvePath, type ImagePath } from './image-path.ts';
import type { ManifestFiles } from './install.ts';
import type { Keyword } from './instruction.ts';
import type { Step } from './steps.ts';

/** The files that declare dependencies, as a RUN reads them in one folder. */
export interface ManifestRead {
  readonly tool: string;
  readonly folder: ImagePath;
  readonly files: ManifestFiles;
}

/** What a RUN reads of the project, without what is mounted into it. */
export function manifestReads(step: Step): readonly ManifestRead[] {
  const mounted = step.instruction.flags
    .filter((flag) => flag.name === 'mount' && !/type=(?:cache|tmpfs|secret|ssh)/.test(flag.value ?? ''))
    .flatMap((flag) => /(?:^|,)(?:target|dst|destination)=([^,]+)/.exec(flag.value ?? '')?.[1] ?? [])
    .map((target) => resolvePath(step.folder, target));
  return (step.run?.commands ?? []).flatMap(({ install, folder }) => {
    if (install?.kind !== 'dependencies') return [];
    const isThere = (name: string): boolean => mounted.every((path) => below(path, resolvePath(folder, name)) === null);
    const { needed, usual, rare, writes } = install.files;
    const files = { needed: needed.filter(isThere), usual: usual.filter(isThere), rare: rare.filter(isThere), writes };
    return [{ tool: install.tool, folder, files }];
  });
}

/** All paths that a RUN may read of the project. */
export function readPaths(step: Step): readonly ImagePath[] {
  return manifestReads(step).flatMap(({ folder, files: { needed, usual, rare } }) =>
    [...needed, ...usual, ...rare].map((name) => resolvePath(folder, name)),
  );
}

const describing: ReadonlySet<Keyword> = new Set([
  'CMD',
  'ENTRYPOINT',
  'LABEL',
  'EXPOSE',
  'STOPSIGNAL',
  'HEALTHCHECK',
  'MAINTAINER',
  'ONBUILD',
]);

/**
 * Whether two instructions of a stage must keep their order: the one may see or undo what the other does. It answers
 * true whenever that is not known. Which is earlier makes no difference.
 */
export function conflict(a: Step, b: Step): boolean {
  return mustFollow(a, b) || mustFollow(b, a);
}

function mustFollow(a: Step, b: Step): boolean {
  const one = a.instruction.content.keyword;
  const another = b.instruction.content.keyword;
  if (one === 'ENV' || one === 'ARG') return another === 'ENV' || another === 'ARG' || usesVariables(b);
  if (one === 'SHELL' || one === 'VOLUME') return true;
  if (describing.has(one)) return describing.has(another);
  if (one === 'USER') return another === 'RUN' || another === 'WORKDIR' || another === 'USER' || another === 'ADD';
  if (one === 'WORKDIR') return workdirConflict(a, b);
  if (one === 'RUN') return another === 'RUN' || (b.copy !== null && copyConflict(b, a));
  if (a.copy !== null && b.copy !== null) return !commute(a.copy, b.copy) || !commute(b.copy, a.copy);
  return false;
}

/** Whether the values of variables matter to an instruction. */
function usesVariables({ instruction }: Step): boolean {
  return instruction.content.keyword === 'RUN' || instruction.source.includes('$');
}

function workdirConflict({ instruction, folder }: Step, b: Step): boolean {
  const { content } = instruction;
  if (content.keyword !== 'WORKDIR') return false;
  const another = b.instruction.content.keyword;
  if (another === 'RUN' || another === 'WORKDIR') return true;
  if (b.copy === null) return false;
  const made = resolvePath(folder, content.value.text);
  // A folder that COPY would make for its owner, or that decides whether a file is copied into it or under its name.
  const makes = mayOverlap(b.copy.destination, made) && (b.copy.manner !== '' || !b.copy.intoFolder);
  return b.copy.relative || makes;
}

/** Whether a COPY and a RUN must keep their order. */
function copyConflict(copying: Step, running: Step): boolean {
  const { copy } = copying;
  const { run } = running;
  if (copy === null || run === null) return false;
  if (!run.understood || isSystemFolder(copy.destination)) return true;
  if (readPaths(running).some((path) => mayWrite(copy, path))) return true;
  const written = manifestReads(running).flatMap(({ folder, files }) =>
    files.writes.map((name) => resolvePath(folder, name)),
  );
  return !copy.plain && written.some((path) => mayWrite(copy, path));
}

/** Whether a COPY surely brings every needed file of a RUN, so that no other has to. */
export function brings(step: Step, path: ImagePath): string | null {
  return step.copy === null ? null : contextPathOf(step.copy, path);
}

/** A path of a container's root file system that a process wrote, as the engine tells (Docker Engine API, changes). */
export interface WrittenPath {
  readonly path: string;
  /** `added`: the image does not have it. */
  readonly kind: 'modified' | 'added' | 'deleted';
  readonly isDirectory: boolean;
}

/** A folder that a tmpfs would make writable. */
export interface TmpfsProposal {
  readonly path: string;
  /** What was written below it, in words: an example. */
  readonly because: string;
  /** Files that the image has there, which a tmpfs hides; at most a few. */
  readonly hides: readonly string[];
}

/** What a trial run with a writable root leads to. */
export interface WritableAdvice {
  /** Sorted by path; none lies below another. */
  readonly tmpfs: readonly TmpfsProposal[];
  /** Files of the image that the process changed or deleted: no tmpfs helps there. */
  readonly changedFiles: readonly string[];
}

/** What the engine writes by itself, and what is no part of the root file system. */
const notTheirs =
  /^\/(?:dev|proc|sys|\.dockerenv|run\/secrets|sbin\/docker-init|etc\/(?:hosts|hostname|resolv\.conf|mtab))(?:\/|$)/;

/**
 * Which folders a component has to be given as tmpfs, so that it runs with a read-only root. `mounted` are paths that
 * are writable already; `imageFiles` tells some of the files that the image has directly or deeper in a folder.
 */
export function adviseWritable(
  written: readonly WrittenPath[],
  mounted: readonly string[],
  imageFiles: (folder: string) => readonly string[],
): WritableAdvice {
  // The engine makes the folders in which something is mounted.
  const isMounts = (path: string) => mounted.some((at) => isAtOrBelow(path, at) || isAtOrBelow(at, path));
  const theirs = written.filter(({ path }) => !notTheirs.test(path) && !isMounts(path));
  const added = new Set(theirs.filter(({ kind }) => kind === 'added').map(({ path }) => path));
  const tops = theirs.filter(({ path, kind }) => kind === 'added' && !added.has(parentOf(path)));
  const found = new Map<string, TmpfsProposal>();
  for (const top of tops) {
    const proposal = proposalFor(top, imageFiles);
    if (!found.has(proposal.path)) found.set(proposal.path, proposal);
  }
  const tmpfs = [...found.values()]
    .filter(({ path }) => ![...found.keys()].some((other) => other !== path && isAtOrBelow(path, other)))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const changedFiles = theirs
    .filter(({ kind, isDirectory }) => kind === 'deleted' || (kind === 'modified' && !isDirectory))
    .map(({ path }) => path)
    .filter((path) => !tmpfs.some((one) => isAtOrBelow(path, one.path)));
  return { tmpfs, changedFiles: changedFiles.toSorted() };
}

/**
 * The folder that the new path lies in, when the image has nothing there; a new folder itself, when its neighbours are
 * the image's; else the folder, with what a tmpfs would hide.
 */
function proposalFor(top: WrittenPath, imageFiles: (folder: string) => readonly string[]): TmpfsProposal {
  const folder = parentOf(top.path);
  const because = `it writes ${top.path}`;
  const hides = folder === '/' ? ['/'] : imageFiles(folder);
  if (hides.length === 0) return { path: folder, because, hides: [] };
  if (top.isDirectory || folder === '/') return { path: top.path, because, hides: [] };
  return { path: folder, because, hides };
}

/** The folder that a path lies in; `/` for what lies at the top. */
export function parentOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end <= 0 ? '/' : path.slice(0, end);
}

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

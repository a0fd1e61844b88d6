import { below, isSystemFolder, matchesGlob, mayOverlap, resolvePath, type ImagePath } from './image-path.ts';
import { flagOf, type ContentOf, type Flag } from './instruction.ts';
import { readHeredocWord } from './read-content.ts';

/** One source of a COPY, and where it lands. */
interface Landing {
  /** A path of the build context, '' for all of it. */
  readonly source: string;
  readonly isGlob: boolean;
  /** What it is by its name: a folder whose content is copied, a file, or either. */
  readonly is: 'tree' | 'file' | 'either';
}

/** What is known of a COPY or ADD. */
export interface CopyKnowledge {
  readonly landings: readonly Landing[];
  /** Where it copies to. */
  readonly destination: ImagePath;
  /** The destination is a folder for sure; else a single file may be given its name. */
  readonly intoFolder: boolean;
  /** From the build context, and nothing but copies: no archive, address or here-document. */
  readonly plain: boolean;
  readonly relative: boolean;
  /** Owner, mode and the like, which two copies of one file must share. */
  readonly manner: string;
  /** Brings what people change all day. */
  readonly isSources: boolean;
}

const sourceFolders = new Set(
  'src app apps lib libs source sources public cmd internal pkg server client web api static templates assets test tests spec'.split(
    ' ',
  ),
);
const sourceFiles = /\.(?:[cm]?[jt]sx?|py|go|rs|java|kt|scala|rb|php|cs|fs|vue|svelte|html|css|scss)$/;
const archive = /\.(?:tar|tar\.(?:gz|bz2|xz|zst)|tgz|tbz2|txz)$/i;
const known = /^(?:Gemfile|Pipfile|Makefile|Rakefile|Procfile|Dockerfile|LICENSE|mvnw|gradlew|artisan|go\.mod|go\.sum)/;
const manifestFiles =
  /^(?:package.*\.json|.*requirements.*\.(?:txt|in)|setup\.py|babel\.config\.\w+|next\.config\.\w+|.*\.lock)$/;

/** Reads a COPY or ADD, from the folder that it is relative to. */
export function readCopyKnowledge(
  content: ContentOf<'COPY' | 'ADD'>,
  flags: readonly Flag[],
  folder: ImagePath,
): CopyKnowledge {
  const { destination, sources } = content;
  const landings = sources.map((word) => landingOf(word.text));
  const plain =
    content.from === null &&
    sources.every(({ raw, text }) => readHeredocWord(raw) === null && !isRemote(text)) &&
    !(content.keyword === 'ADD' && sources.some(({ text }) => archive.test(text)));
  const manner = ['chown', 'chmod', 'link', 'parents', 'exclude']
    .filter((name) => flags.some((flag) => flag.name === name))
    .map((name) => `${name}=${flagOf(flags, name) ?? 'true'}`)
    .join(' ');
  const target = resolvePath(folder, destination.text);
  return {
    landings,
    destination: target,
    intoFolder:
      /(?:^|\/)\.?\/?$/.test(destination.text) || sources.length > 1 || landings.some((it) => it.is === 'tree'),
    plain,
    relative: !destination.text.startsWith('/'),
    manner,
    isSources: plain && landings.some(isSourceLanding) && (target === '/' || !isSystemFolder(target)),
  };
}

/** Whether ADD fetches it: an address, or a git repository. */
export function isRemote(source: string): boolean {
  return /^(?:https?|ftp|git|ssh):\/\/|^git@/.test(source);
}

/** Whether ADD unpacks it. */
export function isArchive(source: string): boolean {
  return archive.test(source);
}

function landingOf(written: string): Landing {
  const source = resolvePath('/', written).slice(1);
  const name = source.split('/').at(-1) ?? '';
  const isTree = source === '' || written.endsWith('/') || written.endsWith('/.');
  const isFile = known.test(name) || /.\.\w+$/.test(name);
  return { source, isGlob: /[*?[]/.test(source), is: isTree ? 'tree' : isFile ? 'file' : 'either' };
}

function isSourceLanding({ source, is }: Landing): boolean {
  if (source === '' || source === '*') return true;
  const name = source.split('/').at(-1) ?? '';
  if (manifestFiles.test(name)) return false;
  if (is === 'file') return sourceFiles.test(name);
  return sourceFolders.has(source.split('/')[0] ?? '') && !known.test(name);
}

/** The path of the build context that lands at a path of the image; null when none surely does. */
export function contextPathOf(copy: CopyKnowledge, path: ImagePath): string | null {
  if (!copy.plain) return null;
  for (const { source, isGlob, is } of copy.landings) {
    const inFolder = below(copy.destination, path);
    if (inFolder === null) continue;
    const name = source.split('/').at(-1) ?? '';
    const folder = source.slice(0, source.length - name.length);
    if (isGlob) {
      if (folder.includes('*') || inFolder.includes('/')) continue;
      if (matchesGlob(name, inFolder)) return folder + inFolder;
    } else if (is !== 'file' && inFolder !== '' && (is === 'tree' || sourceFolders.has(name))) {
      return source === '' ? inFolder : `${source}/${inFolder}`;
    } else if (is === 'file' && (inFolder === name || (inFolder === '' && !copy.intoFolder))) return source;
  }
  return null;
}

/** Whether a COPY may write at, above or below a path. */
export function mayWrite(copy: CopyKnowledge, path: ImagePath): boolean {
  return copy.landings.some(({ source, isGlob, is }) => {
    const name = source.split('/').at(-1) ?? '';
    const inFolder = below(copy.destination, path);
    if (isGlob && inFolder !== null && inFolder !== '' && !/[$*?[]/.test(path + name.replaceAll('*', ''))) {
      return matchesGlob(name, inFolder.split('/')[0] ?? '');
    }
    if (is !== 'file' || isGlob) return mayOverlap(copy.destination, path);
    const named = mayOverlap(resolvePath(copy.destination, name), path);
    return named || (!copy.intoFolder && mayOverlap(copy.destination, path));
  });
}

/** Whether two copies write the same files in any order: from the context, each path of it to the same place. */
export function commute(a: CopyKnowledge, b: CopyKnowledge): boolean {
  if (!a.landings.some((_, index) => mayWriteLanding(a, index, b))) return true;
  if (!a.plain || !b.plain || a.manner !== b.manner) return false;
  const [one, another] = [rootOf(a), rootOf(b)];
  return one !== null && one === another;
}

function mayWriteLanding(a: CopyKnowledge, index: number, b: CopyKnowledge): boolean {
  const landing = a.landings[index];
  if (landing === undefined) return false;
  const name = landing.source.split('/').at(-1) ?? '';
  const exact = landing.is === 'file' && !landing.isGlob && a.intoFolder;
  return mayWrite(b, exact ? resolvePath(a.destination, name) : a.destination);
}

/** Where the root of the context would land, if all of it were copied in the manner of this copy; null when that differs. */
function rootOf(copy: CopyKnowledge): string | null {
  const roots = copy.landings.map(({ source, is, isGlob }) => {
    if (is === 'either' || !copy.intoFolder) return null;
    const folder = is === 'file' || isGlob ? source.split('/').slice(0, -1).join('/') : source;
    if (folder === '') return copy.destination;
    return copy.destination.endsWith(`/${folder}`) ? copy.destination.slice(0, -folder.length - 1) : null;
  });
  const [first = null] = roots;
  return roots.every((root) => root === first) ? first : null;
}

/**
 * A path in an image: absolute, or `?` and what is below it where the base image's working folder is not known. A `$`
 * in it stays: two such paths are the same only when they are written the same.
 */
export type ImagePath = string;

/** The working folder that a base image brings, which nobody knows. */
export const unknownFolder: ImagePath = '?';

/** The home of root in an image, where tools that run as root keep their caches. */
export const rootHome: ImagePath = '/root';

/** A path as seen from a working folder; without `.` and `..` and a slash at the end. */
export function resolvePath(folder: ImagePath, written: string): ImagePath {
  const path = written.replaceAll('\\', '/').replace(/^[A-Za-z]:/, '');
  const isAbsolute = path.startsWith('/');
  const parts = isAbsolute ? [] : folder.split('/').filter((part) => part !== '');
  for (const part of path.split('/')) {
    if (part === '..') {
      if (parts.at(-1) !== '?') parts.pop();
    } else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts[0] === '?' ? parts.join('/') : `/${parts.join('/')}`;
}

/** What of `path` is below `folder`; '' for the folder itself, null when it is not below it. */
export function below(folder: ImagePath, path: ImagePath): string | null {
  if (path === folder) return '';
  const prefix = folder === '/' ? '/' : `${folder}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : null;
}

/** Whether one may lie within the other. What is not known may. */
export function mayOverlap(a: ImagePath, b: ImagePath): boolean {
  if (below(a, b) !== null || below(b, a) !== null) return true;
  if (a.startsWith('?') !== b.startsWith('?')) return true;
  return /[$*?[]/.test(a.replace(/^\?/, '')) || /[$*?[]/.test(b.replace(/^\?/, ''));
}

const systemFolders = /^\/(?:$|(?:etc|bin|sbin|boot|dev|lib\w*|proc|run|sys|root|var\/lib|var\/cache)(?:\/|$))/;
const usrFolders =
  /^\/usr(?:$|\/(?:bin|sbin|lib\w*|share|include|local)(?:$|\/(?:bin|sbin|lib\w*|etc|share|include)(?:\/|$)|$)|\/(?:bin|sbin|lib\w*|share|include)\/)/;

/** Whether packages are installed there, or read their settings there: no folder for an application's own files. */
export function isSystemFolder(path: ImagePath): boolean {
  return systemFolders.test(path) || usrFolders.test(path) || path.includes('~');
}

/** Whether a name fits a pattern in which `*` and `?` stand for what is no slash. */
export function matchesGlob(pattern: string, name: string): boolean {
  let from = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    const char = pattern[from];
    if (char === '*') {
      star = from;
      resume = at;
      from += 1;
    } else if (char !== undefined && (char === name[at] || (char === '?' && name[at] !== '/'))) {
      from += 1;
      at += 1;
    } else if (star !== -1 && name[resume] !== '/') {
      resume += 1;
      at = resume;
      from = star + 1;
    } else return false;
  }
  while (pattern[from] === '*') from += 1;
  return from === pattern.length;
}

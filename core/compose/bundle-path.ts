/** The folder of a path that goes from the project's folder; empty for the project's own. */
export function folderOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at < 0 ? '' : path.slice(0, at);
}

/**
 * A path as seen from a folder of the project, as the plain path from the project's folder. Null when it is absolute, an
 * address, nothing, or leaves the project's folder.
 */
export function pathFrom(folder: string, path: string): string | null {
  if (path === '' || /^(?:[/\\~]|[A-Za-z]:)/.test(path) || path.includes('://') || path.startsWith('git@')) return null;
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}

/** What messages call a file of a project whose first file has this name. */
export function fileName(first: string, path: string): string {
  const folder = folderOf(first);
  return folder === '' && !first.startsWith('/') ? path : `${folder}/${path}`;
}

/** How programs say that they could not write: the path stands before or after the words. */
const patterns: readonly RegExp[] = [
  /EROFS: read-only file system, \w+ '(?<path>\/[^']+)'/, // Node
  /Read-only file system: b?'(?<path>\/[^']+)'/, // Python
  /(?:open|mkdir|create|stat|unlink|rename|chmod|chown|remove)\(?\)? "?(?<path>\/[^\s":]+)"?:? .*read-only file system/i, // Go, nginx
  /(?:create|open|touch|write|directory|to|file) ['"‘]?(?<path>\/[^\s'"’:]+)['"’]?:? .*Read-only file system/i, // coreutils, shells
  /(?<path>\/[^\s'"’:()]+)['"’]?[:)]? .*Read-only file system/i,
];

/** The path that a log line says it could not write because the root file system is read-only; null for any other line. */
export function unwritablePath(line: string): string | null {
  const text = line.slice(0, 2_000);
  if (!/read-only file system/i.test(text)) return null;
  for (const pattern of patterns) {
    const path = pattern.exec(text)?.groups?.['path'];
    if (path !== undefined) return path;
  }
  return null;
}

/** What to declare so that the paths that a task could not write become writable; null when no line tells of one. */
export function writableHint(lines: readonly string[]): string | null {
  const folders = new Set(
    lines.flatMap((line) => {
      const path = unwritablePath(line);
      return path === null ? [] : [parentOf(path)];
    }),
  );
  if (folders.size === 0) return null;
  const list = [...folders].toSorted().slice(0, 5).join(', ');
  return `The root file system is read-only. Declare what it writes: tmpfs: [${list}] (or read_only: false).`;
}

function parentOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut <= 0 ? path : path.slice(0, cut);
}

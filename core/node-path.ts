/**
 * A path of a node in its one spelling, so that paths can be compared: absolute, without a slash at the end, and without
 * `.`. Null: none, or one that may lead elsewhere than it says: `..`, and placeholders (`{{...}}`), which engines fill in.
 */
export function nodePath(text: string): string | null {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  if (!text.startsWith('/') || parts.includes('..') || /\{\{|\0/.test(text)) return null;
  return `/${parts.join('/')}`;
}

/** Whether a path is another, or lies below it. Both as `nodePath` gives them. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}

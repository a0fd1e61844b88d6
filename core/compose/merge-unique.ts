import { entryOf, type DocumentNode } from '../document/node.ts';

/** What makes an item of a list the same as one of an earlier file; null: nothing does. */
export type KeyOfItem = (item: DocumentNode) => string | null;

/** The text of an item. */
export function wholeItem(item: DocumentNode): string | null {
  return item.kind === 'scalar' && item.value !== null ? item.source : null;
}

/** The name in `NAME=value`, or `NAME` alone. */
export function nameOfPair(item: DocumentNode): string | null {
  return wholeItem(item)?.split('=', 1)[0] ?? null;
}

/** `PATH` or `PATH:options`. */
export function pathBeforeOptions(item: DocumentNode): string | null {
  const text = wholeItem(item);
  return text === null ? null : (splitOutside(text, ':')[0] ?? null);
}

/** Where a volume is mounted: `SOURCE:TARGET:options`, `TARGET`, or the long form's `target`. */
export function mountTarget(item: DocumentNode): string | null {
  const text = wholeItem(item);
  if (text === null) return member(item, 'target');
  const [first = '', second] = splitOutside(text, ':');
  return plainPath(second ?? first);
}

/** Where a device appears: `HOST:CONTAINER:permissions`, or the long form's `target`. */
export function deviceTarget(item: DocumentNode): string | null {
  const text = wholeItem(item);
  if (text === null) return member(item, 'target');
  const [first = '', second] = splitOutside(text, ':');
  return second ?? first;
}

/** Where a config or secret appears: its target, or its name in `folder`. */
export function fileTarget(folder: string): KeyOfItem {
  return (item) => {
    const source = wholeItem(item) ?? member(item, 'source');
    return member(item, 'target') ?? (source === null ? null : `${folder}/${source}`);
  };
}

/** The path of an env file, in the short or the long form. */
export function pathOfFile(item: DocumentNode): string | null {
  return wholeItem(item) ?? member(item, 'path');
}

/** Address, target, published port and protocol, in the short or the long form. */
export function publishedPort(item: DocumentNode): string | null {
  const text = wholeItem(item);
  if (text === null) {
    const target = member(item, 'target');
    if (target === null) return null;
    const address = member(item, 'host_ip') ?? '';
    return portKey(address, member(item, 'published') ?? '', target, member(item, 'protocol') ?? 'tcp');
  }
  const [ports = '', protocol = 'tcp'] = splitOutside(text, '/');
  const parts = splitOutside(ports, ':');
  const target = parts.pop() ?? '';
  const published = parts.pop() ?? '';
  return portKey(parts.join(':'), published, target, protocol);
}

function portKey(address: string, published: string, target: string, protocol: string): string {
  return JSON.stringify([address === '0.0.0.0' ? '' : address, published, target, protocol.toLowerCase()]);
}

/** The text of a scalar under a key of a map. */
export function member(item: DocumentNode, key: string): string | null {
  const value = item.kind === 'map' ? entryOf(item, key)?.value : undefined;
  return value === undefined ? null : wholeItem(value);
}

function plainPath(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

/** Splits a text at a character, but neither within `${...}` nor within `[...]`, which holds an IPv6 address. */
export function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  for (const character of text) {
    if (character === '{' || character === '[') depth += 1;
    if ((character === '}' || character === ']') && depth > 0) depth -= 1;
    if (character === separator && depth === 0) {
      parts.push(part);
      part = '';
    } else part += character;
  }
  return [...parts, part];
}

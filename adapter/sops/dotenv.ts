import type { MapEntry, MapNode, ScalarNode } from '../../core/document/node.ts';
import type { Json } from '../../core/json.ts';
import { broken } from './fault.ts';

const prefix = 'sops_';

/** A list of maps as sops flattens it: `age__list_0__map_enc`. */
const flattened = /^([a-z_]+?)__list_(\d{1,3})__map_([a-z_]+)$/;

/** Values and metadata of a file. */
export interface SopsFile {
  readonly values: MapNode;
  readonly metadata: Json;
}

/** Reads a dotenv file as sops does (getsops/sops 3.13, stores/dotenv): no quotes, `\n` for a line break, whole lines as comments. */
export function readDotenv(file: string, text: string): SopsFile {
  const entries: MapEntry[] = [];
  const own: { [key: string]: Json } = {};
  const lists = new Map<string, { [key: string]: Json }[]>();
  const seen = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    if (equals < 0) throw broken(file, `line ${index + 1} is none of a dotenv file`);
    const key = line.slice(0, equals);
    const value = line.slice(equals + 1).replaceAll('\\n', '\n');
    if (seen.has(key)) throw broken(file, `line ${index + 1} has a key that stands before`);
    seen.add(key);
    if (key.startsWith(prefix)) place(key.slice(prefix.length), value, own, lists);
    else entries.push({ key, value: scalarOf(value, index + 1), line: index + 1, column: 1 });
  }
  return {
    values: { kind: 'map', entries, line: 1, column: 1 },
    metadata: { ...own, ...Object.fromEntries([...lists].map(([name, items]) => [name, items.filter(Boolean)])) },
  };
}

function place(
  key: string,
  value: string,
  own: { [key: string]: Json },
  lists: Map<string, { [key: string]: Json }[]>,
): void {
  const [, name, index, member] = flattened.exec(key) ?? [];
  if (name === undefined || index === undefined || member === undefined) {
    // Groups of keys are nested deeper: that there are any is all that is asked.
    if (key.startsWith('key_groups__')) own['key_groups'] = [null];
    else if (/^[a-z_]+$/.test(key) && key !== '__proto__') own[key] = value;
    return;
  }
  const items = lists.get(name) ?? [];
  lists.set(name, items);
  const item = (items[Number(index)] ??= {});
  item[member] = value;
}

function scalarOf(source: string, line: number): ScalarNode {
  return { kind: 'scalar', value: source, source, quoted: true, line, column: 1 };
}

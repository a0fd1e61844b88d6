import { isMap, isScalar, isSeq, type Document, type YAMLMap } from 'yaml';
import { keyOf, pairOf, takePair, textOf } from './yaml-tree.ts';

/** One component of a Compose file that is being made into a service definition. */
export interface Rewrite {
  readonly name: string;
  readonly map: YAMLMap;
  readonly document: Document;
  readonly note: (part: unknown, sentence: string) => void;
}

/** Rewrites what Compose says in another form than a service definition; what is left is refused later. */
export function rewriteComponent(of: Rewrite): void {
  ensureImage(of);
  rewriteVariables(of);
  rewritePorts(of);
  rewriteVolumes(of);
  adviseHealth(of);
}

function ensureImage({ name, map, document, note }: Rewrite): void {
  if (pairOf(map, 'image') !== undefined) return;
  const image = `registry.example.com/${name}:0.1.0`;
  map.items.unshift(document.createPair('image', image));
  note(null, `${name} has no image; write where it is pushed in place of ${image}`);
}

function rewriteVariables({ name, map, document, note }: Rewrite): void {
  const value = pairOf(map, 'environment')?.value;
  if (isMap(value)) {
    for (const pair of value.items) {
      if (pair.value !== null && !(isScalar(pair.value) && pair.value.value === null)) continue;
      const variable = keyOf(pair);
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) continue;
      pair.value = document.createNode(`\${${variable}}`);
      note(pair, `${name}: each environment supplies ${variable}, as a parameter`);
    }
  }
  if (!isSeq(value)) return;
  for (const item of value.items) {
    const text = textOf(item);
    if (!isScalar(item) || text === undefined || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) continue;
    item.value = `${text}=\${${text}}`;
    note(item, `${name}: each environment supplies ${text}, as a parameter`);
  }
}

function rewritePorts({ name, map, note }: Rewrite): void {
  const value = pairOf(map, 'ports')?.value;
  if (!isSeq(value)) return;
  for (const item of value.items) {
    const text = textOf(item);
    if (!isScalar(item) || text === undefined) continue;
    const better = betterPort(text);
    if (better === text) continue;
    item.value = better;
    note(item, `${name}: the port ${text} becomes ${better}: published, on all addresses of the cluster`);
  }
}

/** A port with its published number and without an address. */
function betterPort(text: string): string {
  const bare = /^(\d+(?:-\d+)?)(\/\w+)?$/.exec(text);
  if (bare !== null) return `${bare[1]}:${bare[1]}${bare[2] ?? ''}`;
  const addressed = /^(?:[\d.]+|\[[^\]]*\]):(\d*(?:-\d+)?):(\d+(?:-\d+)?)(\/\w+)?$/.exec(text);
  if (addressed === null) return text;
  const [, published, target, protocol] = addressed;
  return `${published || target}:${target}${protocol ?? ''}`;
}

/** A volume without a name holds what may be lost: a tmpfs. */
function rewriteVolumes({ name, map, document, note }: Rewrite): void {
  const value = pairOf(map, 'volumes')?.value;
  if (!isSeq(value)) return;
  const anonymous = value.items.filter((item) => /^\/[^:]*$/.test(textOf(item) ?? ''));
  if (anonymous.length === 0) return;
  value.items = value.items.filter((item) => !anonymous.includes(item));
  if (value.items.length === 0) takePair(map, 'volumes');
  const paths = anonymous.flatMap((item) => textOf(item) ?? []);
  const before = pairOf(map, 'tmpfs');
  if (isSeq(before?.value)) for (const path of paths) before.value.add(path);
  else {
    const own = textOf(before?.value);
    takePair(map, 'tmpfs');
    map.items.push(document.createPair('tmpfs', own === undefined ? paths : [own, ...paths]));
  }
  for (const item of anonymous) {
    note(item, `${name}: the volume ${textOf(item)} has no name and becomes a tmpfs; name it to keep its data`);
  }
}

function adviseHealth({ name, map, note }: Rewrite): void {
  if (pairOf(map, 'healthcheck') !== undefined) return;
  note(null, `${name} has no healthcheck: unless its image has one, started counts as healthy`);
}

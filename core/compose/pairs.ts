import { describeNode, type DocumentNode } from '../document/node.ts';
import * as read from '../document/reader.ts';
import type { ReadCompose } from './context.ts';

/** Names with texts, as Compose takes them in a map or in a list of `name=value`. */
export type Pairs = { readonly [name: string]: string };

/** Says what is wrong with a name; null: nothing. */
type CheckName = (name: string) => string | null;

/** `name: value` or `- name=value`; what has no value is empty. A name stands once. */
export function pairs(checkName: CheckName): ReadCompose<Pairs> {
  return read.byKind('a map or a list', { map: read.mapOf(checkName, valueOrEmpty), list: listOfPairs(checkName) });
}

/** `name: value`, which the keys called options take in no other form. */
export const options: ReadCompose<Pairs> = read.mapOf(filledName, valueOrEmpty);

function filledName(name: string): string | null {
  return name === '' ? 'is no name' : null;
}

function valueOrEmpty(node: DocumentNode, at: read.Reader): string | undefined {
  return node.kind === 'scalar' && node.value === null ? '' : read.text(node, at);
}

function listOfPairs(checkName: CheckName): ReadCompose<Pairs> {
  return (node, at) => {
    const found = new Map<string, string>();
    for (const item of node.kind === 'list' ? node.items : []) {
      const written = read.filledText(item, at) ?? '';
      // Empty: wrong, which was told, or a variable without a value yet.
      if (written === '') continue;
      const split = written.indexOf('=');
      const name = split < 0 ? written : written.slice(0, split);
      const wrong = checkName(name);
      if (wrong !== null) at.add(item, `'${name.slice(0, 60)}' ${wrong}`);
      if (found.has(name)) at.add(item, `${describeNode(item)}: ${name.slice(0, 60)} stands twice`);
      found.set(name, split < 0 ? '' : written.slice(split + 1));
    }
    return Object.fromEntries(found);
  };
}

/** What nobody may label: the engine and Drayage know their objects by it. `com.docker.lb.` is left to users. */
const reservedLabel = /^(?:drayage|com\.docker\.(?!lb\.)|io\.docker\.|org\.dockerproject\.)/;

/** `labels` of a container or of a service. */
export const labels: ReadCompose<Pairs> = pairs((name) => {
  if (name === '') return 'is no name of a label';
  return reservedLabel.test(name) ? 'is no label for users: Drayage and the engine know their objects by it' : null;
});

/** `sysctls`. */
export const sysctls: ReadCompose<Pairs> = pairs((name) =>
  /^[a-z0-9_-]+(?:[./][A-Za-z0-9_*-]+)+$/.test(name) ? null : 'is no kernel parameter, such as net.core.somaxconn',
);

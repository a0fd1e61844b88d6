import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import { namePattern } from '../name-patterns.ts';
import type { SourceFile } from '../document/node.ts';
import type { Finding } from '../document/problems.ts';
import { parseDocument } from '../document/yaml.ts';
import { askedInWords } from '../planning/allowances.ts';
import type { ReleaseSource } from '../release.ts';
import type { ReadComponent } from './component.ts';
import { examine } from './definition.ts';
import { rewriteComponent, type Rewrite } from './rewrite.ts';
import { starterDefinition } from './starter.ts';
import { createTree, keyOf, mapAt, pairOf, partAt, pathTo, textOf, type Path, type YamlTree } from './yaml-tree.ts';

/** A service definition made of a Compose file, and what was changed on the way. */
export interface Converted {
  /** What `readDefinition` accepts. */
  readonly text: string;
  /** `file:line: ...` sentences; lines are those of the original. */
  readonly notes: readonly string[];
}

/** A Compose file, with the files that it names as far as they are there, by path. */
export type ConvertSource = SourceFile & Pick<ReleaseSource, 'files'>;

/** Rounds of leaving out what is refused; each tells of up to 50 places. */
const mostRounds = 200;

/**
 * Makes a service definition of an ordinary Compose file: rewrites what has another form here, leaves out what is
 * refused, and notes every change. Comments stay, unless anchors have to be written out. Without a file, a commented
 * definition to begin with. Throws `document.too-large`, or `document.invalid` for what is no Compose file.
 */
export function convertCompose(source: ConvertSource | null): Converted {
  if (source === null) return { text: starterDefinition, notes: [] };
  const tree = createTree(source, parseDocument(source));
  const notes: string[] = [];
  const note = (part: unknown, otherwise: number, sentence: string): void => {
    notes.push(`${source.name}:${tree.lineOf(part, otherwise)}: ${sentence}`);
  };
  if (tree.wasExpanded) note(null, 1, 'anchors and merge keys are written out; comments are lost with that');
  rewrite(tree, note);
  const text = dropRefused(source, tree, note);
  return { text, notes };
}

type Note = (part: unknown, otherwise: number, sentence: string) => void;

function rewrite(tree: YamlTree, note: Note): void {
  const root = tree.document.contents;
  if (!isMap(root)) return;
  const services = mapAt(root, 'services');
  if (services !== undefined) {
    renameComponents(services, tree, note);
    for (const pair of services.items) {
      if (!isMap(pair.value)) continue;
      const line = tree.lineOf(pair, 1);
      const of: Rewrite = {
        name: keyOf(pair),
        map: pair.value,
        document: tree.document,
        note: (part, sentence) => note(part, line, sentence),
      };
      rewriteComponent(of);
    }
  }
  if (pairOf(root, 'x-drayage') !== undefined) return;
  tree.document.setIn(['x-drayage'], tree.document.createNode({ owner: 'your-team' }));
  note(null, 1, "x-drayage is added: write who answers for the service in place of 'your-team'");
}

/** Components are found by their names, which must be DNS labels. */
function renameComponents(services: YAMLMap, tree: YamlTree, note: Note): void {
  const taken = new Set(services.items.map(keyOf));
  const renamed = new Map<string, string>();
  for (const pair of services.items) {
    const name = keyOf(pair);
    const better = name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40);
    if (namePattern.test(name) || !namePattern.test(better) || taken.has(better)) continue;
    taken.add(better);
    renamed.set(name, better);
    pair.key = tree.document.createNode(better);
    note(pair, 1, `the component ${name} is called ${better} now; change who calls it by name`);
  }
  for (const pair of services.items) {
    if (isMap(pair.value)) renameDependencies(pair.value, renamed, tree);
  }
}

function renameDependencies(component: YAMLMap, renamed: ReadonlyMap<string, string>, tree: YamlTree): void {
  const value = pairOf(component, 'depends_on')?.value;
  if (isMap(value)) {
    for (const one of value.items) {
      const better = renamed.get(keyOf(one));
      if (better !== undefined) one.key = tree.document.createNode(better);
    }
  }
  if (!isSeq(value)) return;
  for (const item of value.items) {
    const better = renamed.get(textOf(item) ?? '');
    if (better !== undefined && isScalar(item)) item.value = better;
  }
}

function dropRefused(source: ConvertSource, tree: YamlTree, note: Note): string {
  for (let round = 0; round < mostRounds; round += 1) {
    const text = tree.document.toString({ lineWidth: 0 });
    const { root, problems, file } = examine({ ...source, text }, { service: '' }, {});
    if (problems.findings.length === 0) {
      for (const [name, component] of Object.entries(file?.components ?? {}))
        adviseAllowance(name, component, tree, note);
      return text;
    }
    const found = problems.findings.flatMap((finding) => {
      const path = pathTo(root, finding.subject);
      const part = path === null ? null : partAt(tree.document, path);
      return path === null || part === null || isVital(path) ? [] : [{ finding, path, part }];
    });
    if (found.length === 0) problems.throwIfAny();
    for (const { finding, path, part } of found) {
      note(part.part, 1, `${path.join('.')} is left out: ${sentenceOf(finding)}`);
      part.remove();
    }
  }
  throw new Error('leaving out what is refused does not end');
}

function adviseAllowance(name: string, component: ReadComponent, tree: YamlTree, note: Note): void {
  const asked = askedInWords(component);
  if (asked.length === 0) return;
  const part = partAt(tree.document, ['services', name]);
  note(part?.part, 1, `${name} asks for ${asked.join(' and ')}: the Platform document has to allow it`);
}

/** Without these there is no service at all. */
function isVital(path: Path): boolean {
  return path.length === 0 || (path.length === 1 && path[0] === 'services');
}

function sentenceOf({ problem: { message, hint } }: Finding): string {
  return hint === null ? message : `${message} (${hint})`;
}

import { describeNode, type DocumentNode, type Place, type SourceFile } from '../document/node.ts';
import type { Problems, Subject } from '../document/problems.ts';
import { documentLimits } from '../document/scan.ts';
import { parseDocument } from '../document/yaml.ts';
import { Fault } from '../fault.ts';
import type { ReleaseSource } from '../release.ts';
import { fillTree } from './bundle-fill.ts';
import { fileName, pathFrom } from './bundle-path.ts';
import type { Merging } from './merge.ts';
import { evaluate, parseTemplate, TemplateError, type Template, type Values } from './template.ts';

/** What a project may be at most: files, levels of include and of extends, times that a file is included. */
export const bundleLimits = { files: 50, levels: 20, includes: 200 } as const;

/** So many entries and items are looked at in merging, at most. */
const mostParts = documentLimits.nodes * 20;

/** A file that a project names. */
export interface Wanted {
  /** From the project's folder. */
  readonly path: string;
  /** Whether the project is wrong without it. */
  readonly required: boolean;
}

/** A project while it is resolved: its files, what it names, what is wrong with it. */
export interface Bundle extends Merging {
  readonly problems: Problems;
  /** Every file that was asked for, by path. */
  readonly wanted: ReadonlyMap<string, Wanted>;
  /** Variables that have a value and stand somewhere. */
  readonly used: ReadonlySet<string>;
  warn(subject: Place, message: string): void;
  /** A file by its path from the project's folder. Null: it did not come along, and `subject` is told if it is required. */
  find(path: string, subject: Subject, required: boolean): SourceFile | null;
  /** A file's tree with the values filled in. Throws `document.invalid`, `document.too-large`. */
  load(file: SourceFile, values: Values): DocumentNode;
  /** Counts one more file that is included; throws when it becomes too much. */
  include(): void;
  /** The value of a variable, which counts as used with that. */
  valueOf(name: string, values: Values): Template | undefined;
  /** A text that must be known now. Null: it is none, and its place was told. */
  text(node: DocumentNode, expected: string): string | null;
  /** A path from the project's folder, written as seen from `folder`. Null as for `text`. */
  path(node: DocumentNode, folder: string): string | null;
}

/** Refuses a project of more than 50 files or 1 MiB, before anything looks into it. Throws `document.too-large`. */
export function checkBundleSize(source: ReleaseSource): void {
  const texts = [source.text, ...(source.overrides ?? []).map((one) => one.text), ...Object.values(source.files ?? {})];
  if (texts.length > bundleLimits.files) throw tooMuch(source, 'files', bundleLimits.files);
  // A UTF-16 unit takes at least one byte, so that a huge text is refused without encoding it.
  const units = texts.reduce((sum, text) => sum + text.length, 0);
  const encoder = new TextEncoder();
  const isTooLarge =
    units > documentLimits.bytes ||
    texts.reduce((sum, text) => sum + encoder.encode(text).length, 0) > documentLimits.bytes;
  if (isTooLarge) throw tooMuch(source, 'bytes', documentLimits.bytes);
}

/** Begins to resolve a project. Throws `document.too-large`. */
export function createBundle(source: ReleaseSource, problems: Problems): Bundle {
  checkBundleSize(source);
  const wanted = new Map<string, Wanted>();
  const used = new Set<string>();
  const found = new Map<string, SourceFile>();
  const parsed = new Map<SourceFile, DocumentNode>();
  const loaded = new Map<Values, Map<SourceFile, DocumentNode>>();
  const counts = { nodes: 0, parts: 0, includes: 0 };

  const parse = (file: SourceFile): DocumentNode => {
    const known = parsed.get(file);
    if (known !== undefined) return known;
    const root = parseDocument(file, { mergeTags: true });
    counts.nodes += countNodes(root);
    if (counts.nodes > documentLimits.nodes) throw tooMuch(source, 'nodes', documentLimits.nodes);
    parsed.set(file, root);
    return root;
  };

  return {
    problems,
    wanted,
    used,
    add: (subject, message, hint) => problems.add(subject, message, hint),
    warn: (subject, message) => problems.warn(subject, message),
    spend(parts) {
      counts.parts += parts;
      if (counts.parts > mostParts) throw tooMuch(source, 'nodes', documentLimits.nodes);
    },
    find(path, subject, required) {
      const isRequired = required || wanted.get(path)?.required === true;
      wanted.set(path, { path, required: isRequired });
      const text = source.files !== undefined && Object.hasOwn(source.files, path) ? source.files[path] : undefined;
      if (text === undefined) {
        const hint = "paths start at the folder of the file that names them, and stay below the first file's folder";
        if (required) problems.add(subject, `the file '${path}' is not there`, hint);
        return null;
      }
      const file = found.get(path) ?? { name: fileName(source.name, path), text };
      found.set(path, file);
      return file;
    },
    load(file, values) {
      const of = loaded.get(values) ?? new Map<SourceFile, DocumentNode>();
      loaded.set(values, of);
      const root = of.get(file) ?? fillTree(parse(file), values, used, problems);
      of.set(file, root);
      return root;
    },
    include() {
      counts.includes += 1;
      if (counts.includes > bundleLimits.includes) throw tooMuch(source, 'includes', bundleLimits.includes);
    },
    valueOf(name, values) {
      const text = values.get(name);
      if (text === undefined) return undefined;
      used.add(name);
      return [{ kind: 'text', text }];
    },
    text: (node, expected) => knownText(node, expected, problems),
    path(node, folder) {
      const text = knownText(node, 'the path of a file', problems);
      const path = text === null ? null : pathFrom(folder, text);
      if (text !== null && path === null) {
        const hint = "write it relative to this file's folder; it must not leave the folder of the first file";
        problems.add(node, `'${text.slice(0, 200)}' is no file of this project`, hint);
      }
      return path;
    },
  };
}

/** Nodes of a tree, those of a shared part at every place where it stands. Throws `document.too-large` above 20,000. */
export function checkNodes(root: DocumentNode, source: ReleaseSource): void {
  if (countNodes(root) > documentLimits.nodes) throw tooMuch(source, 'nodes', documentLimits.nodes);
}

function countNodes(root: DocumentNode): number {
  let count = 0;
  const open: DocumentNode[] = [root];
  for (let node = open.pop(); node !== undefined && count <= documentLimits.nodes; node = open.pop()) {
    count += 1;
    if (node.kind === 'list') open.push(...node.items);
    if (node.kind === 'map') for (const { value } of node.entries) open.push(value);
  }
  return count;
}

function knownText(node: DocumentNode, expected: string, problems: Problems): string | null {
  if (node.kind !== 'scalar' || node.value === null) {
    problems.add(node, `expected ${expected}, found ${describeNode(node)}`);
    return null;
  }
  if (typeof node.value !== 'string') return node.source;
  try {
    const result = evaluate(parseTemplate(node.source), new Map());
    if (result.kind === 'text') {
      if (result.text !== '') return result.text;
      problems.add(node, `expected ${expected}, found nothing`);
      return null;
    }
    const name = result.missing[0]?.name ?? 'NAME';
    const hint = `give it with --var ${name}=VALUE, or write a default: \${${name}:-VALUE}`;
    problems.add(node, `\${${name}} must be known when the release is registered`, hint);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    problems.add(node, `${error.message} in '${node.source.slice(0, 60)}'`);
  }
  return null;
}

function tooMuch(source: ReleaseSource, limit: 'files' | 'bytes' | 'nodes' | 'includes', most: number): Fault {
  const of = most.toLocaleString('en-US');
  return new Fault(
    'document.too-large',
    `${source.name} and the files that belong to it have more than ${of} ${limit}.`,
    {
      facts: { file: source.name, limit, most },
      next: 'Split the service or leave out what it does not need.',
    },
  );
}

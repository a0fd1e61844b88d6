import { versionPattern } from '../name-patterns.ts';
import type { Spec, SpecDocument, SpecEntry } from '../spec.ts';
import { describeNode, type DocumentNode, type SourceFile } from './node.ts';
import { createProblems } from './problems.ts';
import * as read from './reader.ts';
import { parseDocument } from './yaml.ts';

/** A deployment spec as read, with what its author should know. */
export interface ReadDeployment {
  readonly document: SpecDocument;
  /** What it gives every service that has a parameter of the name. */
  readonly parameters: { readonly [name: string]: string };
  /** `file:line:column: ...` sentences. */
  readonly warnings: readonly string[];
}

/**
 * What a YAML 1.1 reader, of which there are many, takes for a number, a truth value, nothing or a date
 * (yaml.org/type: int, float, bool, null, timestamp).
 */
const misread: readonly (readonly [RegExp, string])[] = [
  [/^[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?$/, 'a number'],
  [/^0(?:x[0-9a-fA-F_]+|o[0-7_]+|b[01_]+)$/, 'a number'],
  [/^(?:y|n|yes|no|on|off|true|false)$/i, 'true or false'],
  [/^null$/i, 'nothing'],
  [/^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$/, 'a date'],
];

const parameterPattern = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** A version is the scalar's source text: `1.10` is not `1.1`. */
function version(node: DocumentNode, at: read.Reader): string | undefined {
  if (node.kind !== 'scalar' || node.source === '') {
    at.add(node, `expected a version, found ${describeNode(node)}`, 'such as 1.4.2');
    return undefined;
  }
  if (!versionPattern.test(node.source)) {
    const hint = 'letters, digits, dots, hyphens and underscores, at most 64, as in an image tag';
    at.add(node, `${describeNode(node)} is no version`, hint);
    return undefined;
  }
  const as = misread.find(([pattern]) => pattern.test(node.source))?.[1];
  if (as !== undefined && !node.quoted) {
    at.warn(node, `other YAML readers take the version ${node.source} for ${as}; write "${node.source}"`);
  }
  return node.source;
}

const port = read.integer(1, 65_535);

function checkPort(key: string): string | null {
  const value = /^[1-9][0-9]{0,4}$/.test(key) ? Number(key) : NaN;
  return value <= 65_535 ? null : 'is no port: a whole number from 1 to 65535';
}

/** A key check for `mapOf`: what a parameter may be called. */
export function checkParameter(key: string): string | null {
  return parameterPattern.test(key) ? null : 'is no name of a parameter: letters, digits and underscores';
}

const replicas = read.optional(read.integer(0, 10_000), null);

const entry: read.Read<SpecEntry> = read.byKind('a version, or a map with a version', {
  scalar: (node, at) => {
    const found = version(node, at);
    return found === undefined ? undefined : { version: found, replicas: null, parameters: {}, ports: {} };
  },
  map: read.chain(
    read.object({
      version: read.required(version),
      replicas,
      parameters: read.optional(read.mapOf(checkParameter, read.text), {}),
      ports: read.optional(read.mapOf(checkPort, port), {}),
      cluster: read.optional(read.name, null),
    }),
    // Left out when it was: an entry of before there was the key stays the same, byte for byte.
    ({ cluster, ...rest }): SpecEntry => (cluster === null ? rest : { ...rest, cluster }),
  ),
});

const deployment = read.object({
  apiVersion: read.required(read.choice(['drayage/v1'])),
  kind: read.required(read.choice(['Deployment'])),
  environment: read.required(read.name),
  revision: read.optional(read.integer(0, Number.MAX_SAFE_INTEGER), null),
  parameters: read.optional(read.mapOf(checkParameter, read.text), {}),
  services: read.required(read.mapOf(read.nameOf('a service'), entry)),
});

/** Reads a `kind: Deployment` document. Throws `document.invalid` with every problem, or `document.too-large`. */
export function readDeployment(file: SourceFile): ReadDeployment {
  const root = parseDocument(file);
  const problems = createProblems(file);
  const found = deployment(root, read.plainReader(problems));
  problems.throwIfAny();
  if (found === undefined) throw new Error('a document that was not read names no problem');
  const { environment, services, revision, parameters } = found;
  return { document: { environment, services, base: revision }, parameters, warnings: problems.warnings };
}

/** A spec as a `kind: Deployment` document, services by name; it reads back as the same. */
export function renderDeployment(spec: Spec, revision: number): string {
  const lines = [
    'apiVersion: drayage/v1',
    'kind: Deployment',
    `environment: ${quoted(spec.environment)}`,
    `revision: ${revision}`,
  ];
  const names = Object.keys(spec.services).sort();
  if (names.length === 0) return `${[...lines, 'services: {}'].join('\n')}\n`;
  lines.push('services:');
  for (const service of names) {
    const of = spec.services[service];
    if (of !== undefined) lines.push(...renderEntry(service, of));
  }
  return `${lines.join('\n')}\n`;
}

function renderEntry(service: string, of: SpecEntry): readonly string[] {
  const members: string[] = [];
  if (of.cluster !== undefined) members.push(`    cluster: ${quoted(of.cluster)}`);
  if (of.replicas !== null) members.push(`    replicas: ${of.replicas}`);
  const parameters = Object.entries(of.parameters).sort(byKey);
  if (parameters.length > 0) members.push('    parameters:');
  for (const [key, value] of parameters) members.push(`      ${quoted(key)}: ${quoted(value)}`);
  const ports = Object.entries(of.ports).sort(([a], [b]) => Number(a) - Number(b));
  if (ports.length > 0) members.push('    ports:');
  for (const [target, published] of ports) members.push(`      ${target}: ${published}`);
  const key = quoted(service);
  if (members.length === 0) return [`  ${key}: ${JSON.stringify(of.version)}`];
  return [`  ${key}:`, `    version: ${JSON.stringify(of.version)}`, ...members];
}

function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Plain where every YAML reader sees a text in it; else as JSON writes it, which YAML 1.2 reads alike. */
function quoted(text: string): string {
  const plain = /^[A-Za-z][A-Za-z0-9._-]*$/.test(text);
  return plain && !misread.some(([pattern]) => pattern.test(text)) ? text : JSON.stringify(text);
}

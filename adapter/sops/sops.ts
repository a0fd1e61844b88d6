import { createHash } from 'node:crypto';
import { jsonOfNode, type DocumentNode, type MapNode, type ScalarNode } from '../../core/document/node.ts';
import { parseDocument } from '../../core/document/yaml.ts';
import type { SecretSource } from '../../core/platform.ts';
import { secretBytesMost } from '../../core/secret.ts';
import { Fault, isFault } from '../../core/fault.ts';
import type { SourcedSecret } from '../../port/secrets.ts';
import { readWhole } from '../secret-file.ts';
import { readDotenv, type SopsFile } from './dotenv.ts';
import { broken } from './fault.ts';
import { openDataKey, readIdentities } from './identity.ts';
import { readMetadata, type SopsMetadata } from './metadata.ts';
import { openValue, plainValue, typedValue, type PlainValue } from './value.ts';

type SopsSource = Extract<SecretSource, { readonly kind: 'sops' }>;

/** What a document may have at most, and a file with it. */
const fileBytesMost = 1_048_576;

/** Begins the MAC of a file in which it covers the sealed values alone (sops.go, MACOnlyEncryptedInitialization). */
const sealedOnly = createHash('sha256').update('sops').digest();

/** A value with the keys that lead to it; `steps` has the numbers of list items too. */
interface Leaf {
  readonly path: readonly string[];
  readonly steps: readonly string[];
  readonly node: ScalarNode;
}

/**
 * Reads a value of a file that sops encrypted to age recipients, after all of it was found to be as sops wrote it: each
 * sealed value opens at its own place only, and the MAC covers them all (getsops/sops 3.13, sops.go). Paths are absolute.
 * Throws `secret.unreachable`, `secret.denied`, `secret.key-wrong`, `secret.key-exposed`, `secret.unknown`,
 * `secret.broken`. No fault quotes the file.
 */
export async function readSops(
  source: SopsSource,
  { file, identity }: { readonly file: string; readonly identity: string },
  signal: AbortSignal,
): Promise<SourcedSecret> {
  const text = (await readWhole(file, { bytesMost: fileBytesMost, what: 'a SOPS file' }, signal)).toString('utf8');
  const { values, metadata: found } = source.format === 'dotenv' ? readDotenv(file, text) : readTree(file, text);
  const metadata = readMetadata(file, found);
  const identities = await readIdentities(identity, file);
  const key = await openDataKey(file, metadata.keys, { path: identity, identities });
  try {
    const value = openAll(file, values, { metadata, key, wanted: source.key });
    if (value.length > 0 && value.length <= secretBytesMost) return { value, version: null };
    throw broken(file, `${source.key.join('.')} has ${value.length} bytes; a secret has 1 to ${secretBytesMost}`);
  } finally {
    key.fill(0);
  }
}

/** JSON is YAML here: one reader keeps the order of both. */
function readTree(file: string, text: string): SopsFile {
  const root = parsed(file, text);
  if (root.kind !== 'map') throw broken(file, 'it is no map');
  const own = root.entries.find((entry) => entry.key === 'sops');
  if (own === undefined) throw broken(file, 'sops did not write it: it has no key sops');
  return {
    values: { ...root, entries: root.entries.filter((entry) => entry !== own) },
    metadata: jsonOfNode(own.value),
  };
}

/** The messages of the reader quote what it reads. */
function parsed(file: string, text: string): DocumentNode {
  try {
    return parseDocument({ name: file, text });
  } catch (error) {
    if (!isFault(error)) throw error;
    const line = error.problems?.[0]?.line;
    throw broken(file, line === undefined ? 'it is too large' : `it is no document that can be read (line ${line})`);
  }
}

/** Opens everything, holds it against the MAC, and gives the one value. */
function openAll(
  file: string,
  values: MapNode,
  of: { readonly metadata: SopsMetadata; readonly key: Uint8Array; readonly wanted: readonly string[] },
): Buffer {
  const { metadata, key, wanted } = of;
  const hash = createHash('sha512');
  if (metadata.macOnlyEncrypted) hash.update(sealedOnly);
  let found: Buffer | null = null;
  for (const leaf of leavesOf(values, [], [])) {
    const isSealed = metadata.isSealed(leaf.path);
    const value = isSealed ? openLeaf(file, leaf, key) : plainValue(leaf.node);
    if (value === null) continue;
    const isCovered = isSealed || !metadata.macOnlyEncrypted;
    if (isCovered) hash.update(value.mac);
    if (isSame(leaf.steps, wanted)) {
      if (!isCovered) throw uncovered(file, wanted);
      found = Buffer.from(value.secret);
    }
    value.mac.fill(0);
    value.secret.fill(0);
  }
  const mac = openValue(metadata.mac, key, metadata.lastModified);
  if (mac?.type !== 'str') throw broken(file, 'its MAC does not open: its bytes were changed');
  if (mac.bytes.toString('latin1') !== hash.digest('hex').toUpperCase())
    throw broken(file, 'its MAC is not that of its values: some were changed, moved, added or left out');
  if (found !== null) return found;
  throw unknownKey(file, values, wanted);
}

/** Nothing tells whether somebody else put it there. */
function uncovered(file: string, wanted: readonly string[]): Fault {
  const why = 'stands open, and the MAC of the file covers sealed values alone (mac_only_encrypted)';
  return broken(file, `${wanted.join('.')} ${why}: it may have been changed`);
}

function openLeaf(file: string, { path, node }: Leaf, key: Uint8Array): PlainValue | null {
  if (node.value === null || node.source === '') return plainValue(node); // sops seals neither
  const where = path.join('.');
  const opened = openValue(node.source, key, `${path.join(':')}:`);
  if (opened === null) throw broken(file, `the value of ${where} does not open: it was changed, moved or never sealed`);
  const value = typedValue(opened.type, opened.bytes);
  if (value === null) throw broken(file, `the value of ${where} is not of the type that it names`);
  return value;
}

/** In the order of the document, as the MAC has it. */
function* leavesOf(node: DocumentNode, path: readonly string[], steps: readonly string[]): Generator<Leaf> {
  if (node.kind === 'scalar') yield { path, steps, node };
  else if (node.kind === 'list')
    for (const [index, item] of node.items.entries()) yield* leavesOf(item, path, [...steps, String(index)]);
  else for (const { key, value } of node.entries) yield* leavesOf(value, [...path, key], [...steps, key]);
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}

/** What is there instead: keys are open in the file. */
function unknownKey(file: string, values: MapNode, wanted: readonly string[]): Fault {
  const where = wanted.join('.');
  const isAbove = [...leavesOf(values, [], [])].some(({ steps }) => isSame(steps.slice(0, wanted.length), wanted));
  const keys = values.entries.slice(0, 20).map((entry) => entry.key);
  const message = isAbove ? `${where} in ${file} is no single value.` : `${file} has no value at ${where}.`;
  return new Fault('secret.unknown', message, {
    facts: { path: file, key: [...wanted], keys },
    next: `Name the keys that lead to it; the outermost are ${keys.join(', ')}.`,
  });
}

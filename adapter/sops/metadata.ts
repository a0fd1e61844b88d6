import { RE2JS } from 're2js';
import { z } from 'zod';
import type { Json } from '../../core/json.ts';
import { broken, notForUs } from './fault.ts';

/** A data key, sealed to one age recipient. */
export interface SealedKey {
  readonly recipient: string;
  readonly enc: string;
}

/** What sops wrote beside the values. */
export interface SopsMetadata {
  readonly keys: readonly SealedKey[];
  /** Whether the value below these keys is sealed. */
  isSealed(path: readonly string[]): boolean;
  /** The MAC, itself sealed, with this as its additional data. */
  readonly mac: string;
  readonly lastModified: string;
  readonly macOnlyEncrypted: boolean;
}

/** How many recipients are tried. */
const keysMost = 50;

const ageKey = z.object({ recipient: z.string().max(8_192), enc: z.string().max(65_536) });
const others = ['pgp', 'kms', 'gcp_kms', 'hckms', 'azure_kv', 'hc_vault'] as const;
const ruleNames = ['unencrypted_suffix', 'encrypted_suffix', 'unencrypted_regex', 'encrypted_regex'] as const;
const commentRules = ['unencrypted_comment_regex', 'encrypted_comment_regex'] as const;
const rule = z.string().max(2_000).optional();
const list = z.array(z.unknown()).nullish();

const shape = z.object({
  age: z.array(ageKey).max(keysMost).nullish(),
  key_groups: list,
  pgp: list,
  kms: list,
  gcp_kms: list,
  hckms: list,
  azure_kv: list,
  hc_vault: list,
  lastmodified: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/),
  mac: z.string().max(4_096),
  mac_only_encrypted: z.union([z.boolean(), z.enum(['true', 'false', ''])]).nullish(),
  unencrypted_suffix: rule,
  encrypted_suffix: rule,
  unencrypted_regex: rule,
  encrypted_regex: rule,
  unencrypted_comment_regex: rule,
  encrypted_comment_regex: rule,
});

type Shape = z.infer<typeof shape>;

/** Reads what stands under `sops` in a file (getsops/sops 3.13, stores/stores.go). Throws `secret.broken`, `secret.denied`. */
export function readMetadata(file: string, found: Json): SopsMetadata {
  const read = shape.safeParse(found);
  if (!read.success) throw broken(file, `what sops writes beside the values is not all there (${wrongIn(read.error)})`);
  const { data } = read;
  const commented = commentRules.find((name) => given(data[name]));
  if (commented !== undefined)
    throw notForUs(
      file,
      `its ${commented} lets comments say what is sealed`,
      'Encrypt it by keys: with encrypted_regex or unencrypted_suffix, or all of it.',
    );
  return {
    keys: sealedKeys(file, data),
    isSealed: ruleOf(file, data),
    mac: data.mac,
    // sops formats the moment anew before it takes it for additional data.
    lastModified: data.lastmodified.replace(/\.\d+/, '').replace(/[+-]00:00$/, 'Z'),
    macOnlyEncrypted: data.mac_only_encrypted === true || data.mac_only_encrypted === 'true',
  };
}

function sealedKeys(file: string, data: Shape): readonly SealedKey[] {
  if (data.age !== null && data.age !== undefined && data.age.length > 0) return data.age;
  const groups = data.key_groups?.length ?? 0;
  const kinds = others.filter((name) => isFilled(data[name]));
  const why =
    groups > 0 ? 'its data key is split over key groups' : `its data key is sealed by ${kinds.join(', ')} alone`;
  if (groups === 0 && kinds.length === 0) throw broken(file, 'it names no key that opens it');
  throw notForUs(file, `${why}; only age is read here`, 'Add an age recipient to .sops.yaml, then: sops updatekeys.');
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** At most one rule stands in a file; without one, what ends with `_unencrypted` is open. */
function ruleOf(file: string, data: Shape): SopsMetadata['isSealed'] {
  const names = ruleNames.filter((name) => given(data[name]));
  if (names.length > 1) throw broken(file, `it has several rules at once: ${names.join(', ')}`);
  const [name = 'unencrypted_suffix'] = names;
  const text = data[name] ?? '_unencrypted';
  const matches = name.endsWith('suffix') ? (key: string) => key.endsWith(text) : pattern(file, name, text);
  const sealsMatches = name.startsWith('encrypted');
  return (path) => path.some(matches) === sealsMatches;
}

/** Go's own syntax, in linear time: what stands in a file must not be able to keep the server busy. */
function pattern(file: string, name: string, text: string): (key: string) => boolean {
  try {
    const compiled = RE2JS.compile(text);
    return (key) => compiled.matcher(key).find();
  } catch {
    throw broken(file, `its ${name} is no regular expression`);
  }
}

function given(text: string | undefined): boolean {
  return text !== undefined && text !== '';
}

function wrongIn(error: z.ZodError): string {
  return [...new Set(error.issues.map(({ path }) => String(path[0] ?? 'sops')))].join(', ');
}

import type { SecretSource } from '../platform.ts';
import * as read from './reader.ts';

const path = read.matching('a path', /^[^\0]{1,1024}$/, 'relative to the folder of this document, or absolute');

const vault = read.object({
  address: read.required(
    read.matching('an address', /^https?:\/\/[^\s/?#@]+$/, 'such as https://vault.example.com:8200'),
  ),
  mount: read.optional(read.matching('a mount', /^[A-Za-z0-9][A-Za-z0-9_./-]{0,127}$/, 'such as secret'), 'secret'),
  path: read.required(
    read.matching('a path of the store', /^(?!.*\.\.)[A-Za-z0-9_.-][A-Za-z0-9_./ -]{0,511}$/, 'such as prod/cart'),
  ),
  field: read.optional(read.filledText, 'value'),
  token: read.required(path),
});

/** How deep a value may lie in a SOPS file. */
const keyStepsMost = 20;

const key = read.byKind<readonly string[], read.Reader>('a key, or the list of keys that lead to a value', {
  scalar: read.chain(read.filledText, (one) => [one]),
  list: read.chain(read.listOf(read.filledText, keyStepsMost), (steps, node, at) => {
    if (steps.length > 0) return steps;
    at.add(node, 'a list without a key');
    return undefined;
  }),
});

/** As sops itself goes by the end of the name; what has another end is a whole file, encrypted as one value. */
const formats = { yaml: /\.ya?ml$/i, json: /\.json$/i, dotenv: /\.env$/i } as const;

type SopsFormat = Extract<SecretSource, { readonly kind: 'sops' }>['format'];

const sops = read.chain(
  read.object({
    file: read.required(path),
    format: read.optional(read.choice(['yaml', 'json', 'dotenv', 'binary']), null),
    key: read.optional(key, null),
    identity: read.required(path),
  }),
  (of, node, at): Extract<SecretSource, { readonly kind: 'sops' }> | undefined => {
    const format = of.format ?? formatOf(of.file);
    // What sops makes of a whole file has one key, which nobody chose.
    if ((format === 'binary') === (of.key === null))
      return { kind: 'sops', file: of.file, format, key: of.key ?? ['data'], identity: of.identity };
    const message = format === 'binary' ? 'a file that is encrypted as a whole has no keys' : "'key' is missing";
    at.add(node, message, `${of.file} is read as ${format}; 'format' says otherwise`);
    return undefined;
  },
);

function formatOf(file: string): SopsFormat {
  if (formats.yaml.test(file)) return 'yaml';
  if (formats.json.test(file)) return 'json';
  return formats.dotenv.test(file) ? 'dotenv' : 'binary';
}

const sourceKeys = {
  engine: read.optional(
    read.matching('a name on the engine', /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?$/, ''),
    null,
  ),
  file: read.optional(path, null),
  sops: read.optional(sops, null),
  vault: read.optional(vault, null),
};

/** Exactly one of its keys says where the secret is kept. */
export const secretSource: read.Read<SecretSource> = read.chain(
  read.object(sourceKeys),
  (of, node, at): SecretSource | undefined => {
    const found: SecretSource[] = [
      ...(of.engine === null ? [] : [{ kind: 'engine', name: of.engine } as const]),
      ...(of.file === null ? [] : [{ kind: 'file', path: of.file } as const]),
      ...(of.sops === null ? [] : [of.sops]),
      ...(of.vault === null ? [] : [{ kind: 'vault', ...of.vault } as const]),
    ];
    if (found.length === 1) return found[0];
    at.add(node, 'a secret is kept in exactly one place', `one of ${Object.keys(sourceKeys).join(', ')}`);
    return undefined;
  },
);

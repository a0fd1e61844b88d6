import { signersMost, type SignerDefinition } from '../evidence/signer.ts';
import { patternCharactersMost } from '../evidence/pattern.ts';
import { entryOf, type DocumentNode } from './node.ts';
import type { Problems } from './problems.ts';
import * as read from './reader.ts';
import { suggest } from './suggest.ts';

const path = read.matching('a path', /^[^\0\n]{1,1024}$/, 'relative to the folder of this document, or absolute');

/** What a value of provenance or an identity has to look like: `*` for any characters but `/`, `**` for any at all. */
export const pattern: read.Read<string> = read.matching(
  'a pattern',
  new RegExp(`^[^\\p{Cc}]{1,${patternCharactersMost}}$`, 'u'),
  `one line of at most ${patternCharactersMost} characters; * stands for any but /, ** for any at all`,
);

const pem = read.matching(
  'a public key as PEM',
  /^\s*-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]{40,4000}-----END PUBLIC KEY-----\s*$/,
  'the text of the file that `cosign generate-key-pair` calls cosign.pub',
);

const identity = read.object({
  issuer: read.required(
    read.matching(
      'the address of an identity provider',
      /^https?:\/\/\S{1,500}$/,
      'such as https://accounts.google.com',
    ),
  ),
  subject: read.required(pattern),
});

const keys = {
  key: read.optional(pem, null),
  keyFile: read.optional(path, null),
  identity: read.optional(identity, null),
  trustedRoot: read.optional(path, null),
  log: read.optional(read.choice(['required', 'optional']), null),
};

/** A signer is a key, here or in a file, or an identity. */
const signer: read.Read<SignerDefinition> = read.chain(
  read.object(keys),
  ({ key, keyFile, identity: who, trustedRoot, log }, node, at): SignerDefinition | undefined => {
    const given = [key, keyFile, who].filter((it) => it !== null).length;
    if (given !== 1) {
      at.add(node, 'a signer is exactly one of key, keyFile and identity');
      return undefined;
    }
    if (who !== null) {
      if (trustedRoot !== null) return { kind: 'identity', ...who, trustedRoot, log: log ?? 'required' };
      at.add(node, "'trustedRoot' is missing", 'a file with the sigstore trusted root whose authorities are believed');
      return undefined;
    }
    // A key is believed for itself: where there is a trusted root beside it, its log is asked for.
    if (log !== null)
      at.add(node, "'log' is of an identity", 'a key whose signatures have to be logged has a trustedRoot');
    return { kind: 'key', key: key === null ? { path: keyFile ?? '' } : { pem: key.trim() }, trustedRoot };
  },
);

/** `signers`: whose signatures environments can ask for. */
export const signers: read.Read<{ readonly [name: string]: SignerDefinition }> = read.chain(
  read.mapOf(read.nameOf('a signer'), signer),
  (all, node, at) => {
    if (Object.keys(all).length > signersMost) at.add(node, `more than ${signersMost} signers`);
    return all;
  },
);

/** Every signer that an environment asks for has to be one of the document's. */
export function checkSigners(root: DocumentNode, known: readonly string[], problems: Problems): void {
  const environments = member(root, 'environments');
  if (environments?.kind !== 'map') return;
  for (const { value } of environments.entries) {
    const requires = member(value, 'requires');
    const named = [
      ...itemsOf(member(requires, 'signatures')),
      ...itemsOf(member(member(requires, 'provenance'), 'signedBy')),
    ];
    for (const item of named) {
      if (item.kind !== 'scalar' || known.includes(item.source)) continue;
      const near = suggest(item.source, known);
      const all = known.length === 0 ? "name it under 'signers'" : `signers: ${known.join(', ')}`;
      problems.add(
        item,
        `there is no signer '${item.source.slice(0, 60)}'`,
        near === null ? all : `did you mean '${near}'?`,
      );
    }
  }
}

function member(node: DocumentNode | undefined, key: string): DocumentNode | undefined {
  return node?.kind === 'map' ? entryOf(node, key)?.value : undefined;
}

function itemsOf(node: DocumentNode | undefined): readonly DocumentNode[] {
  return node?.kind === 'list' ? node.items : [];
}

import { createPublicKey, type KeyObject } from 'node:crypto';
import { resolve } from 'node:path';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial, type KeyFinderFunc, type TrustMaterial } from '@sigstore/verify';
import { Fault } from '../../core/fault.ts';
import type { SignerDefinition } from '../../core/evidence/signer.ts';
import { codeOf, readAtMost } from '../whole-file.ts';

/** Who is believed, and by what. */
export interface Trust {
  /** Null: no key, but an identity. */
  readonly key: KeyObject | null;
  /** Null: no authority and no log. */
  readonly root: TrustedRoot | null;
  readonly material: TrustMaterial;
  /** The texts that all of this was read from: others are another trust. */
  readonly made: string;
}

const fileBytesMost = 1024 * 1024;
const kinds: ReadonlySet<string | undefined> = new Set(['ec', 'rsa', 'ed25519']);

/** Reads a signer's key and trusted root. Throws `signer.unreadable`. */
export async function readTrust(
  folder: string,
  name: string,
  signer: SignerDefinition,
  signal: AbortSignal,
): Promise<Trust> {
  const { trustedRoot } = signer;
  const pem = signer.kind === 'identity' ? null : await pemOf(folder, name, signer.key, signal);
  const key = pem === null ? null : keyOf(name, pem);
  const text = trustedRoot === null ? null : await readText(folder, trustedRoot, name, signal);
  const finder: KeyFinderFunc = () => {
    if (key === null) throw new Error('an identity signs with a certificate');
    return { publicKey: key, validFor: () => true };
  };
  const root = text === null ? null : rootOf(name, text);
  const nothing = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [], publicKey: finder };
  try {
    const material = root === null ? nothing : toTrustMaterial(root, finder);
    return { key, root, material, made: `${pem ?? ''}\n${text ?? ''}` };
  } catch (cause) {
    throw unreadable(name, 'a key or certificate in its trusted root cannot be read', cause);
  }
}

async function pemOf(
  folder: string,
  name: string,
  key: Extract<SignerDefinition, { readonly kind: 'key' }>['key'],
  signal: AbortSignal,
): Promise<string> {
  return 'pem' in key ? key.pem : await readText(folder, key.path, name, signal);
}

/** A private key in the place of a public one would work as well, and must not lie there. */
function keyOf(name: string, pem: string): KeyObject {
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) throw unreadable(name, 'it is no public key as PEM', null);
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    throw unreadable(name, 'its public key cannot be read', cause);
  }
  if (kinds.has(key.asymmetricKeyType)) return key;
  throw unreadable(
    name,
    `its key is of the kind ${key.asymmetricKeyType ?? '?'}; ECDSA, RSA and Ed25519 are known`,
    null,
  );
}

function rootOf(name: string, text: string): TrustedRoot {
  try {
    const root = TrustedRoot.fromJSON(JSON.parse(text));
    if (root.mediaType.startsWith('application/vnd.dev.sigstore.trustedroot')) return root;
  } catch (cause) {
    throw unreadable(name, 'its trusted root is damaged', cause);
  }
  throw unreadable(name, 'the file that it names as trusted root is none', null);
}

/** Messages have the path as the document has it: whoever may look at a release reads them. */
async function readText(folder: string, path: string, name: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  try {
    const content = await readAtMost(resolve(folder, path), fileBytesMost);
    if (content.length > fileBytesMost) throw unreadable(name, `${path} has more than ${fileBytesMost} bytes`, null);
    return content.toString('utf8');
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw unreadable(name, `${path} cannot be read: ${codeOf(cause)}`, cause);
  }
}

function unreadable(signer: string, why: string, cause: unknown): Fault {
  return new Fault('signer.unreadable', `The signer ${signer} cannot be asked: ${why}.`, {
    facts: { signer, why },
    ...(cause === null ? {} : { cause }),
  });
}

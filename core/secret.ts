/** Which secret is meant, never what it is: a version by an identity that tells nothing of the value. */
export type SecretRef =
  | {
      readonly kind: 'version';
      /** As people know it: a number that grows, or where a provider has none the beginning of `id`. */
      readonly version: string;
      /** HMAC over place and value, 32 hexadecimal digits: the secret's name on every engine. */
      readonly id: string;
    }
  /** One that somebody else put on the engine, by its name there. */
  | { readonly kind: 'engine'; readonly name: string };

/** Whether a newer version of a secret alone restarts the tasks that have an older one. */
export type RestartPolicy = 'changed' | 'never';

/** What users may call a secret: what a Compose file and a file system may. */
export const secretNamePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

export const secretNameHint =
  '1 to 63 letters, digits, dots, hyphens and underscores, beginning with a letter or digit';

/** How many bytes a secret has at most: Swarm refuses 500 KiB itself (swarmkit, api/validation/secrets.go, ValidateSecretPayload). */
export const secretBytesMost = 500 * 1024 - 1;

/** Roughly how large a value is, for the ledger: its exact length would tell too much of a short one. */
export type SizeClass = 'up to 64 bytes' | 'up to 4 KiB' | 'up to 64 KiB' | 'up to 500 KiB';

export function sizeClassOf(bytes: number): SizeClass {
  if (bytes <= 64) return 'up to 64 bytes';
  if (bytes <= 4_096) return 'up to 4 KiB';
  return bytes <= 65_536 ? 'up to 64 KiB' : 'up to 500 KiB';
}

/** A version as people read it. */
export function shownRef(ref: SecretRef): string {
  return ref.kind === 'version' ? `version ${ref.version}` : `${ref.name} of the engine`;
}

export function isSameRef(a: SecretRef | undefined, b: SecretRef | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.kind === 'engine') return b.kind === 'engine' && a.name === b.name;
  return b.kind === 'version' && a.id === b.id && a.version === b.version;
}

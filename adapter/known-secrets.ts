import { isUtf8 } from 'node:buffer';
import type { KnownSecrets } from '../port/secrets.ts';

/** How many values are remembered; of more, those noted last. */
const valuesMost = 1_000;

const textBytesMost = 4_096;

/** Remembers the secrets that pass through this process. */
export interface SecretMemory extends KnownSecrets {
  note(value: string): void;
  /**
   * The same of bytes: text of at most 4 KiB. Larger ones, such as bundles of certificates, and what is no text are not
   * looked for: they would be in a log as a whole hardly ever, and to look for them costs too much.
   */
  noteBytes(value: Uint8Array): void;
}

export function createSecretMemory(first: readonly (string | undefined)[]): SecretMemory {
  let known: readonly string[] = first.filter((value) => value !== undefined && value !== '') as readonly string[];
  const note = (value: string): void => {
    if (value !== '' && !known.includes(value)) known = [...known, value].slice(-valuesMost);
  };
  return {
    values: () => known,
    note,
    noteBytes(value) {
      const text = value.length > textBytesMost || !isUtf8(value) ? '' : Buffer.from(value).toString('utf8');
      note(text.replace(/\r?\n$/, ''));
    },
  };
}

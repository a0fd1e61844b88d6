import type { KnownSecrets } from '../port/secrets.ts';

/** How many values are remembered; of more, those noted last. */
const valuesMost = 1_000;

/** Remembers the secrets that pass through this process. */
export interface SecretMemory extends KnownSecrets {
  note(value: string): void;
}

export function createSecretMemory(first: readonly (string | undefined)[]): SecretMemory {
  let known: readonly string[] = first.filter((value) => value !== undefined && value !== '') as readonly string[];
  return {
    values: () => known,
    note(value) {
      if (value !== '' && !known.includes(value)) known = [...known, value].slice(-valuesMost);
    },
  };
}

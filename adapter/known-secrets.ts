import { isUtf8 } from 'node:buffer';
import type { KnownSecrets } from '../port/secrets.ts';

/** How many values are remembered; of more, those noted last. */
const valuesMost = 1_000;

/** How many registries' logins are remembered, and how many of each: those noted last. */
const hostsMost = 50;
const loginsMost = 20;

const textBytesMost = 4_096;

/** Remembers the secrets that pass through this process. */
export interface SecretMemory extends KnownSecrets {
  note(value: string): void;
  /**
   * The same of bytes: text of at most 4 KiB. Larger ones, such as bundles of certificates, and what is no text are not
   * looked for: they would be in a log as a whole hardly ever, and to look for them costs too much.
   */
  noteBytes(value: Uint8Array): void;
  /** A password or token of a registry. Some come anew with each question: they never take the place of a secret. */
  noteLogin(host: string, value: string): void;
  /** How many values that were noted are known no more; logins do not count. */
  forgotten(): number;
}

/** What is known `first` is never forgotten. */
export function createSecretMemory(first: readonly (string | undefined)[]): SecretMemory {
  const secrets = createRing(valuesMost);
  const logins = new Map<string, Ring>();
  let known: readonly string[] | null = null;
  const note = (value: string): void => {
    if (value !== '' && secrets.note(value)) known = null;
  };
  const collect = (): readonly string[] => {
    const constant = first.filter((value) => value !== undefined && value !== '') as readonly string[];
    const ofHosts = [...logins.values()].flatMap((ring) => ring.values());
    return [...new Set([...constant, ...secrets.values(), ...ofHosts])];
  };
  return {
    values: () => (known ??= collect()),
    note,
    noteBytes(value) {
      const text = value.length > textBytesMost || !isUtf8(value) ? '' : Buffer.from(value).toString('utf8');
      note(text.replace(/\r?\n$/, ''));
    },
    noteLogin(host, value) {
      if (value === '') return;
      const ring = logins.get(host) ?? createRing(loginsMost);
      logins.delete(host);
      logins.set(host, ring);
      if (ring.note(value)) known = null;
      const [oldest] = logins.keys();
      if (logins.size > hostsMost && oldest !== undefined) logins.delete(oldest);
    },
    forgotten: () => secrets.forgotten(),
  };
}

interface Ring {
  /** True when it was not there. One that was is now the last. */
  note(value: string): boolean;
  values(): readonly string[];
  forgotten(): number;
}

function createRing(most: number): Ring {
  const values = new Set<string>();
  let forgotten = 0;
  return {
    note(value) {
      const isNew = !values.delete(value);
      values.add(value);
      const [oldest] = values;
      if (values.size > most && oldest !== undefined) {
        values.delete(oldest);
        forgotten += 1;
      }
      return isNew;
    },
    values: () => [...values],
    forgotten: () => forgotten,
  };
}

import type { Digest } from '../../core/hash.ts';
import type { Reader } from '../sqlite/reader.ts';

/**
 * A reader that answers the same question from memory until something is written: what it has read it gives again, the
 * very same object. `changes` counts the writes.
 */
export function createRememberingReader(reader: Reader, changes: () => number): Reader {
  const known = new Map<string, unknown>();
  let knownAt = changes();

  /** Once for each set of arguments, as long as nothing is written. */
  function once<Arguments extends readonly unknown[], T>(
    name: string,
    read: (...of: Arguments) => T,
  ): (...of: Arguments) => T {
    return (...of) => {
      const now = changes();
      if (now !== knownAt) known.clear();
      knownAt = now;
      const key = `${name} ${JSON.stringify(of)}`;
      if (known.has(key)) return known.get(key) as T;
      const made = read(...of);
      known.set(key, made);
      return made;
    };
  }
  return {
    ...reader,
    lease: once('lease', () => reader.lease()),
    head: once('head', () => reader.head()),
    version: once('version', (stream: string) => reader.version(stream)),
    stream: once('stream', (stream: string) => reader.stream(stream)),
    blob: once('blob', (digest: Digest) => reader.blob(digest)),
    release: once('release', reader.release),
    evidence: once('evidence', reader.evidence),
    deployment: once('deployment', reader.deployment),
    unfinished: once('unfinished', reader.unfinished),
    inventory: once('inventory', reader.inventory),
    revision: once('revision', reader.revision),
    revisionOf: once('revisionOf', reader.revisionOf),
    platform: once('platform', reader.platform),
  };
}

import { known, missing, type Answer } from './answer.ts';
import type { Ancestor } from './image.ts';

/** An image that a release is known to hold. */
export interface KnownImage {
  readonly digest: string;
  /** `service@version`. */
  readonly release: string;
}

/** An image that another one names as its base. */
export interface NamedBase {
  readonly name: string | null;
  readonly digest: string | null;
  /** In ms since 1970; absent: nobody was asked, or it does not say. */
  readonly createdAt?: number;
}

/**
 * The ancestors of an image, the nearest first: what it names itself and what that names in turn, then known images whose
 * layers lie below its own. One that is found both ways stands once.
 */
export function ancestorsOf(named: readonly NamedBase[], below: readonly KnownImage[]): Answer<readonly Ancestor[]> {
  const releaseOf = new Map(below.map(({ digest, release }) => [digest, release]));
  const byName = named.map((base): Ancestor => {
    return { ...base, release: releaseOf.get(base.digest ?? '') ?? null, by: 'annotation' };
  });
  const told = new Set(named.map(({ digest }) => digest));
  const byLayers = below
    .filter(({ digest }) => !told.has(digest))
    .map(({ digest, release }): Ancestor => ({ name: null, digest, release, by: 'layers' }));
  const all = [...byName, ...byLayers];
  if (all.length > 0) {
    const ways = [
      ...(byName.length > 0 ? ['annotations of the image'] : []),
      ...(byLayers.length > 0 ? ['layers'] : []),
    ];
    return known(all, ways.join(' and '));
  }
  return missing(
    'the image names no base (org.opencontainers.image.base.name), and no known image has its lower layers',
  );
}

/** The registry's host in a reference (docker's rule: a first part with a dot, a port or a capital, or `localhost`). */
export function hostOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  return rest.length > 0 && (first === 'localhost' || /[.:A-Z[]/.test(first)) ? first : 'docker.io';
}

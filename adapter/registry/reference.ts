import { Fault } from '../../core/fault.ts';

/** An image reference in full, after distribution/reference (`reference.go`, v3). */
export interface ImageReference {
  /** Host, with its port where one is given: `docker.io`, `registry.example.com:5000`. */
  readonly host: string;
  /** Path of the repository on that host, such as `library/nginx`. */
  readonly repository: string;
  /** Null only when a digest alone is given. */
  readonly tag: string | null;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string | null;
}

const defaultHost = 'docker.io';
const longestName = 255;

const hostPattern =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]{1,5})?$/;
const partPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads `[host/]repository[:tag][@digest]`. Without a host it is Docker Hub's, where a name of one part stands below
 * `library/`; without tag and digest the tag is `latest`. Throws `image.unresolved` naming what is wrong.
 */
export function parseReference(text: string): ImageReference {
  const [beforeDigest = '', digest = null, ...more] = text.split('@');
  if (more.length > 0) throw malformed(text, 'it has more than one @');
  if (digest !== null && !digestPattern.test(digest)) {
    throw malformed(text, 'its digest is not sha256: and 64 hexadecimal digits');
  }
  const colon = beforeDigest.lastIndexOf(':');
  const hasTag = colon > beforeDigest.lastIndexOf('/');
  const name = hasTag ? beforeDigest.slice(0, colon) : beforeDigest;
  const givenTag = hasTag ? beforeDigest.slice(colon + 1) : null;
  if (givenTag !== null && !tagPattern.test(givenTag))
    throw malformed(text, 'its tag has a character that tags cannot have');
  const { host, repository } = readName(text, name);
  const tag = givenTag ?? (digest === null ? 'latest' : null);
  return { host, repository, tag, digest };
}

/** Writes a reference in full: host, repository, tag and digest as far as they are given. */
export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === null ? '' : `:${reference.tag}`;
  const digest = reference.digest === null ? '' : `@${reference.digest}`;
  return `${reference.host}/${reference.repository}${tag}${digest}`;
}

function readName(text: string, name: string): { host: string; repository: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const hasHost = slash >= 0 && looksLikeHost(first);
  const givenHost = hasHost ? first : defaultHost;
  const host = givenHost === 'index.docker.io' ? defaultHost : givenHost;
  if (!hostPattern.test(host)) throw malformed(text, `${host} is no host name`);
  const path = hasHost ? name.slice(slash + 1) : name;
  const repository = host === defaultHost && !path.includes('/') ? `library/${path}` : path;
  if (!path.split('/').every((part) => partPattern.test(part))) {
    throw malformed(text, 'a repository has lower-case letters and digits, separated by / . _ or -');
  }
  if (host.length + repository.length + 1 > longestName)
    throw malformed(text, `its name is longer than ${longestName} characters`);
  return { host, repository };
}

/** Docker's rule: a first part with a dot, a port or a capital, or `localhost`, is a host. */
function looksLikeHost(part: string): boolean {
  return part === 'localhost' || /[.:A-Z[]/.test(part);
}

function malformed(text: string, why: string): Fault {
  const shown = text.length > 300 ? `${text.slice(0, 300)}...` : text;
  return new Fault('image.unresolved', `"${shown}" is no image reference: ${why}.`, {
    facts: { reference: shown },
    next: 'Write it as registry.example.com/team/app:1.2.3.',
  });
}

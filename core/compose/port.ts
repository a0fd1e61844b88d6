import type { Parsed } from '../document/reader.ts';
import type { PublishedPort } from '../workload.ts';

const form = 'PUBLISHED:TARGET[/PROTOCOL], such as 8080:80 or 5000-5010:5000-5010/udp';
/** At most so many ports from one range. */
const mostOfRange = 1000;

interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * The short form of a port (Compose Specification, "ports"), one entry for each port of a range. The published port must
 * be there, since nobody would know it otherwise; an address to bind to is refused.
 */
export function parsePort(text: string): Parsed<readonly PublishedPort[]> {
  const match = /^(?:(.*):)?([^:/]*):([^:/]+)(?:\/(tcp|udp|sctp))?$/i.exec(text);
  if (match === null) return { wrong: /^[\d-]+(?:\/\w+)?$/.test(text) ? `no published port; ${form}` : form };
  const [, address, left = '', right = ''] = match;
  const protocol = match[4]?.toLowerCase();
  if (address !== undefined)
    return { wrong: 'a cluster publishes on all addresses of its nodes; leave the address out' };
  const published = parseRange(left);
  const target = parseRange(right);
  if (published === null || target === null) return { wrong: form };
  const count = target.last - target.first + 1;
  if (published.last - published.first + 1 !== count) return { wrong: 'both ranges must be of the same length' };
  if (count > mostOfRange) return { wrong: `a range of more than ${mostOfRange} ports` };
  const value = Array.from({ length: count }, (_, index): PublishedPort => ({
    target: target.first + index,
    published: published.first + index,
    protocol: protocol === 'udp' || protocol === 'sctp' ? protocol : 'tcp',
    mode: 'ingress',
  }));
  return { value };
}

function parseRange(text: string): Range | null {
  const match = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(text);
  if (match === null) return null;
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  return first <= last && last <= 65_535 ? { first, last } : null;
}

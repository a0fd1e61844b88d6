import { isIP } from 'node:net';
import { Fault } from '../core/fault.ts';

/** What a browser tells of where a request comes from and goes to. */
export interface Provenance {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** The header `Sec-Fetch-Site` (W3C Fetch Metadata); browsers send it to https and to localhost. */
  readonly fetchSite: string | undefined;
}

/**
 * Throws `auth.cross-site` unless a page of this server sent the request: what a browser says by `Sec-Fetch-Site`, else
 * an `Origin` that is the public address or the one that was asked. A browser that says neither is too old to be
 * believed.
 */
export function requireSameSite({ host, origin, fetchSite }: Provenance, publicUrl: string | null): void {
  if (fetchSite === 'same-origin') return;
  const own = [publicUrl === null ? null : new URL(publicUrl).origin, host === undefined ? null : `http://${host}`];
  if (fetchSite === undefined && origin !== undefined && own.includes(origin)) return;
  throw new Fault('auth.cross-site', 'A session cookie changes things only from a page of this server itself.', {
    facts: { origin: origin?.slice(0, 200) ?? null },
    next: 'Open the dashboard at its own address; a program sends a token instead of a cookie.',
  });
}

/**
 * Whether a request without credentials may count as one to this server: a page of another site whose name was made to
 * lead here (DNS rebinding) sends that name as its Host. An address cannot be rebound, and localhost never leaves the
 * machine.
 */
export function isOwnHost(host: string | undefined, publicUrl: string | null): boolean {
  const asked = host === undefined ? null : hostOf(`http://${host}`);
  if (asked === null) return false;
  if (publicUrl !== null && asked === hostOf(publicUrl)) return true;
  return asked === 'localhost' || asked.endsWith('.localhost') || isIP(asked.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

function hostOf(url: string): string | null {
  return URL.parse(url)?.hostname ?? null;
}

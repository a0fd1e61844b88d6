import { sha256 } from '../core/hash.ts';
import type { CookieSerializeOptions } from '@fastify/cookie';

/** The cookie that carries a browser's session. */
export interface SessionCookie {
  readonly name: string;
  readonly attributes: CookieSerializeOptions;
}

/**
 * How the session cookie of one installation is called and sent. Cookies do not know ports: with a name of its own
 * each, two servers on one host do not sign each other's browsers out. No script reads it, no page of another site
 * sends it, and over https it never goes unencrypted.
 */
export function sessionCookie(of: { readonly installation: string; readonly isHttps: boolean }): SessionCookie {
  return {
    name: `drayage_session_${sha256(of.installation).slice(0, 8)}`,
    attributes: { path: '/', httpOnly: true, sameSite: 'strict', secure: of.isHttps },
  };
}

/** How long a browser keeps the cookie of a session, in whole seconds. */
export function maxAgeSeconds(expiresAt: number, now: number): number {
  return Math.max(0, Math.floor((expiresAt - now) / 1000));
}

import type { Actor, App } from '../app/api.ts';
import { Fault, isFault } from '../core/fault.ts';
import type { Access } from '../wire/routes.ts';
import type { WrongTokens } from './wrong-tokens.ts';

/** Who asks, and from where. */
export interface Caller {
  readonly authorization: string | undefined;
  readonly address: string;
}

const bearerPattern = /^Bearer +([\x21-\x7e]{1,512}) *$/i;

/**
 * Tells who asks and checks that the route is open to them; null on a public route. Throws `auth.missing`,
 * `auth.wrong`, `auth.not-allowed`, or `server.busy` after too many wrong tokens.
 */
export async function checkAccess(
  of: { readonly app: App; readonly wrongTokens: WrongTokens; readonly access: Access; readonly caller: Caller },
  signal: AbortSignal,
): Promise<Actor | null> {
  if (of.access === 'public') return null;
  const secret = readBearer(of.caller.authorization);
  of.wrongTokens.admit(of.caller.address, secret);
  const actor = await authenticate(of, secret, signal);
  if (of.access === 'viewer' || actor.role === 'admin') return actor;
  throw new Fault('auth.not-allowed', 'A viewer may look at everything and change nothing.', {
    facts: { role: actor.role, needed: of.access },
    next: 'Use a token with the role admin.',
  });
}

async function authenticate(
  of: { readonly app: App; readonly wrongTokens: WrongTokens; readonly caller: Caller },
  secret: string,
  signal: AbortSignal,
): Promise<Actor> {
  try {
    const actor = await of.app.authenticate(secret, signal);
    of.wrongTokens.record(of.caller.address, secret, true);
    return actor;
  } catch (cause) {
    if (isFault(cause, 'auth.wrong')) of.wrongTokens.record(of.caller.address, secret, false);
    throw cause;
  }
}

function readBearer(authorization: string | undefined): string {
  const next = 'Send it as Authorization: Bearer TOKEN; dray takes it from DRAYAGE_TOKEN or --token.';
  if (authorization === undefined) throw new Fault('auth.missing', 'This route needs a token.', { next });
  const secret = bearerPattern.exec(authorization)?.[1];
  if (secret === undefined)
    throw new Fault('auth.missing', 'The Authorization header holds no bearer token.', { next });
  return secret;
}

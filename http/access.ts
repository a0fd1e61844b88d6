import type { Actor, App } from '../app/api.ts';
import { actions, decideAccess, mayEver, refusalText, nowhere, type Action } from '../core/access.ts';
import { Fault, isFault } from '../core/fault.ts';
import type { Access } from '../wire/paths.ts';
import { isOwnHost, requireSameSite, type Provenance } from './origin.ts';
import type { WrongTokens } from './wrong-tokens.ts';

/** What came with a request that says who asks, and from where. */
export interface Caller extends Provenance {
  readonly authorization: string | undefined;
  /** Value of the session cookie. */
  readonly cookie: string | undefined;
  readonly address: string;
  readonly method: string;
}

export interface AccessParts {
  readonly app: App;
  readonly wrongTokens: WrongTokens;
  /** The address that people use; null: the one that is asked. */
  readonly publicUrl: string | null;
}

const bearerPattern = /^Bearer +([\x21-\x7e]{1,512}) *$/i;
const cookiePattern = /^[\x21-\x7e]{1,512}$/;

/**
 * Tells who asks and checks that their role has the route's action at all; null on a public route. Where they may act
 * is decided by the use case, which knows what it touches. A bearer token goes before a session cookie; without either
 * it is `anonymous`, if the platform document lets everybody look. Throws `auth.missing`, `auth.wrong`,
 * `auth.cross-site`, `auth.not-allowed`, and `auth.too-many-tries` after too many wrong ones.
 */
export async function checkAccess(
  parts: AccessParts,
  access: Access,
  caller: Caller,
  signal: AbortSignal,
): Promise<Actor | null> {
  if (access === 'public') return null;
  const actor = await identify(parts, caller, signal);
  if (!mayEver(actor.role, access)) throw notAllowed(actor, access);
  return actor;
}

/** Lets a secret be tried only as often as its address may, and notes how it ended. */
export async function guarded<T>(
  wrongTokens: WrongTokens,
  { address, secret }: { readonly address: string; readonly secret: string },
  attempt: () => Promise<T>,
): Promise<T> {
  wrongTokens.admit(address, secret);
  try {
    const result = await attempt();
    wrongTokens.record(address, secret, true);
    return result;
  } catch (cause) {
    if (isFault(cause, 'auth.wrong') || isFault(cause, 'auth.code-wrong')) wrongTokens.record(address, secret, false);
    throw cause;
  }
}

async function identify({ app, wrongTokens, publicUrl }: AccessParts, caller: Caller, signal: AbortSignal) {
  const { address, authorization, cookie } = caller;
  if (authorization !== undefined) {
    const secret = readBearer(authorization);
    return await guarded(wrongTokens, { address, secret }, () => app.authenticate(secret, 'api', signal));
  }
  if (cookie !== undefined) {
    if (caller.method !== 'GET') requireSameSite(caller, publicUrl);
    if (!cookiePattern.test(cookie)) throw new Fault('auth.wrong', 'The session cookie is none.', { next: signIn });
    return await guarded(wrongTokens, { address, secret: cookie }, () => app.authenticate(cookie, 'session', signal));
  }
  const anonymous = isOwnHost(caller.host, publicUrl) ? await app.anonymous(signal) : null;
  if (anonymous !== null) return anonymous;
  throw new Fault('auth.missing', 'This route needs a token.', { next: howToSend });
}

const signIn = 'Sign in again; "dray sign-in" gives a link.';
const howToSend = 'Send it as Authorization: Bearer TOKEN; dray takes it from DRAYAGE_TOKEN or --token.';

function readBearer(authorization: string): string {
  const secret = bearerPattern.exec(authorization)?.[1];
  if (secret !== undefined) return secret;
  throw new Fault('auth.missing', 'The Authorization header holds no bearer token.', { next: howToSend });
}

function notAllowed(actor: Actor, action: Action): Fault {
  const text = refusalText(decideAccess(actor, action, nowhere), actor.role);
  return new Fault('auth.not-allowed', text ?? 'The role does not allow this.', {
    facts: { action, role: actor.role, roles: [...actions[action].roles] },
    next: `Use a token of a role that may ${actions[action].summary}.`,
  });
}

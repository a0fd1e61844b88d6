import { everywhere } from '../core/access.ts';
import { shownName } from '../core/content.ts';
import { Fault, isFault } from '../core/fault.ts';
import type { Clock } from '../port/clock.ts';
import type { Store, TokenRow } from '../port/store.ts';
import type { Actor, App, OpenedSession } from './api.ts';
import { self } from './append.ts';
import type { PlatformState } from './platform.ts';
import type { SignInCodes } from './sign-in-codes.ts';
import type { Tokens } from './tokens.ts';

/** How people sign in, and what they are called. */
export type Sessions = Pick<
  App,
  'authenticate' | 'anonymous' | 'openSession' | 'closeSession' | 'createSignInCode' | 'actorNames'
> & {
  /** Names are read anew: one of them was erased. */
  forgetNames(): void;
};

export interface SessionParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly platform: PlatformState;
  readonly tokens: Tokens;
  readonly codes: SignInCodes;
}

/** How long a browser stays signed in. */
const sessionMs = 12 * 3_600_000;

/** How many names of tokens are kept; a token's name never changes, but it may be erased. */
const namesMost = 10_000;

const consoleName = "the server's terminal";

/** Who signs in with the link that the server prints: whoever runs it can do everything anyhow. */
export const consoleActor: Actor = {
  id: 'console',
  name: consoleName,
  role: 'admin',
  scope: everywhere,
  session: null,
  expiresAt: null,
};

const anonymousActor: Actor = {
  id: 'anonymous',
  name: 'anonymous',
  role: 'viewer',
  scope: everywhere,
  session: null,
  expiresAt: null,
};

/** A session is a token of its own, and acts in the name of what it was opened with. */
export function createSessions(parts: SessionParts): Sessions {
  const { tokens, codes, platform } = parts;
  const names = createActorNames(parts.store);
  return {
    authenticate: async (secret, use, signal) => actorOf(await tokens.authenticate(secret, use, signal)),
    async anonymous(signal) {
      try {
        const { rights } = (await platform.current(signal)).platform;
        return rights?.anonymous === 'viewer' ? anonymousActor : null;
      } catch (error) {
        if (isFault(error, 'platform.missing')) return null;
        throw error;
      }
    },
    openSession: (by, signal) =>
      by.kind === 'token' ? openByToken(parts, by.token, signal) : openByCode(parts, by.code, signal),
    async closeSession(actor, signal) {
      if (actor.session !== null) await tokens.end(actor.id, actor.session, signal);
    },
    createSignInCode(actor) {
      refuseLink(actor);
      return codes.create(actor);
    },
    actorNames: names.all,
    forgetNames: names.forget,
  };
}

function actorOf(row: TokenRow): Actor {
  const { role, scope, expiresAt } = row;
  const name = shownName(row.name);
  if (row.use === 'api') return { id: row.id, name, role, scope, session: null, expiresAt };
  return { id: row.parent ?? consoleActor.id, name, role, scope, session: row.id, expiresAt };
}

async function openByToken(parts: SessionParts, secret: string, signal: AbortSignal): Promise<OpenedSession> {
  return open(parts, actorOf(await parts.tokens.authenticate(secret, 'api', signal)), signal);
}

async function openByCode(parts: SessionParts, code: string, signal: AbortSignal): Promise<OpenedSession> {
  const actor = parts.codes.take(code);
  if (actor === null || !(await mayStill(parts, actor, signal))) {
    throw new Fault('auth.code-wrong', 'The sign-in link is unknown, used or expired.', {
      next: 'Ask for a new one: "dray sign-in", or start the server anew in a terminal.',
    });
  }
  return open(parts, actor, signal);
}

/** Whether the token that asked for the code is still live. */
async function mayStill({ store, tokens }: SessionParts, actor: Actor, signal: AbortSignal): Promise<boolean> {
  if (actor.id === consoleActor.id) return true;
  const row = await store.token(actor.id, signal);
  return row !== null && (await tokens.lapse(row, signal)) === null;
}

async function open({ tokens, clock }: SessionParts, actor: Actor, signal: AbortSignal): Promise<OpenedSession> {
  const { name, role, scope } = actor;
  const expiresAt = Math.min(clock.now() + sessionMs, actor.expiresAt ?? Infinity);
  const parent = actor.id === consoleActor.id ? null : actor.id;
  const draft = { name, role, scope, expiresAt, use: 'session', parent } as const;
  const { row, secret } = await tokens.record(actor.id, draft, signal);
  return { actor: actorOf(row), secret, expiresAt };
}

/** A link makes a session of 12 hours: one that a session could make would let it live for ever. */
function refuseLink(actor: Actor): void {
  if (actor.session === null && actor.id !== anonymousActor.id) return;
  throw new Fault('auth.not-allowed', 'Only a token makes sign-in links; a signed-in browser and a visitor do not.', {
    facts: { action: 'sign-in', role: actor.role },
    next: 'Run "dray sign-in" with DRAYAGE_TOKEN set.',
  });
}

/** Names of tokens by their ids; who is no token has a name of their own, and an unknown id stands for itself. */
function createActorNames(store: Store): { readonly all: App['actorNames']; readonly forget: () => void } {
  const known = new Map<string, string>();
  let era = 0; // a name that was read before one was erased may be that one
  async function nameOf(id: string, signal: AbortSignal): Promise<string> {
    if (id === consoleActor.id) return consoleName;
    if (id === self) return 'Drayage';
    const kept = known.get(id);
    if (kept !== undefined) return kept;
    const readIn = era;
    const row = await store.token(id, signal);
    if (row === null) return id;
    if (row.name !== null && readIn === era) known.set(id, row.name);
    const [oldest] = known.keys();
    if (known.size > namesMost && oldest !== undefined) known.delete(oldest);
    return shownName(row.name);
  }
  return {
    async all(ids, signal) {
      const unique = [...new Set(ids)];
      return new Map(await Promise.all(unique.map(async (id) => [id, await nameOf(id, signal)] as const)));
    },
    forget() {
      known.clear();
      era += 1;
    },
  };
}

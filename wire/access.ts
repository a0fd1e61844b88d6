import { z } from 'zod';
import { roles, scopePattern } from '../core/access.ts';
import { moment, pageQuery } from './common.ts';

export const role = z.enum(roles).meta({ id: 'Role', description: 'What a token may do, wherever its scope reaches.' });

const patterns = z
  .array(z.string().regex(scopePattern, 'a scope is a name, or the beginning of one followed by *'))
  .min(1)
  .max(100)
  .nullable()
  .describe('Names, or beginnings of names followed by `*`; null is everywhere.');

/** Where a token may act; null is everywhere. */
export const scope = z
  .strictObject({ environments: patterns.default(null), services: patterns.default(null) })
  .meta({ id: 'ScopeRequest', description: 'Where a token may act. Looking is not limited by it.' });

export const tokenRequest = z
  .strictObject({
    name: z.string().min(1).max(100).describe('What people will call it; `dray erase` can erase it.'),
    role: role.default('viewer'),
    scope: scope.default({ environments: null, services: null }),
    expiresAt: moment.nullable().default(null).describe('When it ends by itself; null: never.'),
  })
  .meta({ id: 'TokenRequest', description: 'A token to be made.' });

const scopeView = z
  .object({
    environments: z.array(z.string()).nullable().describe('Null is everywhere.'),
    services: z.array(z.string()).nullable().describe('Null is everywhere.'),
  })
  .meta({ id: 'Scope', description: 'Where a token may act: names, or beginnings of names followed by `*`.' });

export const tokenSummary = z
  .object({
    id: z.string(),
    name: z.string(),
    role,
    scope: scopeView,
    use: z.enum(['api', 'session']).describe('`session`: a browser that signed in.'),
    parent: z
      .string()
      .nullable()
      .describe(
        "Of a session: the token that signed in; null for one opened by the server's own link, and for a token.",
      ),
    createdAt: moment,
    expiresAt: moment.nullable().describe('When it ends by itself; null: never.'),
    revokedAt: moment.nullable().describe('Null: it was not revoked.'),
    lastUsedAt: moment.nullable().describe('To about a minute; null: never, or not known.'),
  })
  .meta({ id: 'TokenSummary', description: 'A token without its secret.' });

const usesListed = z
  .enum(['api', 'session'])
  .optional()
  .describe('Only tokens of programs and people, or only browsers.');

export const tokensQuery = z.strictObject({ use: usesListed, ...pageQuery });

/** The only time that the secret is shown. */
export const tokenCreated = tokenSummary
  .extend({ secret: z.string().describe('Shown this once, kept nowhere.') })
  .meta({ id: 'TokenCreated', description: 'A new token with its secret.' });

/** How a browser signs in: with the code of a one-time link, or with a token. The answer sets the session's cookie. */
export const sessionRequest = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('code').describe('With a one-time link.'),
      code: z.string().min(1).max(200).describe('What stands behind `#code=` in the link.'),
    }),
    z.strictObject({
      kind: z.literal('token').describe('With a token.'),
      token: z.string().min(1).max(512).describe('Its secret.'),
    }),
  ])
  .meta({ id: 'SessionRequest', description: 'How a browser signs in.' });

/** Who asks, and what they may do (core/access.ts says which role has which action). */
export const sessionView = z
  .object({
    id: z.string().describe('What the ledger calls them.'),
    name: z.string(),
    role,
    scope: scopeView,
    kind: z.enum(['token', 'session', 'anonymous']),
    expiresAt: moment.nullable().describe('When the session or token ends; null: not by itself.'),
    readOnly: z
      .object({
        reason: z.string().describe('What the ledger is behind.'),
        next: z.string().describe('What is to be done.'),
      })
      .nullable()
      .describe('Why nobody may change anything now: the ledger has to be recovered. Null: it need not.'),
  })
  .meta({ id: 'SessionView', description: 'Who asks, and what they may do.' });

export const sessionClosed = z
  .object({ closed: z.boolean().describe('False when no session came with the request.') })
  .meta({ id: 'SessionClosed', description: 'Whether a session was ended.' });

/** A link that signs a browser in once, as whoever asked for it. */
export const signInLink = z
  .object({ url: z.string(), expiresAt: moment })
  .meta({ id: 'SignInLink', description: 'A link that signs a browser in once; whoever has it may.' });

export type TokenSummary = z.infer<typeof tokenSummary>;
export type SessionView = z.infer<typeof sessionView>;

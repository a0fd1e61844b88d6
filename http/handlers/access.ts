import type { App } from '../../app/api.ts';
import type { Metrics } from '../../port/metrics.ts';
import { guarded } from '../access.ts';
import { sessionView, tokenSummary } from '../views/access.ts';
import type { WrongTokens } from '../wrong-tokens.ts';
import { answered, given, pageRequest, pageView, type Handlers } from './call.ts';

type AccessRoutes =
  'openSession' | 'getSession' | 'closeSession' | 'createSignInLink' | 'createToken' | 'listTokens' | 'revokeToken';

export interface AccessHandlerParts {
  readonly app: App;
  readonly metrics: Metrics;
  readonly wrongTokens: WrongTokens;
  /** The address that people use, without a slash at its end. */
  readonly siteUrl: () => string;
}

/** Signing in and out, and tokens. */
export function createAccessHandlers({
  app,
  metrics,
  wrongTokens,
  siteUrl,
}: AccessHandlerParts): Handlers<AccessRoutes> {
  return {
    openSession: async ({ body, address, signal }) => {
      const secret = body.kind === 'code' ? body.code : body.token;
      const opened = await guarded(wrongTokens, { address, secret }, () => app.openSession(body, signal));
      metrics.increment('drayage_sign_ins_total', { by: body.kind === 'code' ? 'link' : 'token' });
      const session = { kind: 'opened', secret: opened.secret, expiresAt: opened.expiresAt } as const;
      return answered(sessionView(opened.actor, app.readOnly()), 201, { session });
    },
    getSession: async ({ actor }) => answered(sessionView(actor, app.readOnly())),
    closeSession: async ({ actor, signal }) => {
      if (actor.session === null) return answered({ closed: false });
      await app.closeSession(actor, signal);
      return answered({ closed: true }, 200, { session: { kind: 'closed' } });
    },
    createSignInLink: async ({ actor }) => {
      const { code, expiresAt } = app.createSignInCode(actor);
      // In the fragment, which browsers send to nobody: no log and no Referer holds it.
      return answered({ url: `${siteUrl()}/sign-in#code=${code}`, expiresAt }, 201);
    },
    createToken: async ({ actor, body, signal }) => {
      const { row, secret } = await app.createToken(actor, body, signal);
      return answered({ ...tokenSummary(row), secret }, 201);
    },
    listTokens: async ({ query, signal }) => {
      const page = await app.tokens(given(query, ['use']), pageRequest(query), signal);
      return answered(pageView(page, tokenSummary));
    },
    revokeToken: async ({ actor, params, signal }) =>
      answered(tokenSummary(await app.revokeToken(actor, params.token, signal))),
  };
}

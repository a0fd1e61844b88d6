import type { App } from '../../app/api.ts';
import type { SecretChange } from '../../app/secret-api.ts';
import { receiptView } from '../views/receipt.ts';
import { secretView } from '../views/secret.ts';
import { answered, type Handlers } from './call.ts';

type SecretRoutes = 'listSecrets' | 'setSecret' | 'revokeSecret' | 'rotateSecretKey';

/** Secrets: values come in, and never go out. */
export function createSecretHandlers(app: App): Handlers<SecretRoutes> {
  const changed = async (change: SecretChange, signal: AbortSignal) => {
    const proof = await app.proof(change.receipt.sequence, signal);
    return { ...change, receipt: receiptView(change.receipt, proof) };
  };
  return {
    listSecrets: async ({ params, signal }) => {
      const secrets = await app.secrets(params.environment, signal);
      const actors = secrets.flatMap(({ versions }) => versions.map(({ actor }) => actor));
      const names = await app.actorNames(actors, signal);
      return answered({ items: secrets.map((secret) => secretView(secret, names)) });
    },
    setSecret: async ({ actor, params, body, signal }) => {
      const value = Buffer.from(body.value, 'base64');
      try {
        const { secret, base } = body;
        const change = await app.setSecret(actor, { environment: params.environment, secret, value, base }, signal);
        return answered(await changed(change, signal), 201);
      } finally {
        value.fill(0);
      }
    },
    revokeSecret: async ({ actor, params, signal }) => {
      const revoked = await app.revokeSecret(actor, params, signal);
      return answered({ ...(await changed(revoked, signal)), usedBy: [...revoked.usedBy] });
    },
    rotateSecretKey: async ({ actor, signal }) => answered(await app.rotateSecretKey(actor, signal)),
  };
}

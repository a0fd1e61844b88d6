import type { ListedSecret } from '../../app/secret-api.ts';
import type { SecretView } from '../../wire/secret.ts';
import { nameOf, type Names } from './names.ts';
import { versionOf } from './plan.ts';

/** A secret without its value, and without where its sealed bytes lie. */
export function secretView({ secret, from, versions, uses }: ListedSecret, names: Names): SecretView {
  return {
    secret,
    from,
    versions: versions.map(({ version, id, size, createdAt, actor, revokedAt }) => {
      return { version, id, size, createdAt, actor: nameOf(names, actor), revokedAt };
    }),
    uses: uses.map(({ ref, services }) => ({
      version: versionOf(ref),
      id: ref.kind === 'version' ? ref.id : null,
      services: [...services],
    })),
  };
}

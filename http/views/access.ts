import type { Actor } from '../../app/api.ts';
import type { Scope } from '../../core/access.ts';
import { shownName } from '../../core/content.ts';
import type { TokenRow } from '../../port/store.ts';
import type { SessionView, TokenSummary } from '../../wire/access.ts';

/** A token without its secret and the secret's hash. */
export function tokenSummary(row: TokenRow): TokenSummary {
  const { id, role, scope, use, parent, createdAt, expiresAt, revokedAt, lastUsedAt } = row;
  return {
    id,
    name: shownName(row.name),
    role,
    scope: scopeView(scope),
    use,
    parent,
    createdAt,
    expiresAt,
    revokedAt,
    lastUsedAt,
  };
}

/** Who asks, and what they may do. */
export function sessionView(actor: Actor, readOnly: SessionView['readOnly']): SessionView {
  const { id, name, role, scope, expiresAt } = actor;
  return { id, name, role, scope: scopeView(scope), kind: kindOf(actor), expiresAt, readOnly };
}

function kindOf({ id, session }: Actor): SessionView['kind'] {
  if (session !== null) return 'session';
  return id === 'anonymous' ? 'anonymous' : 'token';
}

function scopeView({ environments, services }: Scope): TokenSummary['scope'] {
  return {
    environments: environments === null ? null : [...environments],
    services: services === null ? null : [...services],
  };
}

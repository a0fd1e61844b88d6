import { unreachable } from './unreachable.ts';

/** What a token may be: each role has its own list of actions, none is simply "more" than another. */
export const roles = ['viewer', 'developer', 'approver', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/**
 * Where a token may act. A pattern is a name, or the beginning of one followed by `*`; null is everywhere. Scopes limit
 * what changes things and what reads container logs: everybody with a token may look at everything else.
 */
export interface Scope {
  readonly environments: readonly string[] | null;
  readonly services: readonly string[] | null;
}

/** How many services a sentence names. */
const namedMost = 10;

export const everywhere: Scope = { environments: null, services: null };

/** What a scope may name. */
export const scopePattern = /^(?:[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?|(?:[a-z0-9][a-z0-9-]{0,38})?\*)$/;

/** The one access table: who may do what, and which part of their scope counts. */
export const actions = {
  read: { roles, scopedBy: [], summary: 'look at releases, plans, deployments, environments, clusters and the ledger' },
  'read-logs': { roles, scopedBy: ['environment', 'service'], summary: 'read the logs of containers' },
  release: { roles: ['developer', 'operator', 'admin'], scopedBy: ['service'], summary: 'register releases' },
  deploy: {
    roles: ['developer', 'operator', 'admin'],
    scopedBy: ['environment', 'service'],
    summary: 'deploy, roll back and cancel',
  },
  waive: {
    roles: ['approver', 'operator', 'admin'],
    scopedBy: ['service'],
    summary: 'waive findings of vulnerability scanners',
  },
  'set-secrets': {
    roles: ['developer', 'operator', 'admin'],
    scopedBy: ['environment'],
    summary: 'set and revoke secrets',
  },
  'rotate-secret-key': { roles: ['admin'], scopedBy: [], summary: 'change the key that seals secrets' },
  recover: { roles: ['admin'], scopedBy: [], summary: 'recover a ledger that was restored from a backup' },
  'rotate-key': { roles: ['admin'], scopedBy: [], summary: 'change the key that signs the ledger' },
  erase: { roles: ['admin'], scopedBy: [], summary: 'erase log excerpts and names of persons' },
  'manage-tokens': { roles: ['admin'], scopedBy: [], summary: 'make, list and revoke tokens' },
} as const satisfies Record<string, ActionRule>;

interface ActionRule {
  readonly roles: readonly Role[];
  readonly scopedBy: readonly ('environment' | 'service')[];
  /** Completes "may ...". */
  readonly summary: string;
}

export type Action = keyof typeof actions;

/** Who asks, as far as access goes. */
export interface Subject {
  readonly role: Role;
  readonly scope: Scope;
}

/** What an action touches; null and empty where it touches none. */
export interface Place {
  readonly environment: string | null;
  readonly services: readonly string[];
}

export const nowhere: Place = { environment: null, services: [] };

export type AccessDecision =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'role'; readonly roles: readonly Role[] }
  | { readonly kind: 'environment'; readonly environment: string }
  | { readonly kind: 'service'; readonly services: readonly string[] };

/** Whether the role has the action at all, wherever. */
export function mayEver(role: Role, action: Action): boolean {
  const rule: ActionRule = actions[action];
  return rule.roles.includes(role);
}

/** Decides, and says what stands in the way: the role first, then the environment, then the services outside the scope. */
export function decideAccess(who: Subject, action: Action, place: Place): AccessDecision {
  const rule: ActionRule = actions[action];
  if (!rule.roles.includes(who.role)) return { kind: 'role', roles: rule.roles };
  if (rule.scopedBy.includes('environment') && place.environment !== null) {
    if (!covers(who.scope.environments, place.environment))
      return { kind: 'environment', environment: place.environment };
  }
  if (!rule.scopedBy.includes('service')) return { kind: 'allowed' };
  const outside = place.services.filter((service) => !covers(who.scope.services, service));
  return outside.length === 0 ? { kind: 'allowed' } : { kind: 'service', services: outside };
}

/** One sentence for people: why not; null when it is allowed. */
export function refusalText(decision: AccessDecision, role: Role): string | null {
  switch (decision.kind) {
    case 'allowed':
      return null;
    case 'role':
      return `The role ${role} does not allow this; it takes ${listed(decision.roles)}.`;
    case 'environment':
      return `This token's scope does not include the environment ${decision.environment}.`;
    case 'service':
      return `This token's scope does not include ${servicesNamed(decision.services)}.`;
    default:
      return unreachable(decision);
  }
}

function servicesNamed(services: readonly string[]): string {
  const more = services.length - namedMost;
  const named = services.slice(0, namedMost).join(', ');
  return `the service${services.length === 1 ? '' : 's'} ${named}${more > 0 ? ` and ${more} more` : ''}`;
}

function covers(patterns: readonly string[] | null, name: string): boolean {
  if (patterns === null) return true;
  return patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name));
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

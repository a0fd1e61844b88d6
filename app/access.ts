import { actions, decideAccess, refusalText, type AccessDecision, type Action, type Place } from '../core/access.ts';
import { Fault } from '../core/fault.ts';
import { unreachable } from '../core/unreachable.ts';
import type { Actor } from './api.ts';

type Refusal = Exclude<AccessDecision, { readonly kind: 'allowed' }>;

/**
 * Lets the actor pass, or throws `auth.not-allowed` with what stands in the way and whom to ask. Called before anything
 * is recorded or read out of a container; the table itself is in core/access.ts.
 */
export function requireAccess(actor: Actor, action: Action, place: Place): void {
  const decision = decideAccess(actor, action, place);
  if (decision.kind === 'allowed') return;
  const what = `${actions[action].summary}${decision.kind === 'role' ? '' : ' here'}`;
  throw new Fault('auth.not-allowed', `${actor.name} may not ${what}. ${refusalText(decision, actor.role)}`, {
    facts: { action, role: actor.role, ...inTheWay(decision) },
    next: nextStep(decision, actor),
  });
}

function inTheWay(refusal: Refusal) {
  switch (refusal.kind) {
    case 'role':
      return {};
    case 'environment':
      return { environment: refusal.environment };
    case 'service':
      return { services: [...refusal.services] };
    default:
      return unreachable(refusal);
  }
}

function nextStep(refusal: Refusal, { role }: Actor): string {
  const create = 'dray token create NAME --role';
  switch (refusal.kind) {
    case 'role':
      return `Use a token of such a role; an admin makes one: ${create} ${refusal.roles[0]}.`;
    case 'environment':
      return `Ask an admin for a token that may: ${create} ${role} --environment ${refusal.environment}.`;
    case 'service':
      return `Leave alone what is not yours, or ask an admin for a token that may: ${create} ${role} --service ${refusal.services[0]}.`;
    default:
      return unreachable(refusal);
  }
}

import { actions, roles } from '../core/access.ts';
import { faultCodes, type FaultCode } from '../core/fault-codes.ts';
import { operations } from './operations.ts';
import type { RouteName } from './paths.ts';
import { statusOf } from './problem.ts';
import { routes, type Route } from './routes.ts';

const ofAll: readonly FaultCode[] = [
  'request.invalid',
  'server.too-many',
  'server.busy',
  'server.draining',
  'server.bug',
];
const ofSignedIn: readonly FaultCode[] = [
  'auth.missing',
  'auth.wrong',
  'auth.cross-site',
  'auth.too-many-tries',
  'store.failed',
  'store.broken',
];
const ofWriting: readonly FaultCode[] = [
  'store.busy',
  'store.conflict',
  'store.failed',
  'store.broken',
  'recovery.needed',
];

/** Every code that a route can fail with, in the order of core/fault-codes.ts. */
export function codesOf(name: RouteName): readonly FaultCode[] {
  const route: Route = routes[name];
  const codes = new Set<FaultCode>([
    ...ofAll,
    ...(route.access === 'public' ? [] : ofSignedIn),
    ...(isLimited(route) ? (['auth.not-allowed'] as const) : []),
    ...(route.body === null ? [] : (['request.too-large'] as const)),
    ...(route.method === 'GET' || name === 'plan' || name === 'compare' ? [] : ofWriting),
    ...operations[name].codes,
  ]);
  return allCodes().filter((code) => codes.has(code));
}

/** The same by the HTTP status that they are answered with, lowest first. */
export function codesByStatus(name: RouteName): ReadonlyMap<number, readonly FaultCode[]> {
  const byStatus = Map.groupBy(codesOf(name), (code) => statusOf[faultCodes[code][0]]);
  return new Map([...byStatus].toSorted(([one], [other]) => one - other));
}

/** Every public code, in the order of core/fault-codes.ts. */
export function allCodes(): readonly FaultCode[] {
  return Object.keys(faultCodes).filter((code): code is FaultCode => Object.hasOwn(faultCodes, code));
}

/** Whether the role or the scope of a token can stand in the way. */
function isLimited({ access }: Route): boolean {
  return access !== 'public' && (actions[access].roles.length < roles.length || actions[access].scopedBy.length > 0);
}

import { useSuspenseQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { decideAccess, refusalText, type Action, type Place } from '../../../core/access.ts';
import { sessionQuery } from './queries.ts';

/** Who looks at the page. Only below a route that made sure of it. */
export function useSession() {
  return useSuspenseQuery(sessionQuery).data;
}

/** Why whoever looks may not do this here, as one sentence; null when they may. By the server's own table. */
export function useRefusal(action: Action, place: Place): string | null {
  const { role, scope } = useSession();
  return refusalText(decideAccess({ role, scope }, action, place), role);
}

/** As `useRefusal`, for many places at once. */
export function useRefusals(action: Action): (place: Place) => string | null {
  const { role, scope } = useSession();
  return useCallback(
    (place: Place) => refusalText(decideAccess({ role, scope }, action, place), role),
    [role, scope, action],
  );
}

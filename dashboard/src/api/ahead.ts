import { given, readOverviewSearch } from '../search.ts';
import { addressOf } from './address.ts';

/** How many services a page of the overview holds. */
export const overviewPage = 50;

const deadlineMs = 35_000;
const answers = new Map<string, Promise<Response>>();

/**
 * Asks for what the first page needs while the rest of the dashboard is still on its way: the session, and beside it the
 * overview, which would otherwise wait for both. Who is not signed in gets two refusals instead of one.
 */
export function askAhead(at: Pick<Location, 'pathname' | 'search'>): void {
  ask(addressOf('getSession', {}));
  if (at.pathname !== '/') return;
  const { q, health } = readOverviewSearch(Object.fromEntries(new URLSearchParams(at.search)));
  const query = { ...given('search', q), ...given('health', health), limit: overviewPage };
  ask(addressOf('overview', { query }));
}

/** The answer to what was asked ahead, once: whoever comes later asks anew. */
export function takeAnswer(address: string): Promise<Response> | undefined {
  const answer = answers.get(address);
  answers.delete(address);
  return answer;
}

function ask(address: string): void {
  const answer = fetch(address, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(deadlineMs),
  });
  answer.catch(() => {}); // told to whoever takes it
  answers.set(address, answer);
}

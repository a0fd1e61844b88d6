/** What a deployment locks: all services of its plan, taken together. */
export interface LockHolder {
  readonly id: string;
  readonly environment: string;
  readonly services: readonly string[];
}

/** For whom a deployment waits, and over which services. */
export interface Blocker {
  readonly deployment: string;
  readonly services: readonly string[];
}

/**
 * Who waits for whom. `unfinished` is in the order of acceptance; a deployment waits for every earlier one of its
 * environment that shares a service with it, until that one has ended. The order is total, so nobody waits in a circle,
 * and what shares nothing never waits.
 */
export function blockersOf(waiting: LockHolder, unfinished: readonly LockHolder[]): readonly Blocker[] {
  const index = unfinished.findIndex((other) => other.id === waiting.id);
  const earlier = index === -1 ? unfinished : unfinished.slice(0, index);
  const mine = new Set(waiting.services);
  return earlier
    .filter((other) => other.environment === waiting.environment)
    .map((other) => ({
      deployment: other.id,
      services: other.services.filter((service) => mine.has(service)).toSorted(),
    }))
    .filter((blocker) => blocker.services.length > 0);
}

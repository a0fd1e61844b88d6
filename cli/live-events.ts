import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client/client.ts';
import { isFault, isRetryable } from '../core/fault.ts';

/** Tells when to look at a deployment again. Hints save time: nothing depends on their arrival. */
export interface LookAgain {
  /** Whether the server tells what happens as it happens. */
  isLive(): boolean;
  /** Resolves after so many ms, or sooner when something happened; rejects with the signal's reason. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  end(): Promise<void>;
}

/** The shortest time between two looks: what happens at once is seen at once. */
const quietMs = 150;

/** How long to leave a server alone that had no event stream to give. */
const listenAgainMs = 10_000;

/** Listens to what happens to a deployment. A server that has no such stream, or a proxy that breaks it, is borne. */
export function listenTo(client: Client, deployment: string): LookAgain {
  const ending = new AbortController();
  let live = false;
  let happened = Promise.withResolvers<void>();
  const listening = listen(client, deployment, ending.signal, (isLive) => {
    live = isLive;
    if (isLive) happened.resolve();
  });
  return {
    isLive: () => live,
    async wait(ms, signal) {
      const over = new AbortController();
      try {
        await sleep(Math.min(quietMs, ms), undefined, { signal });
        const rest = sleep(Math.max(0, ms - quietMs), undefined, { signal: AbortSignal.any([signal, over.signal]) });
        await Promise.race([happened.promise, rest]);
      } finally {
        over.abort();
        happened = Promise.withResolvers();
      }
    },
    async end() {
      ending.abort();
      await listening;
    },
  };
}

/** Goes on until the signal aborts, or the server says that it never will have one. */
async function listen(
  client: Client,
  deployment: string,
  signal: AbortSignal,
  tell: (isLive: boolean) => void,
): Promise<void> {
  try {
    for (;;) {
      try {
        for await (const _ of client.events({ query: { deployment }, signal })) tell(true);
      } catch (thrown) {
        tell(false);
        signal.throwIfAborted();
        if (!isFault(thrown)) throw thrown;
        if (!isRetryable(thrown)) return; // the looks meet the same, and tell it
      }
      await sleep(listenAgainMs, undefined, { signal });
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}

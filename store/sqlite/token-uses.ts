import { Fault } from '../../core/fault.ts';

/** Tokens of which a use waits to be noted. */
const waitingMost = 10_000;

interface Waiting {
  readonly lastUsedAt: Map<string, number>;
  readonly noted: Promise<void>;
}

/** Gathers when tokens were used, so that one turn of the writer notes all that came meanwhile: at most one waits. */
export class TokenUses {
  readonly #turn: (work: () => Promise<void>) => Promise<void>;
  readonly #write: (lastUsedAt: ReadonlyMap<string, number>) => Promise<void>;
  #waiting: Waiting | null = null;

  /** `turn` runs its work when it is the writer's turn; `write` is that work. */
  constructor(
    turn: (work: () => Promise<void>) => Promise<void>,
    write: (lastUsedAt: ReadonlyMap<string, number>) => Promise<void>,
  ) {
    this.#turn = turn;
    this.#write = write;
  }

  /**
   * Resolves when all of it is noted. Rejects with `request.invalid` for what is no time, with `store.busy` when 10,000
   * tokens wait already, with the writer's Fault, and with the signal's reason: what was handed over is noted even so.
   */
  async note(lastUsedAt: ReadonlyMap<string, number>, signal: AbortSignal): Promise<void> {
    if (lastUsedAt.size === 0) return;
    for (const [id, time] of lastUsedAt) checkTime(id, time);
    checkRoom((this.#waiting?.lastUsedAt.size ?? 0) + lastUsedAt.size);
    const waiting = (this.#waiting ??= this.#begin());
    for (const [id, time] of lastUsedAt) {
      waiting.lastUsedAt.set(id, Math.max(time, waiting.lastUsedAt.get(id) ?? 0));
    }
    await orAborted(waiting.noted, signal);
  }

  #begin(): Waiting {
    const lastUsedAt = new Map<string, number>();
    const noted = this.#turn(() => {
      this.#waiting = null; // what comes from now on takes the next turn
      return this.#write(lastUsedAt);
    });
    return { lastUsedAt, noted };
  }
}

async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function checkTime(id: string, time: number): void {
  if (Number.isSafeInteger(time) && time >= 0) return;
  throw new Fault('request.invalid', `${time} is no time at which the token ${id.slice(0, 80)} can have been used.`);
}

function checkRoom(tokens: number): void {
  if (tokens <= waitingMost) return;
  throw new Fault('store.busy', 'The uses of more tokens wait to be noted than are noted at once.', {
    facts: { most: waitingMost },
    next: 'Try again after 1 second.',
    retryAfterMs: 1_000,
  });
}

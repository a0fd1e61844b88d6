import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { Fault } from '../../core/fault.ts';
import type { PreparedRequest } from '../prepare.ts';
import { fromRefusal, type Placed, type Written } from './message.ts';

/** What may wait, and how much goes into one transaction. */
const waitingMost = 1_024;
const waitingBytesMost = 64 * 1024 * 1024;
const batchMost = 256;
const batchBytesMost = 1024 * 1024;
const retryAfterSeconds = 1;

/** How long a transaction may take before its callers stop waiting for it. */
const stallMsDefault = 30_000;

interface Append {
  readonly kind: 'append';
  readonly request: PreparedRequest;
  readonly settle: PromiseWithResolvers<readonly Placed[]>;
}

interface Turn {
  readonly kind: 'turn';
  readonly take: () => Promise<void>;
}

export interface WriteQueueOptions {
  /** Writes a batch durably: a result for each, in order. Called for one batch at a time. */
  readonly write: (requests: readonly PreparedRequest[]) => Promise<readonly Written[]>;
  readonly stallMs?: number;
}

/**
 * The bounded queue in front of the writer, first in, first out. What waits when a transaction ends goes into the next
 * one together, at most 256 requests or 1 MiB (group commit).
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  #waiting: (Append | Turn)[] = [];
  #held = 0;
  #heldBytes = 0;
  #isRunning = false;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /**
   * Resolves once the request is durable. Rejects with the writer's Fault; with `store.busy` when 1,024 requests or
   * 64 MiB are held already; with `store.failed` when the writer has not answered in 30 seconds; with the signal's
   * reason. After the last two it is unknown whether the request will be written, unless it still waited.
   */
  append(request: PreparedRequest, signal: AbortSignal): Promise<readonly Placed[]> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#held >= waitingMost || this.#heldBytes + request.weightBytes > waitingBytesMost) {
      return Promise.reject(this.#busy());
    }
    const append: Append = { kind: 'append', request, settle: Promise.withResolvers() };
    const abort = (): void => this.#withdraw(append, signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    this.#hold(append);
    this.#enqueue(append);
    return append.settle.promise.finally(() => signal.removeEventListener('abort', abort));
  }

  /** Runs `work` alone, after everything that was accepted before it and before everything after. */
  turn<T>(work: () => Promise<T>): Promise<T> {
    const settle = Promise.withResolvers<T>();
    const take = (): Promise<void> => work().then(settle.resolve, settle.reject);
    this.#enqueue({ kind: 'turn', take });
    return settle.promise;
  }

  #enqueue(item: Append | Turn): void {
    this.#waiting.push(item);
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      await setImmediate(); // let everybody who was just answered ask again, into the same transaction
      const next = this.#waiting[0];
      if (next?.kind === 'turn') {
        this.#waiting.shift();
        await next.take();
      } else {
        await this.#writeBatch(this.#takeBatch());
      }
    }
    this.#isRunning = false;
  }

  #takeBatch(): readonly Append[] {
    const batch: Append[] = [];
    let bytes = 0;
    for (const item of this.#waiting) {
      if (item.kind !== 'append' || batch.length === batchMost) break;
      bytes += item.request.weightBytes;
      if (batch.length > 0 && bytes > batchBytesMost) break;
      batch.push(item);
    }
    this.#waiting.splice(0, batch.length);
    return batch;
  }

  async #writeBatch(batch: readonly Append[]): Promise<void> {
    if (batch.length === 0) return; // all were withdrawn
    const stall = setTimeout(() => rejectAll(batch, stalled()), this.#options.stallMs ?? stallMsDefault);
    try {
      const results = await this.#options.write(batch.map((append) => append.request));
      assert(results.length === batch.length, 'the writer answers every request of a batch');
      for (const [index, append] of batch.entries()) settle(append, results[index]);
    } catch (error) {
      rejectAll(batch, error);
    } finally {
      clearTimeout(stall);
      for (const append of batch) this.#release(append);
    }
  }

  /** Takes a request back that still waits; of one that is being written, only the caller is let go. */
  #withdraw(append: Append, reason: unknown): void {
    const index = this.#waiting.indexOf(append);
    if (index >= 0) {
      this.#waiting.splice(index, 1);
      this.#release(append);
    }
    append.settle.reject(reason);
  }

  #hold({ request }: Append): void {
    this.#held += 1;
    this.#heldBytes += request.weightBytes;
  }

  #release({ request }: Append): void {
    this.#held -= 1;
    this.#heldBytes -= request.weightBytes;
  }

  #busy(): Fault {
    return new Fault('store.busy', 'The ledger has more to write than it takes at once.', {
      facts: { retryAfterSeconds, waiting: this.#held, waitingMost },
      next: `Try again after ${retryAfterSeconds} second.`,
      retryAfterMs: retryAfterSeconds * 1_000,
    });
  }
}

function settle(append: Append, result: Written | undefined): void {
  if (result?.kind === 'appended') append.settle.resolve(result.placed);
  if (result?.kind === 'refused') append.settle.reject(fromRefusal(result.refusal));
}

function rejectAll(batch: readonly Append[], error: unknown): void {
  for (const append of batch) append.settle.reject(error);
}

function stalled(): Fault {
  return new Fault('store.failed', 'The disk under the ledger does not answer; it is not known what was written.', {
    next: 'Look at the health of the disk under the data folder; then read before writing again.',
  });
}

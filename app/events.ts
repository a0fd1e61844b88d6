import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault, isFault } from '../core/fault.ts';
import type { Clock } from '../port/clock.ts';
import type { Logger } from '../port/logger.ts';
import type { Store } from '../port/store.ts';
import type { EventBatch, EventFilter } from './api.ts';
import { createEventBatches } from './event-batches.ts';
import { createEventRing, type EventRing } from './event-ring.ts';
import { createEventSieve, toItem, type LedgerItem } from './event-subject.ts';

export interface EventFeedParts {
  readonly store: Pick<Store, 'head' | 'entries' | 'onAppended' | 'deployment'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For tests; the defaults suit a server. */
  readonly limits?: { readonly [K in keyof typeof defaultLimits]?: number };
}

/** The ledger live, for any number of readers. */
export interface EventFeed {
  /**
   * Events after a sequence (null: from now on), for ever, each once and in order. The first batch is empty and tells
   * where the reader begins. Rejects with `events.ahead` when the ledger ends before `after`, with the store's fault
   * when it cannot be read, with `server.draining` once the feed was stopped, or with the signal's reason.
   */
  events(filter: EventFilter, after: number | null, signal: AbortSignal): AsyncGenerator<EventBatch, never>;
  /** Ends every reader. */
  stop(): Promise<void>;
}

const defaultLimits = {
  ringEntries: 8_192,
  /** In UTF-16 code units. */
  ringText: 32 * 1024 * 1024,
  /** How much of the ledger's end is read at start, so that readers who come back after a restart find it at hand. */
  warmEntries: 2_000,
  batchEntries: 200,
  batchText: 128 * 1024,
  sharedBatches: 500,
  deployments: 8_192,
  /** Readers are left alone for so many ms at least after they were woken, and for as long as waking them took. */
  quietMs: 20,
  restPerWaking: 1,
  /** A hint that was lost costs at most this. */
  lookMs: 1_000,
  readDeadlineMs: 10_000,
} as const satisfies Record<string, number>;

type Limits = { readonly [K in keyof typeof defaultLimits]: number };

/**
 * Starts the one feed from which all readers take. A reader is a cursor and nothing else: it takes what the ring holds
 * after it, pages through the store when the ring does not reach back so far, and waits at the head.
 */
export async function startEventFeed(parts: EventFeedParts, signal: AbortSignal): Promise<EventFeed> {
  const { store } = parts;
  const limits = { ...defaultLimits, ...parts.limits };
  const { sequence } = await store.head(signal);
  const start = Math.max(0, sequence - limits.warmEntries);
  const ring = createEventRing(start, { entriesMost: limits.ringEntries, textMost: limits.ringText });
  const sieve = createEventSieve(store, limits.deployments);
  const readers = createWaiters();
  const batches = createEventBatches({ store, ring, sieve, limits });
  const take = (item: LedgerItem) => {
    sieve.note(item);
    ring.push(item);
    batches.forget();
  };
  const stopped = new AbortController();
  const stop = pumpInto({ ...parts, limits, ring, readers, take }, stopped.signal);

  return {
    async *events(filter, after, at) {
      let through = await beginning(store, after, at);
      yield { events: [], through };
      const batchAfter = batches.of(filter);
      const reader = readers.join(at);
      try {
        for (;;) {
          at.throwIfAborted();
          stopped.signal.throwIfAborted();
          if (ring.head() <= through) await reader.wait();
          const next = batchAfter(through, at);
          const batch = next instanceof Promise ? await next : next;
          if (batch.through === through) continue;
          ({ through } = batch);
          yield batch;
        }
      } finally {
        reader.leave();
      }
    },
    async stop() {
      const draining = new Fault('server.draining', 'The server is shutting down.', { retryAfterMs: 1_000 });
      stopped.abort(draining);
      readers.fail(draining);
      await stop();
    },
  };
}

/** Where a reader begins. */
async function beginning(store: Pick<Store, 'head'>, after: number | null, signal: AbortSignal): Promise<number> {
  const { sequence } = await store.head(signal);
  if (after === null || after <= sequence) return after ?? sequence;
  throw new Fault('events.ahead', `The ledger ends with entry ${sequence}; there is no entry ${after} to go on from.`, {
    facts: { after, head: sequence },
    next: 'Read everything anew, then follow the events without an id; ask whether a backup was restored.',
  });
}

interface Pump extends EventFeedParts {
  readonly limits: Limits;
  readonly ring: EventRing;
  readonly readers: Waiters;
  readonly take: (item: LedgerItem) => void;
}

/** Keeps the ring at the head of the ledger: on each hint, and by itself each `lookMs`. Returns what ends it. */
function pumpInto(pump: Pump, stopped: AbortSignal): () => Promise<void> {
  const { store, clock, limits } = pump;
  let turn: Promise<void> | null = null;
  let again = false;
  const run = async (): Promise<void> => {
    try {
      do {
        again = false;
        const tookMs = await readOn(pump, stopped);
        // Whatever is written meanwhile, waking thousands of readers takes half of the time and leaves the rest to others.
        await sleepUntil(clock, Math.max(limits.quietMs, tookMs * limits.restPerWaking), stopped);
      } while (again && !stopped.aborted);
    } finally {
      turn = null; // in the same turn as the last look at `again`, so that no hint falls in between
    }
  };
  const hint = (): Promise<void> => {
    again = true;
    turn ??= run();
    return turn;
  };
  const look = async (): Promise<void> => {
    while (!stopped.aborted) {
      await hint();
      await sleepUntil(clock, limits.lookMs, stopped);
    }
  };
  const unsubscribe = store.onAppended(() => void hint());
  const looking = look();
  return async () => {
    unsubscribe();
    await looking;
    await turn;
  };
}

/**
 * Reads to the head, and tells how long it took to wake who waits there, in ms. What cannot be read is told to all who wait
 * for it: they come again, and see that it is not live.
 */
async function readOn(
  { store, clock, ring, readers, take, limits, logger }: Pump,
  stopped: AbortSignal,
): Promise<number> {
  let tookMs = 0;
  try {
    for (;;) {
      const entries = await store.entries(ring.head(), limits.batchEntries, clock.timeout(limits.readDeadlineMs));
      for (const entry of entries) take(toItem(entry));
      if (entries.length === 0) return tookMs;
      const beganMs = clock.monotonic();
      readers.wake();
      await nextTurn(); // they take what there is, and write it, before that
      tookMs += clock.monotonic() - beganMs;
      if (entries.length < limits.batchEntries || stopped.aborted) return tookMs;
    }
  } catch (error) {
    if (stopped.aborted) return tookMs;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (isFault(error)) logger.warn('the events could not be read', { code: error.code, reason: error.message });
    else logger.error('reading the events met a bug', { reason });
    readers.fail(error);
    return tookMs;
  }
}

async function sleepUntil(clock: Clock, ms: number, stopped: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, stopped);
  } catch (error) {
    if (!stopped.aborted) throw error;
  }
}

/** Those who wait for what comes next. */
interface Waiters {
  join(signal: AbortSignal): Waiter;
  wake(): void;
  fail(reason: unknown): void;
}

/** One of them, from when it came until it leaves. */
interface Waiter {
  /** Resolves with the next waking; rejects with the failure, or with the signal's reason. */
  wait(): Promise<void>;
  leave(): void;
}

/** A signal is listened to once for as long as its reader stays: thousands are woken by each event. */
function createWaiters(): Waiters {
  const waiting = new Set<PromiseWithResolvers<void>>();
  const takeAll = () => {
    const all = [...waiting];
    waiting.clear();
    return all;
  };
  return {
    join(signal) {
      let one: PromiseWithResolvers<void> | null = null;
      let isOver = signal.aborted; // asking the signal each time would cost more than the waiting
      const abort = () => {
        isOver = true;
        one?.reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      return {
        wait() {
          one = Promise.withResolvers<void>();
          if (isOver) one.reject(signal.reason);
          else waiting.add(one);
          return one.promise;
        },
        leave() {
          if (one !== null) waiting.delete(one);
          signal.removeEventListener('abort', abort);
        },
      };
    },
    wake() {
      for (const one of takeAll()) one.resolve();
    },
    fail(reason) {
      for (const one of takeAll()) one.reject(reason);
    },
  };
}

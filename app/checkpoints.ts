import { isFault } from '../core/fault.ts';
import type { SignedCheckpoint } from '../core/tree/checkpoint.ts';
import { formatVerifierKey } from '../core/tree/note.ts';
import type { Clock } from '../port/clock.ts';
import type { Logger } from '../port/logger.ts';
import type { Signer } from '../port/signer.ts';
import type { Store } from '../port/store.ts';
import type { SigningKeyChange } from './ledger-api.ts';
import { openLedgerTree, type LedgerTree } from './ledger-tree.ts';
import { openSigning, type Signing, type Standing } from './signing.ts';

/** Whether checkpoints are being signed, and why not. */
export type CheckpointState = Standing | { readonly kind: 'failing'; readonly reason: string };

/** What the server tells of its signing. */
export interface CheckpointFigures {
  readonly state: CheckpointState;
  /** Entries that the newest checkpoint covers; 0 before the first. */
  readonly size: number;
  /** When the newest was signed by this server, in ms since 1970; null before. */
  readonly signedAt: number | null;
  /** Rounds that failed since the server started. */
  readonly failures: number;
}

/** The signed checkpoints of the ledger. */
export interface Checkpoints {
  readonly tree: LedgerTree;
  /** The verifier key of what is signed now. */
  key(): string;
  state(): CheckpointState;
  figures(): CheckpointFigures;
  /** The one that reaches furthest; null before the first, and while the ledger is behind it. */
  newest(): SignedCheckpoint | null;
  /** One that covers the entry of this sequence, waiting at most 2 s for it; null when there is none, or is none in time. */
  covering(sequence: number): Promise<SignedCheckpoint | null>;
  /** Puts a new signing key in force; `ledger.behind` when nothing may be signed. */
  rotate(actor: string, signal: AbortSignal): Promise<SigningKeyChange>;
  /** See Signing: for what else puts a new key in force. */
  prepareKeyChange: Signing['prepareKeyChange'];
  /** Looks at the ledger and the published checkpoint anew, and signs if it may. */
  reassess(signal: AbortSignal): Promise<CheckpointState>;
  /** Ends what is under way. */
  stop(): Promise<void>;
}

export interface CheckpointParts {
  readonly store: Store;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long an answer waits for a checkpoint over its entry, in ms; those who waited too long are looked for so often. */
const patience = { waitMs: 1_800, sweepMs: 200 } as const;

/** How often the ledger is looked at without a hint, and how soon again after trouble, in ms. */
const lookEveryMs = 5_000;
const retryMs = 1_000;

/** How long one round may take, in ms: reading what is new, and writing one file. */
const roundMs = 30_000;

interface Waiter {
  readonly sequence: number;
  readonly untilMs: number;
  readonly resolve: (checkpoint: SignedCheckpoint | null) => void;
}

/**
 * Signs the ledger's head beside the commit path: one checkpoint at a time, over all that became durable meanwhile.
 * Rejects when the store or the signer does; later trouble of theirs is told, and tried again every second.
 */
export async function startCheckpoints(parts: CheckpointParts, signal: AbortSignal): Promise<Checkpoints> {
  const { store, signer, clock, logger } = parts;
  const ending = new AbortController();
  const tree = await openLedgerTree(store, signal);
  const signing = await openSigning({ store, signer, logger, tree }, signal);
  await signing.advance(signal);
  const waiters = createWaiters(clock, ending.signal);
  const rounds = createRounds({ ...parts, signing, waiters, ending: ending.signal });
  const inTurn = createTurns();
  const hint = createHint(clock, ending.signal);
  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      const isWell = rounds.trouble() === null;
      await hint.wait(isWell ? lookEveryMs : retryMs, { evenIfHinted: !isWell });
      if (!ending.signal.aborted) await inTurn(async () => await rounds.round());
    }
  }
  const stopListening = store.onAppended(() => hint.give());
  hint.give();
  const running = run();
  const noted = async <T>(work: () => Promise<T>) => await inTurn(async () => await work().finally(rounds.note));
  return {
    tree,
    key: () => formatVerifierKey(signer.key()),
    state: rounds.state,
    figures: rounds.figures,
    newest: () => signing.newest(),
    async covering(sequence) {
      const newest = signing.newest();
      if (newest !== null && newest.size >= sequence) return newest;
      return rounds.state().kind === 'signing' ? await waiters.wait(sequence) : null;
    },
    rotate: async (actor, at) => await noted(async () => await signing.rotate(actor, at)),
    prepareKeyChange: async (name, at) => await inTurn(async () => await signing.prepareKeyChange(name, at)),
    reassess: async (at) =>
      await noted(async () => {
        await signing.assess(at);
        await signing.advance(at);
        return rounds.state();
      }),
    async stop() {
      stopListening();
      ending.abort(new Error('the server stops'));
      hint.give();
      await running;
      waiters.end();
    },
  };
}

/** What the loop does, and what became of it. */
function createRounds(of: {
  readonly signing: Signing;
  readonly waiters: ReturnType<typeof createWaiters>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ending: AbortSignal;
}) {
  const { signing, waiters, clock, logger, ending } = of;
  let trouble: string | null = null;
  let failures = 0;
  let size = signing.newest()?.size ?? 0;
  let signedAt = size === 0 ? null : clock.now();
  const deadline = createDeadlines(clock, ending);
  function note(): void {
    const newest = signing.newest();
    if (newest === null || newest.size === size) return;
    size = newest.size;
    signedAt = clock.now();
    waiters.tell(newest);
  }
  function state(): CheckpointState {
    const standing = signing.standing();
    return standing.kind === 'signing' && trouble !== null ? { kind: 'failing', reason: trouble } : standing;
  }
  return {
    note,
    state,
    trouble: () => trouble,
    figures: (): CheckpointFigures => ({ state: state(), size, signedAt, failures }),
    async round(): Promise<void> {
      try {
        await signing.advance(deadline());
        note();
        if (trouble !== null) logger.info('checkpoints of the ledger are signed again');
        trouble = null;
      } catch (error) {
        if (ending.aborted) return;
        if (!isFault(error) && !isTimeout(error)) throw error;
        failures += 1;
        if (trouble === null)
          logger.error('no checkpoint of the ledger could be signed: it is tried again', { reason: String(error) });
        trouble = error.message;
      }
    },
  };
}

function isTimeout(error: unknown): error is Error {
  return error instanceof Error && error.name === 'TimeoutError';
}

/** Deadlines of rounds, of which there may be hundreds a second: those that begin within a second share one. */
function createDeadlines(clock: Clock, ending: AbortSignal): () => AbortSignal {
  let made = { at: -Infinity, signal: ending };
  return () => {
    const now = clock.monotonic();
    if (now - made.at > 1_000) made = { at: now, signal: AbortSignal.any([ending, clock.timeout(roundMs)]) };
    return made.signal;
  };
}

/** Lets one piece of work run after the other. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const run = last.then(work);
    last = run.catch(() => undefined);
    return await run;
  };
}

/** A wait that a hint ends; one that came before it began ends it at once. */
function createHint(clock: Clock, ending: AbortSignal) {
  let isGiven = false;
  let wake: () => void = () => {};
  return {
    give(): void {
      isGiven = true;
      wake();
    },
    async wait(ms: number, { evenIfHinted }: { readonly evenIfHinted: boolean }): Promise<void> {
      if (evenIfHinted) {
        await clock.sleep(ms, ending).catch(() => undefined);
      } else if (!isGiven && !ending.aborted) {
        const awake = new AbortController();
        wake = () => awake.abort();
        await clock.sleep(ms, awake.signal).catch(() => undefined);
        wake = () => {};
      }
      isGiven = false;
    },
  };
}

/** Those who wait for a checkpoint that reaches as far as their entry. */
function createWaiters(clock: Clock, ending: AbortSignal) {
  const waiters = new Set<Waiter>();
  let isSweeping = false;
  async function sweep(): Promise<void> {
    isSweeping = true;
    while (waiters.size > 0 && !ending.aborted) {
      await clock.sleep(patience.sweepMs, ending).catch(() => undefined);
      const now = clock.monotonic();
      for (const waiter of waiters) if (waiter.untilMs <= now) release(waiter, null);
    }
    isSweeping = false;
  }
  function release(waiter: Waiter, checkpoint: SignedCheckpoint | null): void {
    waiters.delete(waiter);
    waiter.resolve(checkpoint);
  }
  return {
    async wait(sequence: number): Promise<SignedCheckpoint | null> {
      if (ending.aborted) return null;
      const { promise, resolve } = Promise.withResolvers<SignedCheckpoint | null>();
      waiters.add({ sequence, untilMs: clock.monotonic() + patience.waitMs, resolve });
      if (!isSweeping) void sweep();
      return await promise;
    },
    tell(checkpoint: SignedCheckpoint): void {
      for (const waiter of waiters) if (waiter.sequence <= checkpoint.size) release(waiter, checkpoint);
    },
    end(): void {
      for (const waiter of waiters) release(waiter, null);
    },
  };
}

import { isFault } from '../../core/fault.ts';
import type { Findings } from './audit/findings.ts';
import type { Fleet, ServerProcess } from './fleet.ts';
import type { ProcessClock } from './process-clock.ts';
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';

/** How long a client waits for one answer, and how often it asks, all with the same key. */
const answerMs = 8_000;
const attemptsMost = 60;

/** For waits that nothing ends early. */
export const signalNever = new AbortController().signal;

export interface AskingParts {
  readonly fleet: Fleet;
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly trace: Trace;
  readonly findings: Findings;
}

/** Asks whoever can be asked until there is an answer; null when the answer is no. */
export type Insist = <T>(
  who: string,
  what: string,
  ask: (process: ServerProcess, at: AbortSignal) => Promise<T>,
) => Promise<T | null>;

/** Asks as a pipeline does: another server, or the same one again, until one answers. */
export function createInsist({ fleet, clock, random, trace, findings }: AskingParts): Insist {
  const bug = (message: string) => findings.violated('nothing fails for a reason of its own', message);

  /** What comes of an error: null, which is an answer; undefined when it has to be asked again. */
  function taken(who: string, what: string, error: unknown, deadline: AbortSignal): null | undefined {
    if (isFault(error) && !isPassing(error.code)) {
      trace.add(who, `${what}: ${error.code}: ${error.message.slice(0, 120)}`);
      trace.count(`answer ${error.code}`);
      if (error.code === 'server.bug') bug(error.message);
      return null;
    }
    if (!isFault(error) && !deadline.aborted) bug(String(error));
    return undefined;
  }
  return async (who, what, ask) => {
    for (let attempt = 1; attempt <= attemptsMost; attempt += 1) {
      const ready = fleet.ready();
      const process = ready[random.between(0, Math.max(0, ready.length - 1))];
      if (process !== undefined) {
        const deadline = clock.timeout(answerMs);
        try {
          return await orAborted(ask(process, deadline), deadline);
        } catch (error) {
          if (taken(who, what, error, deadline) === null) return null;
          trace.add(who, `${what}: no answer from ${process.name}`);
          trace.count('asked again');
        }
      }
      await clock.sleep(random.between(300, 1_500), signalNever);
    }
    trace.add(who, `${what}: given up`);
    return null;
  };
}

/** Faults that pass: the server is asked again. */
function isPassing(code: string): boolean {
  return [
    'store.failed',
    'store.busy',
    'store.conflict',
    'registry.unreachable',
    'server.draining',
    'signing.failed',
  ].includes(code);
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(signal.reason);
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

import type { EngineHint } from '../../port/engine.ts';
import { chooseFault, isCut, send, silent, type Link } from './link.ts';

/** Changes that follow each other faster are told as one hint. */
const gatherMs = 250;

const info = { request: 'info', environment: null, name: null } as const;

/** How often it is looked whether the engine still answers. */
const pulseMs = 10_000;

/** See `Engine.hints`. The first comes with the connection. Each may be lost, come late, or come twice. */
export async function* watchHints(link: Link, signal: AbortSignal): AsyncGenerator<EngineHint> {
  let changed = new Set<string>();
  const forget = link.manager.watch((environments) => {
    for (const environment of environments) changed.add(environment);
  });
  try {
    let index = await send(link, info, () => link.manager.index(), signal);
    yield { environments: null };
    while (await untilChange(link, index, signal)) {
      index = link.manager.index();
      const hint = { environments: changed };
      changed = new Set();
      yield* arrivals(link, hint, signal);
      if (!(await slept(link, gatherMs, signal))) return;
    }
  } finally {
    forget();
  }
}

/** One hint as the fault policy lets it arrive. */
async function* arrivals(link: Link, hint: EngineHint, signal: AbortSignal): AsyncGenerator<EngineHint> {
  const choice = chooseFault(link, { ...info, request: 'hint' });
  if (choice.kind === 'lost') return;
  if (choice.kind === 'delayed' && !(await slept(link, choice.requestMs + choice.answerMs, signal))) return;
  yield hint;
  if (choice.kind === 'repeated' && (await slept(link, choice.afterMs, signal))) yield hint;
}

/** Waits until something is other than it was; false when the signal ended it. Throws when the engine is cut off. */
async function untilChange(link: Link, since: number, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    if (signal.aborted) return false;
    if (isCut(link)) throw silent(link);
    if (link.manager.index() !== since) return true;
    const nextMs = link.manager.nextEventMs() ?? Infinity;
    const waitMs = Math.max(1, Math.min(nextMs - link.manager.nowMs(), pulseMs));
    await sleepUntilWatched(link, waitMs, signal);
  }
}

/** Sleeps so long, or until the cluster says that something is new, or until the signal. */
async function sleepUntilWatched(link: Link, ms: number, signal: AbortSignal): Promise<void> {
  const nap = new AbortController();
  const wake = () => nap.abort();
  const forget = link.manager.watch(wake);
  signal.addEventListener('abort', wake, { once: true });
  try {
    await link.clock.sleep(ms, nap.signal);
  } catch (cause) {
    if (!nap.signal.aborted) throw cause;
  } finally {
    forget();
    signal.removeEventListener('abort', wake);
  }
}

/** Lets a little time pass; false when the signal ended it. */
export async function slept(link: Link, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await link.clock.sleep(ms, signal);
    return true;
  } catch (cause) {
    if (signal.aborted) return false;
    throw cause;
  }
}

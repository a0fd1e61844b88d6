import { Fault } from '../../core/fault.ts';
import type { Random } from './random.ts';
import type { Life, Timeline } from './timeline.ts';

/** What lies between a process and the rest of the world: everything that it asks of others passes here. */
export interface Boundary {
  readonly life: Life;
  /** Asks somebody on the same machine. */
  near<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Asks somebody over a network that may be cut. */
  far<T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** Cuts and mends the network. */
  setCut(isCut: boolean): void;
  /** The process dies when it has passed so many more points: there is one before and one after each question. */
  dieAfter(points: number): void;
  /** The process dies when it has passed so many more points of this kind. */
  dieAtPoint(about: RegExp, points: number): void;
  die(): void;
}

export interface BoundaryParts {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly life: Life;
  /** Hears what the process was about when it died. */
  readonly onDeath: (about: string) => void;
}

/** The boundary of a process that lives. Once it is dead nothing is asked any more, and no answer comes. */
export function createBoundary({ timeline, random, life, onDeath }: BoundaryParts): Boundary {
  let pointsLeft = Infinity;
  let isCut = false;
  let fated: { readonly about: RegExp; readonly pointsLeft: number } | null = null;

  function die(about: string): void {
    if (!life.isAlive) return;
    life.isAlive = false;
    onDeath(about);
  }
  /** Never resolves for a dead process. */
  async function point(about: string): Promise<void> {
    pointsLeft -= 1;
    if (fated?.about.test(about) === true) fated = { ...fated, pointsLeft: fated.pointsLeft - 1 };
    if (pointsLeft <= 0 || fated?.pointsLeft === 0) die(about);
    while (life.pause !== null) await resumed();
    if (!life.isAlive) await never();
  }
  async function resumed(): Promise<void> {
    const toMs = life.pause?.toMs ?? 0;
    await new Promise<void>((resolve) => void timeline.after(toMs - timeline.nowMs(), null, resolve));
  }
  async function near<T>(what: string, work: () => Promise<T>): Promise<T> {
    await point(`before ${what}`);
    const answer = await settled(work());
    await point(`after ${what}`);
    return valueOf(answer);
  }
  /** Nothing comes back: the connection breaks at once, or nobody says anything until the deadline. */
  async function lost(signal: AbortSignal): Promise<never> {
    if (random.chance(0.5)) {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => (life.isAlive ? resolve() : undefined), { once: true });
        if (signal.aborted) resolve();
      });
      throw signal.reason;
    }
    throw new Fault('store.failed', 'The connection to the store broke.', { next: 'Wait until it is back.' });
  }
  async function travel(): Promise<void> {
    await new Promise<void>((resolve) => void timeline.after(random.between(1, 4), life, resolve));
  }
  return {
    life,
    near,
    far: (what, signal, work) =>
      near(what, async () => {
        signal.throwIfAborted();
        await travel();
        if (isCut) return await lost(signal);
        const answer = await settled(work());
        if (isCut) return await lost(signal);
        return valueOf(answer);
      }),
    setCut(cut) {
      isCut = cut;
    },
    dieAfter(points) {
      pointsLeft = points;
      if (points === Infinity) fated = null;
    },
    dieAtPoint(about, points) {
      fated = { about, pointsLeft: points };
    },
    die: () => die('at rest'),
  };
}

type Settled<T> = { readonly kind: 'value'; readonly value: T } | { readonly kind: 'error'; readonly error: unknown };

async function settled<T>(work: Promise<T>): Promise<Settled<T>> {
  try {
    return { kind: 'value', value: await work };
  } catch (error) {
    return { kind: 'error', error };
  }
}

function valueOf<T>(answer: Settled<T>): T {
  if (answer.kind === 'error') throw answer.error;
  return answer.value;
}

async function never(): Promise<never> {
  return await new Promise<never>(() => undefined);
}

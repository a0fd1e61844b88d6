import { Fault } from '../../core/fault.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Clock } from '../../port/clock.ts';
import type { EngineCall, FaultChoice, FaultPolicy } from './faults.ts';
import type { Manager, Reading } from './manager.ts';
import type { SimulatedTrouble } from './simulation.ts';

/** The way from one caller to the managers. */
export interface Link {
  readonly cluster: string;
  readonly connection: string;
  readonly clock: Clock;
  readonly manager: Manager;
  readonly faults: FaultPolicy;
  trouble: SimulatedTrouble;
  /** How many requests were sent. */
  sent: number;
}

/** How long one request may take, as in a real driver. */
const requestMs = 30_000;

const asItIs: Reading = { byMs: 0, lacks: null };

/** What a request is, for the fault policy. */
export type Asked = Pick<EngineCall, 'request' | 'environment' | 'name'>;

/** A request as it was answered, or why it was not. */
interface Arrival<T> {
  answer: { readonly value: T } | null;
}

/** What the policy chooses for the link's next request, or for a hint. */
export function chooseFault(link: Link, asked: Asked): FaultChoice {
  const { cluster, connection, manager } = link;
  link.sent += 1;
  return link.faults({ cluster, connection, number: link.sent, atMs: manager.nowMs(), ...asked });
}

export function isCut(link: Link): boolean {
  return link.trouble.unreachable || !link.manager.isReachable();
}

/** What a caller learns when nothing answers. */
export function silent({ cluster }: Link): Fault {
  return new Fault('engine.unreachable', `The simulated engine of cluster ${cluster} does not answer.`, {
    facts: { cluster },
  });
}

/**
 * Sends one request, with whatever trouble is chosen for it. `carryOut` is what the managers do when it arrives; it may
 * happen never, once or twice, and after the caller has gone. Throws `engine.unreachable` when no answer comes, and
 * the signal's reason.
 */
export async function send<T>(
  link: Link,
  asked: Asked,
  carryOut: (reading: Reading) => T,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  if (isCut(link)) throw silent(link);
  const choice = chooseFault(link, asked);
  switch (choice.kind) {
    case 'none':
      return carryOut(asItIs);
    case 'delayed':
      return await delayed(link, choice, () => carryOut(asItIs), signal);
    case 'lost':
      if (choice.applied) carryOut(asItIs);
      if (choice.hangs) await link.clock.sleep(requestMs, signal);
      throw silent(link);
    case 'repeated':
      return await repeated(link, choice, () => carryOut(asItIs), signal);
    case 'failed':
      if (choice.applied) carryOut(asItIs);
      throw failed(link);
    case 'stale':
      return carryOut({ byMs: choice.byMs, lacks: null });
    case 'incomplete':
      return carryOut({ byMs: 0, lacks: choice.lacks });
    default:
      return unreachable(choice);
  }
}

function failed({ cluster }: Link): Fault {
  const message = `The engine of cluster ${cluster} failed: rpc error: context deadline exceeded`;
  return new Fault('engine.unreachable', message, { facts: { cluster, status: 500 } });
}

/** Puts a request on its way, to arrive later whatever becomes of the caller. */
function post<T>(link: Link, afterMs: number, carryOut: () => T): Arrival<T> {
  const arrival: Arrival<T> = { answer: null };
  link.manager.later(afterMs, () => {
    if (!isCut(link)) arrival.answer = { value: carryOut() };
  });
  return arrival;
}

async function delayed<T>(
  link: Link,
  choice: Extract<FaultChoice, { readonly kind: 'delayed' }>,
  carryOut: () => T,
  signal: AbortSignal,
): Promise<T> {
  const arrival = post(link, choice.requestMs, carryOut);
  await link.clock.sleep(Math.min(choice.requestMs + choice.answerMs, requestMs), signal);
  return answerOf(link, arrival);
}

async function repeated<T>(
  link: Link,
  choice: Extract<FaultChoice, { readonly kind: 'repeated' }>,
  carryOut: () => T,
  signal: AbortSignal,
): Promise<T> {
  const first = carryOut();
  const arrival = post(link, choice.afterMs, carryOut);
  if (choice.answer === 'first') return first;
  await link.clock.sleep(Math.min(choice.afterMs, requestMs), signal);
  return answerOf(link, arrival);
}

function answerOf<T>(link: Link, arrival: Arrival<T>): T {
  // Whatever was to arrive by now arrives.
  link.manager.nowMs();
  if (arrival.answer === null || isCut(link)) throw silent(link);
  return arrival.answer.value;
}

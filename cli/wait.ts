import { isFault, isRetryable, type Fault } from '../core/fault.ts';
import type { DeploymentView } from '../wire/deployment.ts';
import type { Context } from './context.ts';
import { exitCode, exitCodeOfOutcome, type ExitCode } from './exit-code.ts';
import { Interrupted } from './failure.ts';
import { listenTo, type LookAgain } from './live-events.ts';
import { createLive } from './live.ts';
import { renderOutcome } from './render/deployment.ts';
import { changesBetween, progressLines } from './render/progress.ts';
import { cut } from './table.ts';

/** Between two looks while the server tells what happens: progress within a step is told by nobody. */
const livePauseMs = 2_000;
const pollMs = 400;
const longestPauseMs = 5_000;

/** Shows how a deployment goes on; `trouble` tells why the server was not heard just now. */
type Show = (view: DeploymentView | null, trouble: string | null) => void;

type Waited =
  | { readonly kind: 'ended'; readonly view: DeploymentView }
  | { readonly kind: 'timeout'; readonly view: DeploymentView | null; readonly trouble: Fault | null };

/**
 * Waits for a deployment's end, showing how it goes on, and tells the outcome with its cause. It looks when the server's
 * event stream tells of something, and now and then without; while the server does not answer it goes on asking, until
 * `timeoutMs` is over. Returns the exit code of the outcome; throws `Interrupted`, and faults that asking again cannot
 * mend.
 */
export async function waitForDeployment(context: Context, id: string, timeoutMs: number): Promise<ExitCode> {
  const { terminal } = context;
  const show = terminal.people.isTerminal ? showLive(context) : showChanges(context);
  const follow = `dray show ${id} shows it, dray cancel ${id} ends it`;
  let waited: Waited;
  try {
    waited = await watch(context, id, timeoutMs, show);
  } catch (thrown) {
    if (context.signal.aborted) {
      const { reason } = context.signal;
      const code = reason instanceof Interrupted ? reason.code : exitCode.interrupted;
      throw new Interrupted(code, `the deployment ${id} goes on: ${follow}`);
    }
    throw thrown;
  }
  if (waited.view !== null) terminal.result(waited.view);
  if (waited.kind === 'ended') {
    terminal.say(renderOutcome(waited.view, terminal.style));
    return waited.view.outcome === null ? exitCode.unknown : exitCodeOfOutcome(waited.view.outcome);
  }
  if (waited.trouble !== null) throw waited.trouble;
  terminal.warn(`--timeout is over; the deployment ${id} goes on: ${follow}`);
  return exitCode.timeout;
}

async function watch(context: Context, id: string, timeoutMs: number, show: Show): Promise<Waited> {
  const again = listenTo(context.client(), id);
  try {
    return await look(context, id, timeoutMs, show, again);
  } finally {
    await again.end();
  }
}

async function look(context: Context, id: string, timeoutMs: number, show: Show, again: LookAgain): Promise<Waited> {
  const until = performance.now() + timeoutMs;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([context.signal, deadline]);
  let view: DeploymentView | null = null;
  let trouble: Fault | null = null;
  let pauseMs: number;
  let failures = 0;
  for (;;) {
    try {
      view = await context.client().call('getDeployment', { params: { deployment: id }, signal });
      trouble = null;
      failures = 0;
      pauseMs = again.isLive() ? livePauseMs : pollMs;
      show(view, null);
      if (view.phase === 'ended') return { kind: 'ended', view };
    } catch (thrown) {
      if (deadline.aborted && !context.signal.aborted) return { kind: 'timeout', view, trouble };
      if (!isFault(thrown) || !isRetryable(thrown)) throw thrown;
      trouble = thrown;
      failures += 1;
      pauseMs = Math.min(pollMs * 2 ** failures, longestPauseMs);
      show(view, `${thrown.message} Still waiting; the deployment goes on without this terminal.`);
    }
    const left = until - performance.now();
    if (left <= 0) return { kind: 'timeout', view, trouble };
    await again.wait(Math.min(pauseMs, left), context.signal);
  }
}

function showLive({ terminal, io }: Context): Show {
  const live = createLive(terminal.people);
  return (view, trouble) => {
    const { columns, rows } = terminal.people;
    if (view !== null) {
      live.draw(progressLines({ view, trouble, nowMs: io.now(), columns, rows }, terminal.style));
    } else if (trouble !== null) {
      live.draw([cut(trouble, columns - 1)]);
    }
  };
}

function showChanges({ terminal }: Context): Show {
  let last: DeploymentView | null = null;
  let lastTrouble: string | null = null;
  return (view, trouble) => {
    if (trouble !== null && lastTrouble === null) terminal.warn(trouble);
    if (trouble === null && lastTrouble !== null) terminal.warn('The server answers again.');
    lastTrouble = trouble;
    if (view === null || trouble !== null) return;
    for (const line of changesBetween(last, view)) terminal.say(line);
    last = view;
  };
}

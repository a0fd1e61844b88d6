import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { Fault } from '../core/fault.ts';
import { waitUntil } from './wait.ts';

/** A long-running process that this one started, in a session of its own: Ctrl-C in the terminal does not reach it. */
export interface Daemon {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  isRunning(): boolean;
}

/** How much of a daemon's log a fault shows. */
const shownLines = 8;

/**
 * Starts a daemon whose output is appended to a file, so that it outlives its starter undisturbed. Its environment is
 * only PATH and HOME: a proxy or a Docker setting of the user's shell must not change what it does. It does not keep
 * this process alive.
 */
export async function startDaemon(options: {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
}): Promise<Daemon> {
  const log = await open(options.logFile, 'a');
  try {
    const child = spawn(options.command, options.args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
    });
    const spawned = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(child.pid ?? 0));
    });
    child.unref();
    const { name, logFile } = options;
    return {
      name,
      pid: spawned,
      logFile,
      isRunning: () => child.exitCode === null && child.signalCode === null,
    };
  } catch (cause) {
    throw new Fault('local.failed', `${options.name} could not be started: ${String(cause)}`, {
      next: 'Run bin/setup --engine, which installs what is missing.',
      cause,
    });
  } finally {
    await log.close();
  }
}

/**
 * Waits until a daemon answers. Throws `local.failed` with the end of its log when it ends by itself or stays silent
 * for `deadlineMs`; the daemon is then left as it is, for the caller to end.
 */
export async function waitUntilReady(
  daemon: Daemon,
  isReady: () => Promise<boolean>,
  limits: { readonly deadlineMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const settled = await waitUntil(async () => !daemon.isRunning() || (await isReady()), limits);
  if (settled && daemon.isRunning()) return;
  const what = settled ? 'ended while it started' : `was not ready within ${limits.deadlineMs} ms`;
  const text = await readFile(daemon.logFile, 'utf8');
  const end = text.trimEnd().split('\n').slice(-shownLines).join('\n');
  throw new Fault('local.failed', `${daemon.name} ${what}:\n${end}`, {
    next: `Read its log, ${daemon.logFile}.`,
  });
}

/** Asks a daemon to end, and kills it when it has not within `graceMs`. Repeatable: an ended daemon is left alone. */
export async function endDaemon(daemon: Daemon, graceMs: number): Promise<void> {
  const hasEnded = () => !daemon.isRunning();
  if (hasEnded()) return;
  process.kill(daemon.pid, 'SIGTERM');
  if (await waitUntil(hasEnded, { deadlineMs: graceMs })) return;
  await killDaemon(daemon);
}

/** Kills a daemon at once (SIGKILL) and waits until the kernel has taken it away. Repeatable. */
export async function killDaemon(daemon: Daemon): Promise<void> {
  const hasEnded = () => !daemon.isRunning();
  if (hasEnded()) return;
  process.kill(daemon.pid, 'SIGKILL');
  const ended = await waitUntil(hasEnded, { deadlineMs: 5_000 });
  if (!ended) throw new Fault('local.failed', `${daemon.name} (process ${daemon.pid}) does not die.`);
}

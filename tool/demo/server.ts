import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { UsageError } from '../../cli/failure.ts';
import { Fault } from '../../core/fault.ts';
import { root } from './dray.ts';

/** A server in a process of its own. */
export interface DemoServer {
  readonly url: string;
  readonly token: string;
  /** Signs a browser in once. */
  readonly signInUrl: string;
  readonly logFile: string;
  /** Resolves when the process has ended, whatever ended it. */
  readonly ended: Promise<void>;
  /** Asks it to end, and kills it when it has not within 15 s. */
  stop(): Promise<void>;
}

const startMs = 60_000;
const stopMs = 15_000;
const shownLines = 8;

/** What `dray serve --json` prints once it listens. */
const greeting = z.object({ url: z.string(), firstToken: z.string(), signInUrl: z.string() });

/** Throws `UsageError` when something listens on a port of 127.0.0.1 that is needed for what `why` says. */
export async function requireFreePort(port: number, why: string): Promise<void> {
  const isTaken = await new Promise<boolean>((resolve) => {
    const probe = connect({ host: '127.0.0.1', port, timeout: 2_000 });
    const settle = (taken: boolean) => {
      probe.destroy();
      resolve(taken);
    };
    probe.once('connect', () => settle(true));
    probe.once('error', () => settle(false));
    probe.once('timeout', () => settle(true));
  });
  if (!isTaken) return;
  const next =
    'Stop what listens there (ss -ltnp shows it); the port of the server can be another: bin/demo --port 4401.';
  throw new UsageError(`Port ${port} of 127.0.0.1 is taken, and ${why}.`, next);
}

/**
 * Starts `dray serve` on an empty data folder. Throws `local.failed` with the end of its log when it does not listen
 * within a minute.
 */
export async function startServer(of: {
  readonly platform: string;
  readonly data: string;
  readonly port: number;
  readonly logFile: string;
  readonly signal: AbortSignal;
}): Promise<DemoServer> {
  const log = await open(of.logFile, 'w');
  const serve = ['serve', '--json', '--platform', of.platform, '--data', of.data, '--listen', `127.0.0.1:${of.port}`];
  const dray = join(root, 'bin', 'dray');
  // In a session of its own, so that Ctrl-C does not reach it; Linux ends it should this process be killed.
  const options: SpawnOptions = { cwd: root, detached: true, stdio: ['ignore', 'pipe', log.fd] };
  const child =
    process.platform === 'linux'
      ? spawn('setpriv', ['--pdeathsig', 'TERM', dray, ...serve], options)
      : spawn(dray, serve, options);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async () => await endChild(child, ended);
  try {
    const { url, firstToken, signInUrl } = await readGreeting(child, of);
    return { url, token: firstToken, signInUrl, logFile: of.logFile, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    await log.close();
  }
}

async function readGreeting(
  child: ChildProcess,
  { logFile, signal }: { readonly logFile: string; readonly signal: AbortSignal },
): Promise<z.infer<typeof greeting>> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(startMs)]);
  let text = '';
  const read = new Promise<z.infer<typeof greeting> | null>((resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.endsWith('}\n')) resolve(parseGreeting(text));
    });
    child.once('close', () => resolve(null));
    child.once('error', () => resolve(null));
    limit.addEventListener('abort', () => resolve(null), { once: true });
  });
  const said = await read;
  signal.throwIfAborted();
  if (said !== null) return said;
  const log = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-shownLines).join('\n');
  throw new Fault('local.failed', `The server did not start:\n${log}`, { next: `Read its log, ${logFile}.` });
}

function parseGreeting(text: string): z.infer<typeof greeting> | null {
  try {
    return greeting.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

async function endChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = new AbortController();
  const late = delay(stopMs, true, { signal: timer.signal }).catch(() => false);
  const isLate = await Promise.race([ended.then(() => false), late]);
  timer.abort();
  if (!isLate) return;
  child.kill('SIGKILL');
  await ended;
}

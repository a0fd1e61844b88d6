import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { createClient, type Client } from '../../client/client.ts';
import { noteToken } from './canary.ts';
import { cleanEnvironment, dray, runDray, type DrayEnd, type DrayOptions } from './dray.ts';

export interface ServerProcessOptions {
  /** Path of the platform document. */
  readonly platform: string;
  /** Folder of the ledger. */
  readonly data: string;
  /** Environment of the server; `DOCKER_CONFIG` for instance. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A real server: `bin/dray serve` in a process of its own, which can be killed and started again on the same data. */
export interface ServerProcess {
  readonly url: string;
  /** The first admin token. */
  readonly token: string;
  /** The link of the first start, which signs a browser in once. */
  readonly signInUrl: string;
  /** Calls with the first admin token. */
  readonly client: Client;
  /** Runs `bin/dray` against this server with the first admin token. */
  dray(args: readonly string[], options?: DrayOptions): Promise<DrayEnd>;
  /** Kills it with SIGKILL and waits until the process is gone. */
  kill(): Promise<void>;
  /** Starts it again, at the same address; resolves when it answers. */
  start(): Promise<void>;
  /** Asks it to end; its exit code. */
  stop(): Promise<number | null>;
  /** Sends it a signal, and goes on. */
  signal(name: NodeJS.Signals): void;
  /** Waits until it has ended by itself, at most 40 s; its exit code. */
  ended(): Promise<number | null>;
  isRunning(): boolean;
  /** Of the present process, by which its own figures can be read. */
  pid(): number;
  /** What the present process wrote on stderr: its log. */
  log(): string;
}

const told = z.object({ url: z.string(), firstToken: z.string().nullable(), signInUrl: z.string().nullable() });
const startMs = 30_000;
const stopMs = 15_000;
const endMs = 40_000;

/** Starts a server on an empty data folder and a free loopback port. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const first = await launch(options, '127.0.0.1:0');
  const { url, firstToken: token, signInUrl } = first;
  assert.ok(token !== null && signInUrl !== null, 'an empty data folder gives a first token and a link');
  noteToken(token);
  const address = new URL(url).host;
  let running = first.running;
  const env = { DRAYAGE_URL: url, DRAYAGE_TOKEN: token };
  return {
    url,
    token,
    signInUrl,
    client: createClient({ url, token }),
    dray: async (args, of = {}) => await runDray(args, { ...of, env: { ...env, ...of.env } }),
    kill: async () => void (await end(running, 'SIGKILL')),
    start: async () => {
      assert.ok(hasEnded(running), 'it still runs');
      ({ running } = await launch(options, address));
    },
    stop: async () => await end(running, 'SIGTERM'),
    signal: (name) => void running.child.kill(name),
    ended: async () => {
      if (!hasEnded(running)) await once(running.child, 'exit', { signal: AbortSignal.timeout(endMs) });
      return running.child.exitCode;
    },
    isRunning: () => !hasEnded(running),
    pid: () => running.child.pid ?? assert.fail('it never started'),
    log: () => running.log(),
  };
}

interface Running {
  readonly child: ChildProcess;
  log(): string;
}

function hasEnded({ child }: Running): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function launch(options: ServerProcessOptions, listen: string) {
  const args = ['serve', '--json', '--platform', options.platform, '--data', options.data, '--listen', listen];
  const child = spawn(dray, args, { env: cleanEnvironment(options.env), stdio: ['ignore', 'pipe', 'pipe'] });
  const log: Buffer[] = [];
  child.stderr.on('data', (piece: Buffer) => log.push(piece));
  const running = { child, log: () => Buffer.concat(log).toString() };
  try {
    const { url, firstToken, signInUrl } = told.parse(JSON.parse(await firstDocument(running)));
    return { url, firstToken, signInUrl, running };
  } catch (error) {
    await end(running, 'SIGKILL');
    throw error;
  }
}

/** The server tells one JSON document once it listens, and ends it with a closing brace of its own line. */
async function firstDocument(running: Running): Promise<string> {
  const { stdout } = running.child;
  assert.ok(stdout !== null);
  let text = '';
  return await new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`the server ${what}:\n${text}\n${running.log()}`));
    const limit = setTimeout(() => fail(`did not listen within ${startMs} ms`), startMs);
    stdout.on('data', (piece: Buffer) => {
      text += piece.toString();
      if (!text.includes('\n}\n')) return;
      clearTimeout(limit);
      resolve(text);
    });
    running.child.once('close', (code) => {
      clearTimeout(limit);
      fail(`ended with ${code}`);
    });
  });
}

async function end(running: Running, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  const { child } = running;
  if (hasEnded(running)) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill(signal);
  const force = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await ended;
  clearTimeout(force);
  return child.exitCode;
}

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Fault } from '../../core/fault.ts';
import type { Narrator } from './narrator.ts';

/** The folder of this checkout. */
export const root = join(import.meta.dirname, '..', '..');

/** Runs `bin/dray` as a person would, shows the command and what it prints. */
export type RunDray = (args: readonly string[], of?: RunOptions) => Promise<void>;

export interface RunOptions {
  /** The exit code that is right; default 0. */
  readonly code?: number;
  /** What it reads from standard input; default nothing. Not shown. */
  readonly stdin?: string;
}

const limitMs = 240_000;

/**
 * What runs `bin/dray` against a server, in the checkout's folder, with further variables. The run throws `local.failed` when the command ends
 * with another code than expected (default 0) or lasts longer than four minutes.
 */
export function createDray(
  narrator: Narrator,
  server: { readonly url: string; readonly token: string },
  variables: Readonly<Record<string, string>>,
  signal: AbortSignal,
): RunDray {
  return async (args, { code: expectedCode = 0, stdin = '' } = {}) => {
    const command = `bin/dray ${args.join(' ')}`;
    const from = stdin === '' ? '' : narrator.style.dim('   # the value comes by standard input');
    narrator.say(`${narrator.style.cyan(`$ ${command}`)}${from}`);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    const code = await run(args, stdin, narrator, { server, variables }, limit);
    signal.throwIfAborted();
    if (code === expectedCode) return;
    const ended = limit.aborted ? `was ended after ${limitMs / 1000} s` : `ended with the exit code ${code}`;
    throw new Fault('local.failed', `${command} ${ended}, where ${expectedCode} is right.`, {
      next: 'What it printed stands above.',
    });
  };
}

async function run(
  args: readonly string[],
  stdin: string,
  narrator: Narrator,
  of: { readonly server: { readonly url: string; readonly token: string }; readonly variables: object },
  signal: AbortSignal,
): Promise<number | null> {
  const { server, variables } = of;
  const child = spawn(join(root, 'bin', 'dray'), args, {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...variables,
      DRAYAGE_URL: server.url,
      DRAYAGE_TOKEN: server.token,
      ...(narrator.style.bold('x') === 'x' ? { NO_COLOR: '1', FORCE_COLOR: '0' } : { FORCE_COLOR: '1' }),
    },
  });
  // A command that ends without reading it closes the pipe first.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const end = () => child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  try {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => narrator.say(line === '' ? '' : `  ${line}`));
    }
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code));
    });
  } finally {
    signal.removeEventListener('abort', end);
  }
}

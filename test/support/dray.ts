import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The command line's launcher: what a person at a shell calls. */
export const dray = join(import.meta.dirname, '../../bin/dray');

/** How a command line ended. */
export interface DrayEnd {
  /** The exit code; null when it was killed because `limitMs` was over. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DrayOptions {
  /** Added to what the shell has; DRAYAGE_URL and DRAYAGE_TOKEN of the shell are not passed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly stdin?: string | Uint8Array;
  /** The process is killed after it; default 120 s. */
  readonly limitMs?: number;
}

/** The environment of a child process, free of what the shell says of another server. */
export function cleanEnvironment(added: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { DRAYAGE_URL: _, DRAYAGE_TOKEN: __, NODE_TEST_CONTEXT: ___, ...env } = process.env;
  return { ...env, NO_COLOR: '1', ...added };
}

/** Runs `bin/dray` as a process of its own, without a terminal, and waits for its end. */
export async function runDray(args: readonly string[], options: DrayOptions = {}): Promise<DrayEnd> {
  const { env = {}, folder = process.cwd(), stdin = '', limitMs = 120_000 } = options;
  return await new Promise((resolve, reject) => {
    const child = spawn(dray, args, {
      cwd: folder,
      env: cleanEnvironment(env),
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => stdout.push(piece));
    child.stderr.on('data', (piece: Buffer) => stderr.push(piece));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
    // A command that ends without reading its input closes the pipe first, which is no error.
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
  });
}

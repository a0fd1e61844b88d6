import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ending } from './ending.ts';

const bench = join(import.meta.dirname, '..');
const root = join(bench, '..');
const startMs = 60_000;
const stopMs = 15_000;
const outputBytesMost = 16 * 1_048_576;
const shownCharacters = 4_000;

/**
 * Runs a script of `bench/` with one argument, in JSON, as a process of its own; what its last line of output says, in
 * JSON. Rejects with what it wrote when it does not end with 0 within the limit, or when the benchmarks are to end.
 */
export async function runScript(script: string, input: object, limitMs: number): Promise<unknown> {
  const args = [join(bench, script), JSON.stringify(input)];
  const options = { cwd: root, timeout: limitMs, signal: ending.signal, maxBuffer: outputBytesMost };
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, options, (error, output, errors) => {
      if (error === null) return resolve(output);
      const how = error.killed === true ? `did not end within ${limitMs} ms` : `ended with ${error.code}`;
      reject(new Error(`${script} ${how}:\n${`${output}${errors}`.slice(-shownCharacters)}`));
    });
  });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/** A script that serves until its standard input ends, be it that this process is gone. */
export interface ServingScript {
  /** What its first line said. */
  readonly said: unknown;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
}

/** Starts a script of `bench/` with one argument, in JSON, and waits for the line in which it says that it serves. */
export async function startScript(script: string, input: object): Promise<ServingScript> {
  const child = spawn(process.execPath, [join(bench, script), JSON.stringify(input)], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.stdin.end();
    const force = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await ended;
    clearTimeout(force);
  };
  let text = '';
  const line = new Promise<string>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`${script} said nothing within ${startMs} ms`)), startMs);
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (!text.includes('\n')) return;
      clearTimeout(limit);
      resolve(text);
    });
    void ended.then(() => {
      clearTimeout(limit);
      reject(new Error(`${script} ended before it served`));
    });
  });
  try {
    return { said: JSON.parse(await line), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** In a script: its argument, which `read` turns into what it is. */
export function inputOf<T>(read: (input: unknown) => T): T {
  const [, , text] = process.argv;
  assert.ok(text !== undefined, 'a script of bench/ takes one argument, in JSON');
  return read(JSON.parse(text));
}

/** In a script that serves: says so, and calls `stop` when whoever started it lets it go. */
export function serveUntilLetGo(said: object, stop: () => unknown): void {
  process.stdout.write(`${JSON.stringify(said)}\n`);
  process.stdin.resume().once('end', () => void stop());
}

/** In a script that runs once: its result. */
export function tell(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

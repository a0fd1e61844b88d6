import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WriteStream } from 'node:tty';
import { exitCode } from './exit-code.ts';
import { Interrupted, UsageError } from './failure.ts';
import type { Io, Sink } from './io.ts';
import { run } from './run.ts';

const stdinBytesMost = 16 * 1024 * 1024;

function sinkOf(stream: WriteStream): Sink {
  // A reader that went away, as `dray releases | head` does, ends the output and is no error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY,
    get columns() {
      return stream.isTTY ? stream.columns || 80 : Infinity;
    },
    get rows() {
      return stream.isTTY ? stream.rows || 24 : Infinity;
    },
  };
}

async function readStdin(signal: AbortSignal): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of process.stdin.iterator({ destroyOnReturn: true })) {
    signal.throwIfAborted();
    const bytes = Buffer.from(piece);
    size += bytes.length;
    if (size > stdinBytesMost) {
      throw new UsageError(`Standard input is above ${stdinBytesMost} bytes.`, 'Make it smaller.');
    }
    pieces.push(bytes);
  }
  return Buffer.concat(pieces).toString('utf8');
}

async function ask(question: string, signal: AbortSignal): Promise<boolean | null> {
  // Loaded only where somebody is asked: most commands ask nothing.
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: question, initialValue: false, signal });
  return isCancel(answer) ? null : answer;
}

async function askHidden(question: string, signal: AbortSignal): Promise<string | null> {
  const { password, isCancel } = await import('@clack/prompts');
  // Not even how long it is.
  const answer = await password({ message: question, mask: '', signal });
  return isCancel(answer) ? null : answer;
}

/** The first signal asks the command to end in order; the second ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const codes = { SIGINT: exitCode.interrupted, SIGTERM: exitCode.terminated } as const;
  for (const [name, code] of Object.entries(codes)) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code);
      controller.abort(new Interrupted(code));
    });
  }
  return controller.signal;
}

async function packageVersion(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '..', 'package.json'), 'utf8');
  const { version }: { version: string } = JSON.parse(text);
  return version;
}

const io: Io = {
  stdout: sinkOf(process.stdout),
  stderr: sinkOf(process.stderr),
  canAsk: process.stdin.isTTY && process.stdout.isTTY,
  stdin: () => process.stdin.iterator({ destroyOnReturn: true }),
  readStdin,
  confirm: ask,
  askHidden,
  env: process.env,
  folder: process.cwd(),
  signal: interruption(),
  now: () => Date.now(),
};

process.exitCode = await run(process.argv.slice(2), io, await packageVersion());

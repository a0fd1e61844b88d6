import { spawn } from 'node:child_process';

export type ProcessEnd = {
  /** The exit code, or undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly timedOut: boolean;
  /** stdout and stderr in the order of arrival; the middle is cut out beyond 4 MiB. */
  readonly output: string;
  readonly durationMs: number;
};

export type ProcessOptions = {
  readonly cwd: string;
  readonly limitMs: number;
  readonly env?: NodeJS.ProcessEnv;
};

const outputHalfBytesMax = 2 * 1024 * 1024;
const graceMs = 10_000;
const groups = new Set<number>();
let isEnding = false;

/**
 * Runs a program in a process group of its own, and ends the whole group when `limitMs` is over: SIGTERM, and SIGKILL
 * 10 s later. The same befalls what the program leaves behind in its group. Rejects if it cannot be started.
 */
export function runProcess(command: string, args: readonly string[], options: ProcessOptions): Promise<ProcessEnd> {
  if (isEnding) return new Promise(() => {});
  const startMs = performance.now();
  const { cwd, limitMs, env = process.env } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const { pid } = child;
    if (pid !== undefined) groups.add(pid);
    const output = makeTail();
    let timedOut = false;
    let kill: NodeJS.Timeout | undefined;
    const endGroup = (): void => {
      signalGroup(pid, 'SIGTERM');
      kill ??= setTimeout(() => {
        signalGroup(pid, 'SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
      }, graceMs);
    };
    const limit = setTimeout(() => {
      timedOut = true;
      endGroup();
    }, limitMs);
    child.stdout.on('data', output.push);
    child.stderr.on('data', output.push);
    child.on('error', (error) => {
      clearTimeout(limit);
      reject(error);
    });
    // Whoever still holds the pipes keeps 'close' from coming.
    child.on('exit', endGroup);
    child.on('close', (code) => {
      clearTimeout(limit);
      clearTimeout(kill);
      if (pid !== undefined) groups.delete(pid);
      resolve({
        code: code ?? undefined,
        timedOut,
        output: output.text(),
        durationMs: performance.now() - startMs,
      });
    });
  });
}

/** Makes Ctrl-C and SIGTERM end everything that was started, start nothing more, and end this program. */
export function endGroupsOnSignal(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      isEnding = true;
      for (const pid of groups) signalGroup(pid, 'SIGTERM');
      const force = (): never => {
        for (const pid of groups) signalGroup(pid, 'SIGKILL');
        process.exit(code);
      };
      const deadlineMs = performance.now() + graceMs;
      setInterval(() => {
        if (groups.size === 0 || performance.now() > deadlineMs) force();
      }, 100);
    });
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}

function makeTail() {
  const head: Buffer[] = [];
  const tail: Buffer[] = [];
  let headBytes = 0;
  let tailBytes = 0;
  let cutBytes = 0;
  const push = (chunk: Buffer): void => {
    if (headBytes < outputHalfBytesMax) {
      head.push(chunk);
      headBytes += chunk.length;
      return;
    }
    tail.push(chunk);
    tailBytes += chunk.length;
    while (tailBytes > outputHalfBytesMax && tail.length > 1) {
      const length = tail.shift()?.length ?? 0;
      tailBytes -= length;
      cutBytes += length;
    }
  };
  const text = (): string => {
    const cut = cutBytes === 0 ? '' : `\n... ${cutBytes} bytes cut ...\n`;
    return `${Buffer.concat(head).toString()}${cut}${Buffer.concat(tail).toString()}`;
  };
  return { push, text };
}

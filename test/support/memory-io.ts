import type { Io, Sink } from '../../cli/io.ts';
import { lookForCanaries } from './canary.ts';

/** An outside for the command line that keeps what is written. */
export interface MemoryIo extends Io {
  readonly written: { stdout: string; stderr: string };
}

export interface MemoryOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly isTerminal?: boolean;
  readonly answer?: boolean | null;
  readonly signal?: AbortSignal;
  readonly stdin?: string;
  /** What a person types where nothing is shown. */
  readonly typed?: string;
}

/** Makes one. Its clock stands still at `sampleNowMs`. */
export function createMemoryIo(options: MemoryOptions = {}): MemoryIo {
  const written = { stdout: '', stderr: '' };
  const isTerminal = options.isTerminal ?? false;
  const sink = (name: 'stdout' | 'stderr'): Sink => ({
    write: (text) => {
      lookForCanaries('the command line', text);
      written[name] += text;
    },
    isTerminal,
    columns: isTerminal ? 120 : Infinity,
    rows: isTerminal ? 40 : Infinity,
  });
  return {
    written,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    canAsk: isTerminal,
    async *stdin() {
      yield Buffer.from(options.stdin ?? '');
    },
    readStdin: async () => await Promise.resolve(options.stdin ?? ''),
    askHidden: async () => await Promise.resolve(options.typed ?? null),
    confirm: async () => await Promise.resolve(options.answer ?? null),
    env: options.env ?? {},
    folder: options.folder ?? '/nowhere',
    signal: options.signal ?? new AbortController().signal,
    now: () => sampleNowMs,
  };
}

/** 2026-11-21T12:00:00Z. */
export const sampleNowMs = Date.UTC(2026, 10, 21, 12);

/**
 * Loaded before a test file (`node --import`): looks for canaries in what tests remove, in what servers answer them, and
 * in what the programs that they start are called with and write. Node's own `rm` is replaced, since whoever removes a
 * folder of a test would else have to remember to have it searched first; the rest is told by Node's and undici's
 * diagnostics channels.
 */
import childProcess, { type ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, constants, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { createStreamSearch } from './needle.ts';
import { appendNote } from './record.ts';
import { answerMost, leakVariables, watcher } from './watcher.ts';

const temporary = [tmpdir(), fs.realpathSync(tmpdir())].map((path) => `${resolve(path)}/`);

function lookBeforeRemoval(path: unknown): void {
  const text = path instanceof URL ? fileURLToPath(path) : typeof path === 'string' ? resolve(path) : '';
  if (temporary.some((folder) => text.startsWith(folder))) watcher.lookAtPath(text);
}

function watchRemovals(): void {
  const { rm, rmSync } = fs;
  const { rm: removed } = fs.promises;
  fs.rm = Object.assign((...args: Parameters<typeof rm>) => {
    lookBeforeRemoval(args[0]);
    rm(...args);
  }, rm);
  fs.rmSync = (...args) => {
    lookBeforeRemoval(args[0]);
    rmSync(...args);
  };
  fs.promises.rm = async (...args) => {
    lookBeforeRemoval(args[0]);
    await removed(...args);
  };
  syncBuiltinESMExports();
}

interface Request {
  readonly origin: string | URL;
  readonly method: string;
  readonly path: string;
}

interface Asked {
  readonly what: string;
  readonly encoding: string;
  readonly search: ReturnType<typeof createStreamSearch>;
  readonly kept: Uint8Array[];
  bytes: number;
}

/** What undici tells of each request of this process: docs/docs/api/DiagnosticsChannel.md. */
function watchAnswers(): void {
  const asked = new WeakMap<Request, Asked>();
  const end = (request: Request) => {
    const one = asked.get(request);
    asked.delete(request);
    if (one === undefined || one.kept.length === 0) return;
    if (one.bytes > answerMost) watcher.skipped(one.what, `more than ${answerMost} bytes, packed`);
    else lookAtPacked(one);
  };
  subscribe('undici:request:headers', (message) => {
    const { request, response } = message as { request: Request; response: { headers: readonly Buffer[] } };
    if (watcher.isAllowed(String(request.origin))) return;
    const what = `the answer to ${request.method} ${request.path}`;
    const lines = response.headers.map(String);
    watcher.lookAtAnswer(what, Buffer.from(lines.join('\n')));
    const at = lines.findIndex((line) => line.toLowerCase() === 'content-encoding');
    const encoding = at < 0 ? '' : (lines[at + 1] ?? '');
    asked.set(request, { what, encoding, search: createStreamSearch(watcher.toldNeedles()), kept: [], bytes: 0 });
  });
  subscribe('undici:request:bodyChunkReceived', (message) => {
    const { request, chunk } = message as { request: Request; chunk: Uint8Array };
    const one = asked.get(request);
    if (one === undefined) return;
    one.bytes += chunk.length;
    if (one.encoding !== '') {
      if (one.bytes <= answerMost) one.kept.push(Buffer.from(chunk));
    } else if (one.search(chunk) !== null) watcher.lookAtText(one.what, watcher.mark);
  });
  for (const name of ['undici:request:trailers', 'undici:request:error'])
    subscribe(name, (message) => end((message as { request: Request }).request));
}

const unpackers = {
  gzip: (bytes: Buffer) => gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }),
  deflate: (bytes: Buffer) => inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }),
  br: (bytes: Buffer) => brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: (bytes: Buffer) => zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush }),
} as const;

function lookAtPacked({ what, encoding, kept }: Asked): void {
  const unpack = Object.hasOwn(unpackers, encoding) ? unpackers[encoding as keyof typeof unpackers] : undefined;
  if (unpack === undefined) return watcher.skipped(what, `the encoding ${encoding} is not known`);
  try {
    watcher.lookAtAnswer(what, unpack(Buffer.concat(kept)));
  } catch (error) {
    watcher.skipped(what, `not unpacked: ${String(error)}`);
  }
}

function watchPrograms(): void {
  subscribe('child_process', (message) => {
    const { process: child } = message as { process: ChildProcess };
    // It is told before it is started.
    queueMicrotask(() => {
      const args: readonly string[] = Array.isArray(child.spawnargs) ? child.spawnargs : [];
      const name = basename(args[0] ?? '');
      const { out, err } = watcher.lookAtProgram(name, args);
      // Docker's credential helpers are asked for a password: what they write is the answer.
      if (name.startsWith('docker-credential-')) return;
      lookAtStream(child.stdout, out);
      lookAtStream(child.stderr, err);
    });
  });
}

/** Programs that are waited for are told by no channel; these two are what tests start them by. */
function watchProgramsWaitedFor(): void {
  const { spawnSync, execFileSync } = childProcess;
  const look = (command: unknown, args: unknown) => {
    const list = Array.isArray(args) ? args.map(String) : [];
    return watcher.lookAtProgram(basename(String(command)), [String(command), ...list]);
  };
  childProcess.spawnSync = ((...args: Parameters<typeof spawnSync>) => {
    const { out, err } = look(args[0], args[1]);
    const ended = spawnSync(...args);
    out(Buffer.from(ended.stdout ?? ''));
    err(Buffer.from(ended.stderr ?? ''));
    return ended;
  }) as typeof spawnSync;
  childProcess.execFileSync = ((...args: Parameters<typeof execFileSync>) => {
    const { out } = look(args[0], args[1]);
    const written = execFileSync(...args);
    out(Buffer.from(written ?? ''));
    return written;
  }) as typeof execFileSync;
  syncBuiltinESMExports();
}

/** Whoever listens would change how the stream flows, so that what comes in is looked at before it is there. */
function lookAtStream(stream: Readable | null | undefined, look: (piece: Uint8Array) => void): void {
  if (stream === null || stream === undefined) return;
  const push = stream.push.bind(stream);
  stream.push = (piece: unknown, ...rest) => {
    if (piece instanceof Uint8Array) look(piece);
    return push(piece, ...rest);
  };
}

function recordAtExit(record: string): void {
  const write = () => appendNote(record, { kind: 'searched', searched: watcher.searched() });
  process.once('exit', write);
}

watchRemovals();
watchAnswers();
watchPrograms();
watchProgramsWaitedFor();
recordAtExit(process.env[leakVariables.record] ?? '/dev/null');

import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, isFault, isRetryable } from '../core/fault.ts';
import { toProblem } from '../wire/problem.ts';
import { eventText, type StreamPiece } from './event-stream-piece.ts';
import { hasRoom, onRoom, putInto } from './event-stream-socket.ts';
import { createVigil, type Vigil } from './vigil.ts';

export interface StreamOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** Aborts when the client goes away or the server shuts down; its reason is then a Fault. */
  readonly signal: AbortSignal;
  /** Makes a fault of what the stream ended with. */
  faultOf(thrown: unknown): Fault;
  /**
   * Asked with each heartbeat whether its reader may still read: a token ends, a session is signed out. A Fault that
   * repeating does not mend ends the stream with it.
   */
  readonly recheck?: (signal: AbortSignal) => Promise<unknown>;
  readonly heartbeatMs?: number;
  /** How long a client may take until it has room for the next piece. */
  readonly drainMs?: number;
  /** How long a client may take to read what the stream ended with. */
  readonly graceMs?: number;
}

/** A stream whose first piece has been asked for already: what goes wrong at once can still be answered with a status. */
export interface BegunStream {
  readonly first: Promise<IteratorResult<StreamPiece>>;
  readonly rest: AsyncIterator<StreamPiece>;
}

const patienceMs = 300;

/** Asks for the first piece and waits for it, but not long: in a quiet service there may be none for hours. */
export async function beginStream(pieces: AsyncIterable<StreamPiece>): Promise<BegunStream> {
  const rest = pieces[Symbol.asyncIterator]();
  const first = rest.next();
  await Promise.race([first, sleep(patienceMs, undefined, { ref: false })]);
  return { first, rest };
}

/**
 * Writes server-sent events (WHATWG HTML, section 9.2): the pieces, then `end`, or `trouble` with a problem document.
 * The next piece is taken only when the client has room for it, so that no queue grows here. A client that makes no
 * room for `drainMs` is ended with `events.slow`, as far as it still takes that, and can come again with the last id it
 * saw. Each `heartbeatMs` a `heartbeat` shows that the stream lives; its id tells how far it has come. It is an event
 * and no comment, because a page in a browser hears of events alone.
 */
export async function writeEventStream(
  response: ServerResponse,
  stream: BegunStream,
  options: StreamOptions,
): Promise<void> {
  let reached: number | null = null; // with what it was told, and with what passed it untold
  const ending = new AbortController();
  const vigil = createVigil(AbortSignal.any([options.signal, ending.signal]));
  response.writeHead(200, {
    ...options.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no', // nginx would hold events back
  });
  response.write('retry: 2000\n\n');
  const heartbeat = setInterval(() => {
    beat(response, reached);
    recheck(options, ending);
  }, options.heartbeatMs ?? 15_000);
  try {
    for (let next = stream.first; ; next = stream.rest.next()) {
      const piece = await vigil.wait(next);
      if (piece.done === true) break;
      reached = piece.value.id;
      if (piece.value.bytes.byteLength === 0) continue;
      if (response.destroyed) throw gone();
      if (!putInto(response, piece.value.bytes)) await room(response, options.drainMs ?? 15_000, vigil);
    }
    endWith(response, eventText({ event: 'end', data: '{}', id: reached }), options);
  } catch (thrown) {
    const problem = toProblem(options.faultOf(thrown), options.requestId);
    endWith(response, eventText({ event: 'trouble', data: JSON.stringify(problem), id: reached }), options);
  } finally {
    clearInterval(heartbeat);
    vigil.end();
    leave(stream);
  }
}

function beat(response: ServerResponse, id: number | null): void {
  if (!hasRoom(response) || response.destroyed) return;
  response.write(eventText({ event: 'heartbeat', data: '{}', id }));
}

function recheck(options: StreamOptions, ending: AbortController): void {
  options.recheck?.(options.signal).catch((thrown: unknown) => {
    if (isFault(thrown) && !isRetryable(thrown)) ending.abort(thrown);
  });
}

/** A source that waits for its next piece cannot be stopped at once: its signal has been aborted, that is enough. */
function leave(stream: BegunStream): void {
  stream.first.catch(() => {});
  stream.rest.return?.().catch(() => {});
}

/** Waits until there is room. Throws `events.slow` when there was none in time, or the signal's reason. */
async function room(response: ServerResponse, drainMs: number, vigil: Vigil): Promise<void> {
  const made = Promise.withResolvers<void>();
  const timer = setTimeout(() => made.reject(tooSlow(drainMs)), drainMs);
  const closed = () => made.reject(gone());
  const stopListening = onRoom(response, made.resolve);
  response.once('close', closed);
  try {
    await vigil.wait(made.promise);
  } finally {
    clearTimeout(timer);
    stopListening();
    response.off('close', closed);
  }
}

/** Says why it ends, to a client that may not read any more. */
function endWith(response: ServerResponse, text: string, { graceMs = 2_000 }: StreamOptions): void {
  if (response.destroyed) return;
  const grace = setTimeout(() => response.destroy(), graceMs);
  response.once('close', () => clearTimeout(grace));
  response.end(text);
}

function tooSlow(drainMs: number): Fault {
  return new Fault('events.slow', `Nothing of this stream was read for ${drainMs / 1000} s.`, {
    next: 'Come again with the id of the last event as Last-Event-ID: nothing is lost.',
    retryAfterMs: 1_000,
  });
}

function gone(): Fault {
  return new Fault('server.draining', 'The client went away.');
}

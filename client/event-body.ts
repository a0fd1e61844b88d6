import type { z } from 'zod';
import { Fault } from '../core/fault.ts';
import { problemDocument } from '../wire/common.ts';
import { fromProblem } from '../wire/problem.ts';
import { EventTooLong, readEvents, type ServerEvent } from './event-stream.ts';
import { notDrayage, unreachableServer } from './exchange.ts';

/** The server sends something each 15 s. */
const silenceMs = 45_000;

/**
 * The events of an answer's body, until its `end`. Throws the server's fault on `trouble`, and `server.unreachable`
 * when the answer is no event stream, breaks off, or is silent for 45 s.
 */
export async function* readBody(response: Response, url: URL, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
    await response.body?.cancel();
    throw notDrayage(url, response.status);
  }
  for await (const event of eventsOf(whileAlive(response, url, signal))) {
    if (event.kind === 'event' && event.event === 'end') return;
    if (event.kind === 'event' && event.event === 'trouble') throw fromProblem(readData(event, problemDocument));
    yield event;
  }
  throw unreachableServer(url, 'the stream broke off');
}

async function* eventsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  try {
    yield* readEvents(chunks);
  } catch (cause) {
    throw cause instanceof EventTooLong ? new Fault('server.bug', cause.message, { cause }) : cause;
  }
}

/** An event's data, read by its schema. Throws `server.bug` when it is something else. */
export function readData<T extends z.ZodType>(event: ServerEvent & { readonly kind: 'event' }, schema: T): z.output<T> {
  try {
    return schema.parse(JSON.parse(event.data));
  } catch (cause) {
    const what = `The server sent a ${event.event} event that this version of Drayage cannot read.`;
    throw new Fault('server.bug', what, {
      next: 'Use the same version of Drayage for server and command line.',
      cause,
    });
  }
}

async function* whileAlive(response: Response, url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const piece = await readOrSilence(reader, url, signal);
      if (piece.done) return;
      yield piece.value;
    }
  } finally {
    await reader.cancel().catch(() => {}); // broken or aborted: there is nothing left to cancel
  }
}

async function readOrSilence(reader: ReadableStreamDefaultReader<Uint8Array>, url: URL, signal: AbortSignal) {
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    silence.reject(unreachableServer(url, `nothing came for ${silenceMs / 1000} s`));
  }, silenceMs);
  try {
    return await Promise.race([reader.read(), silence.promise]);
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof Fault ? cause : unreachableServer(url, 'the stream broke off', cause);
  } finally {
    clearTimeout(timer);
  }
}

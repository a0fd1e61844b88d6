import { Fault } from '../core/fault.ts';
import { problemDocument } from '../wire/common.ts';
import { logLine, type WireLogLine } from '../wire/environment.ts';
import { fromProblem } from '../wire/problem.ts';
import { readEvents, type ServerEvent } from './event-stream.ts';
import { unreachableServer } from './exchange.ts';

/** The server sends something each 15 s. */
const silenceMs = 45_000;

/**
 * The log lines of a stream's body, until its `end`. Throws the server's fault on `trouble`, and `server.unreachable`
 * when the stream breaks off or is silent for 45 s.
 */
export async function* readLogLines(response: Response, url: URL, signal: AbortSignal): AsyncGenerator<WireLogLine> {
  for await (const event of readEvents(whileAlive(response, url, signal))) {
    if (event.event === 'end') return;
    if (event.event === 'trouble') throw fromProblem(problemDocument.parse(parseData(event)));
    if (event.event === 'line') yield logLine.parse(parseData(event));
  }
  throw unreachableServer(url, 'the log stream broke off');
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
    throw cause instanceof Fault ? cause : unreachableServer(url, 'the log stream broke off', cause);
  } finally {
    clearTimeout(timer);
  }
}

function parseData(event: ServerEvent): unknown {
  try {
    return JSON.parse(event.data);
  } catch (cause) {
    throw new Fault('server.bug', `The server sent a ${event.event} event that is not JSON.`, { cause });
  }
}

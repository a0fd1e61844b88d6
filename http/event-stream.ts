import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlacedLogLine } from '../app/api.ts';
import type { Fault } from '../core/fault.ts';
import { toProblem } from '../wire/problem.ts';
import { orAborted } from './or-aborted.ts';
import { logLineView } from './views/environment.ts';

export interface StreamOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly signal: AbortSignal;
  /** Makes a fault of what the lines ended with. */
  faultOf(thrown: unknown): Fault;
  readonly heartbeatMs?: number;
  /** How long a client may take until it has room for the next line. */
  readonly drainMs?: number;
}

/** Lines of which the first has been asked for already: what goes wrong at once can still be answered with a status. */
export interface BegunLines {
  readonly first: Promise<IteratorResult<PlacedLogLine>>;
  readonly rest: AsyncIterator<PlacedLogLine>;
}

const patienceMs = 300;

/** Asks for the first line and waits for it, but not long: in a quiet service there may be none for hours. */
export async function beginLines(lines: AsyncIterable<PlacedLogLine>): Promise<BegunLines> {
  const rest = lines[Symbol.asyncIterator]();
  const first = rest.next();
  await Promise.race([first, sleep(patienceMs, undefined, { ref: false })]);
  return { first, rest };
}

/**
 * Writes log lines as server-sent events (WHATWG HTML, section 9.2): `line` for each, then `end`, or `trouble` with a
 * problem document. The next line is taken only when the client has room for it, so that no queue grows here; a
 * client that makes no room for `drainMs` is dropped. A comment each `heartbeatMs` shows that the stream lives.
 */
export async function writeLines(response: ServerResponse, lines: BegunLines, options: StreamOptions): Promise<void> {
  const { heartbeatMs = 15_000, drainMs = 15_000 } = options;
  response.writeHead(200, { ...options.headers, 'content-type': 'text/event-stream; charset=utf-8' });
  response.flushHeaders();
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': still here\n\n');
  }, heartbeatMs);
  try {
    for (let next = lines.first; ; next = lines.rest.next()) {
      const line = await orAborted(next, options.signal);
      if (line.done === true) break;
      const hasRoom = await write(response, event('line', logLineView(line.value)), drainMs);
      if (!hasRoom) return;
    }
    response.end(event('end', {}));
  } catch (thrown) {
    if (!response.destroyed) response.end(event('trouble', toProblem(options.faultOf(thrown), options.requestId)));
  } finally {
    clearInterval(heartbeat);
    endLines(lines);
  }
}

/** A source that waits for its next line cannot be stopped at once: its signal has been aborted, that is enough. */
function endLines(lines: BegunLines): void {
  lines.first.catch(() => {});
  lines.rest.return?.().catch(() => {});
}

/** Writes, and waits for room. False when there was none in time, or nobody reads any more: the connection is ended. */
async function write(response: ServerResponse, text: string, drainMs: number): Promise<boolean> {
  if (response.destroyed) return false;
  if (response.write(text)) return true;
  const settled = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => settled.resolve(false), drainMs);
  const drained = () => settled.resolve(true);
  const closed = () => settled.resolve(false);
  response.once('drain', drained).once('close', closed);
  const hasRoom = await settled.promise;
  clearTimeout(timer);
  response.off('drain', drained).off('close', closed);
  if (!hasRoom) response.destroy();
  return hasRoom;
}

/** JSON has no line breaks of its own, so that one `data` line holds it. */
function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

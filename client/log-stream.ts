import { logLine, type WireLogLine } from '../wire/environment.ts';
import { readBody, readData } from './event-body.ts';

/** The log lines of a stream, until its end. Throws as `readBody` does. */
export async function* readLogLines(response: Response, url: URL, signal: AbortSignal): AsyncGenerator<WireLogLine> {
  for await (const event of readBody(response, url, signal)) {
    if (event.kind === 'event' && event.event === 'line') yield readData(event, logLine);
  }
}

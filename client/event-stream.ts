/** One server-sent event, or only an id: how far the stream has come without one. */
export type ServerEvent =
  | {
      readonly kind: 'event';
      readonly event: string;
      readonly data: string;
      /** The newest id of the stream so far; null before the first. */
      readonly id: string | null;
    }
  | { readonly kind: 'position'; readonly id: string };

const lineLengthMost = 1024 * 1024;

/** A stream that never ends an event must not fill the memory. */
export class EventTooLong extends Error {
  override readonly name = 'EventTooLong';

  constructor() {
    super('The server sent an event of more than 1 MiB.');
  }
}

/**
 * Reads server-sent events (WHATWG HTML, section 9.2.6) from a body's pieces. Comments and fields other than `event`,
 * `data` and `id` are passed over; an event that is cut off by the end is not given. Throws EventTooLong for an
 * event of more than 1 MiB. Needs nothing else of ours, so that the dashboard reads its log streams with it too.
 */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  let event = '';
  let data: string[] = [];
  let length = 0;
  let id: string | null = null;
  let moved = false;
  for await (const lines of readLines(chunks)) {
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0)
          yield { kind: 'event', event: event === '' ? 'message' : event, data: data.join('\n'), id };
        else if (moved && id !== null) yield { kind: 'position', id };
        event = '';
        data = [];
        length = 0;
        moved = false;
        continue;
      }
      const { field, value } = splitField(line);
      if (field === 'event') event = value;
      if (field === 'id' && !value.includes('\0')) {
        id = value;
        moved = true;
      }
      if (field !== 'data') continue;
      length += value.length;
      if (length > lineLengthMost) throw new EventTooLong();
      data.push(value);
    }
  }
}

/** The lines that each piece completes. They end with LF, CR LF or CR; a CR at a piece's end may be half of a CR LF. */
async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const held = rest.endsWith('\r') ? '\r' : '';
    const lines = rest.slice(0, rest.length - held.length).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? '') + held;
    if (rest.length > lineLengthMost) throw new EventTooLong();
    yield lines;
  }
}

function splitField(line: string): { field: string; value: string } {
  const colon = line.indexOf(':');
  if (colon < 0) return { field: line, value: '' };
  const value = line.slice(colon + 1);
  return { field: line.slice(0, colon), value: value.startsWith(' ') ? value.slice(1) : value };
}

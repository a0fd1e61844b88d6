import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';

export interface EventReaderOptions {
  readonly url: string;
  readonly token: string;
  readonly query: Readonly<Record<string, string>>;
  /** After so many entries of a connection it is cut, in the middle of whatever comes; then the reader comes again. */
  readonly cutAfter?: () => number;
  /** After its first `ready` it reads nothing until this resolves. */
  readonly stallUntil?: Promise<unknown>;
}

/** What a reader got: of each entry its id, and the checksum of its data. */
export interface EventReader {
  readonly query: Readonly<Record<string, string>>;
  readonly got: readonly { readonly id: number; readonly sum: number }[];
  /** Sequence after which its first stream began; null before. */
  readonly began: () => number | null;
  /** How often it came again after it was cut, and after the server had ended its stream. */
  readonly cuts: () => number;
  readonly ends: () => number;
  /** Codes of the problems that streams ended with. */
  readonly troubles: readonly string[];
  stop(): Promise<void>;
}

type Ending = 'cut' | 'ended' | 'stopped';

/**
 * Reads `/v1/events` over a connection of its own, and after each break goes on with the Last-Event-ID, as a browser
 * would: knowing nothing of the product's own client.
 */
export function startEventReader(options: EventReaderOptions): EventReader {
  const got: { id: number; sum: number }[] = [];
  const troubles: string[] = [];
  const count = { cut: 0, ended: 0, stopped: 0 };
  const stopping = new AbortController();
  let began: number | null = null;
  let last: string | null = null;
  let stall = options.stallUntil ?? null;

  const readOne = async (response: IncomingMessage): Promise<Ending> => {
    const left = options.cutAfter?.() ?? Infinity;
    const before = got.length;
    let rest = '';
    try {
      for await (const piece of response.setEncoding('utf8')) {
        const blocks = (rest + String(piece)).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const { event, id, data } = fieldsOf(block);
          last = id ?? last;
          if (event === 'ready') began ??= Number(id);
          if (event === 'trouble') troubles.push(/"code":"([^"]+)"/.exec(data)?.[1] ?? data);
          if (event !== 'entry') continue;
          got.push({ id: Number(id), sum: crc32(data) });
          if (got.length - before >= left) return 'cut';
        }
        if (stall === null || began === null) continue;
        await stall;
        stall = null;
      }
    } catch {
      // Broken off: what was whole has been taken.
    } finally {
      response.destroy();
    }
    return stopping.signal.aborted ? 'stopped' : 'ended';
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const response = await open(options, last, stopping.signal);
      if (response !== null) count[await readOne(response)] += 1;
      await sleep(100 + Math.random() * 400, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const running = run();
  return {
    query: options.query,
    got,
    troubles,
    began: () => began,
    cuts: () => count.cut,
    ends: () => count.ended,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Null when there was no stream to have just now. */
async function open(
  { url, token, query }: EventReaderOptions,
  last: string | null,
  signal: AbortSignal,
): Promise<IncomingMessage | null> {
  const headers = { authorization: `Bearer ${token}`, ...(last === null ? {} : { 'last-event-id': last }) };
  const address = `${url}/v1/events?${new URLSearchParams(query).toString()}`;
  const response = await new Promise<IncomingMessage | null>((resolve) => {
    get(address, { agent: false, headers, signal }, resolve).on('error', () => resolve(null));
  });
  if (response === null || response.statusCode === 200) return response;
  response.destroy();
  return null;
}

function fieldsOf(block: string): { readonly event: string; readonly id: string | null; readonly data: string } {
  let event = '';
  let id: string | null = null;
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) id = line.slice(4);
    if (line.startsWith('event: ')) event = line.slice(7);
    if (line.startsWith('data: ')) data = line.slice(6);
  }
  return { event, id, data };
}

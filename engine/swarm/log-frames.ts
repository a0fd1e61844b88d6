import type { LogLine } from '../../port/engine.ts';

/** The longest line that is passed on; the rest of a longer one is dropped. */
const longestLineBytes = 16 * 1024;

/** Lines that may be unfinished at the same time; beyond, all are passed on as they are. */
const mostUnfinished = 256;

/** A frame above this is no frame: the stream is not what it should be. */
const longestFrameBytes = 1024 * 1024;

const headerBytes = 8;
const newline = 0x0a;
const space = 0x20;

/** One line with the ids that the engine wrote before it; see `details` of the Docker Engine API's service logs. */
export interface RawLine {
  readonly stream: LogLine['stream'];
  readonly timeMs: number | null;
  readonly nodeId: string | null;
  readonly taskId: string | null;
  readonly text: string;
}

interface Frame {
  readonly stream: LogLine['stream'];
  readonly payload: Buffer;
}

/**
 * Turns the engine's multiplexed log stream into lines: frames of an 8-byte header (stream, 0, 0, 0, big-endian
 * length) and a payload of `time details text`. Frames may be cut anywhere by the transport, and a line may come in
 * several frames, between which lines of other tasks may stand.
 */
export async function* readLogLines(
  pieces: AsyncIterable<Uint8Array>,
  options: { readonly details: boolean },
): AsyncGenerator<RawLine> {
  const unfinished = new Map<string, Unfinished>();
  for await (const frame of frames(pieces)) {
    yield* linesOf(readPrefix(frame, options.details), unfinished);
    if (unfinished.size > mostUnfinished) yield* flush(unfinished);
  }
  yield* flush(unfinished);
}

async function* frames(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let rest = Buffer.alloc(0);
  for await (const piece of pieces) {
    rest = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    for (;;) {
      if (rest.length < headerBytes) break;
      const length = rest.readUInt32BE(4);
      if (length > longestFrameBytes) return;
      if (rest.length < headerBytes + length) break;
      const payload = rest.subarray(headerBytes, headerBytes + length);
      yield { stream: rest[0] === 2 ? 'stderr' : 'stdout', payload };
      rest = rest.subarray(headerBytes + length);
    }
  }
}

interface Prefixed extends Omit<RawLine, 'text'> {
  readonly content: Buffer;
}

interface Unfinished {
  readonly first: Prefixed;
  readonly parts: Buffer[];
  bytes: number;
}

/** Takes the time, and where asked for the details, off the front of a frame. */
function readPrefix({ stream, payload }: Frame, details: boolean): Prefixed {
  const [stamp, afterStamp] = word(payload);
  const timeMs = Date.parse(stamp);
  const known = Number.isFinite(timeMs);
  const [attributes, content] = details && known ? word(afterStamp) : ['', afterStamp];
  return {
    stream,
    timeMs: known ? timeMs : null,
    nodeId: attribute(attributes, 'com.docker.swarm.node.id'),
    taskId: attribute(attributes, 'com.docker.swarm.task.id'),
    content: known ? content : payload,
  };
}

/** The bytes up to the first space, as text, and what follows the space. */
function word(bytes: Buffer): [string, Buffer] {
  const end = bytes.indexOf(space);
  if (end < 0) return ['', bytes];
  return [bytes.toString('utf8', 0, end), bytes.subarray(end + 1)];
}

function attribute(attributes: string, name: string): string | null {
  return new RegExp(`(?:^|,)${RegExp.escape(name)}=([^,]+)`).exec(attributes)?.[1] ?? null;
}

function* linesOf(prefixed: Prefixed, unfinished: Map<string, Unfinished>): Generator<RawLine> {
  const key = `${prefixed.taskId ?? ''} ${prefixed.stream}`;
  let rest = prefixed.content;
  while (rest.length > 0) {
    const end = rest.indexOf(newline);
    const line = unfinished.get(key) ?? { first: prefixed, parts: [], bytes: 0 };
    append(line, end < 0 ? rest : rest.subarray(0, end));
    if (end < 0) {
      unfinished.set(key, line);
      return;
    }
    unfinished.delete(key);
    yield finish(line);
    rest = rest.subarray(end + 1);
  }
}

function append(line: Unfinished, bytes: Buffer): void {
  const kept = bytes.subarray(0, longestLineBytes - line.bytes);
  if (kept.length > 0) line.parts.push(Buffer.from(kept));
  line.bytes += kept.length;
}

function finish({ first, parts }: Unfinished): RawLine {
  const { stream, timeMs, nodeId, taskId } = first;
  const text = Buffer.concat(parts).toString('utf8').replace(/\r$/, '');
  return { stream, timeMs, nodeId, taskId, text };
}

function* flush(unfinished: Map<string, Unfinished>): Generator<RawLine> {
  const lines = [...unfinished.values()];
  unfinished.clear();
  for (const line of lines) yield finish(line);
}

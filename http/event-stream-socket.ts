import type { ServerResponse } from 'node:http';

/**
 * Puts bytes into an answer whose head is written; false when the client has to make room first. Where the answer goes out
 * in chunks (RFC 9112, section 7.1) the chunk is made here, once for all who are sent the same bytes, and handed to the
 * socket whole: the answer itself would make four pieces of it for each reader. What the answer still holds back, until the
 * end of the turn in which it was written to, comes first.
 */
export function putInto(response: ServerResponse, bytes: Uint8Array): boolean {
  const { socket } = response;
  const isDirect = socket !== null && response.chunkedEncoding && response.writableCorked === 0;
  return isDirect ? socket.write(chunkOf(bytes)) : response.write(bytes);
}

export function hasRoom(response: ServerResponse): boolean {
  return !response.writableNeedDrain && response.socket?.writableNeedDrain !== true;
}

/** Calls back when there is room, once; gives what stops it. Whichever was written to makes itself heard. */
export function onRoom(response: ServerResponse, done: () => void): () => void {
  const both = [response, ...(response.socket === null ? [] : [response.socket])];
  for (const it of both) it.once('drain', done);
  return () => {
    for (const it of both) it.off('drain', done);
  };
}

const chunks = new WeakMap<Uint8Array, Buffer>();

function chunkOf(bytes: Uint8Array): Buffer {
  const known = chunks.get(bytes);
  if (known !== undefined) return known;
  const chunk = Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
  chunks.set(bytes, chunk);
  return chunk;
}

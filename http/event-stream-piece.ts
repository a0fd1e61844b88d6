import type { EventBatch, PlacedLogLine } from '../app/api.ts';
import { logLineView } from './views/environment.ts';

/** Some server-sent events for one reader, ready to be written. */
export interface StreamPiece {
  /** UTF-8; empty when there is nothing to tell. */
  readonly bytes: Uint8Array;
  /** The id that the reader has come to with this piece; null where events have no ids. */
  readonly id: number | null;
}

/** One server-sent event. `data` is JSON, which has no line breaks of its own, so that one `data` line holds it. */
export function eventText(of: { readonly event: string; readonly data: string; readonly id: number | null }): string {
  return `${of.id === null ? '' : `id: ${of.id}\n`}event: ${of.event}\ndata: ${of.data}\n\n`;
}

/** Log lines as `line` events. */
export async function* logEvents(lines: AsyncIterable<PlacedLogLine>): AsyncGenerator<StreamPiece> {
  for await (const line of lines) {
    const text = eventText({ event: 'line', data: JSON.stringify(logLineView(line)), id: null });
    yield { bytes: Buffer.from(text), id: null };
  }
}

/**
 * Entries of the ledger as `entry` events after a `ready`, whose id lets a reader come again before the first entry. No
 * generator: each of thousands of readers passes here for each event.
 */
export function ledgerEvents(batches: AsyncIterable<EventBatch>): AsyncIterable<StreamPiece> {
  return {
    [Symbol.asyncIterator]() {
      const rest = batches[Symbol.asyncIterator]();
      let isReady = false;
      return {
        async next() {
          const got = await rest.next();
          if (got.done === true) return got;
          const value = isReady ? pieceOf(got.value) : firstPieceOf(got.value);
          isReady = true;
          return { done: false, value };
        },
        async return() {
          await rest.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function firstPieceOf(batch: EventBatch): StreamPiece {
  const { through } = batch;
  const ready = eventText({ event: 'ready', data: JSON.stringify({ after: through }), id: through });
  return { bytes: Buffer.concat([Buffer.from(ready), pieceOf(batch).bytes]), id: through };
}

/** Many readers share a batch: its bytes are made, and held while they are written, once. */
const pieces = new WeakMap<EventBatch, StreamPiece>();

function pieceOf(batch: EventBatch): StreamPiece {
  const known = pieces.get(batch);
  if (known !== undefined) return known;
  const entries = batch.events.map(({ sequence, text }) => eventText({ event: 'entry', data: text, id: sequence }));
  const piece = { bytes: Buffer.from(entries.join('')), id: batch.through };
  pieces.set(batch, piece);
  return piece;
}

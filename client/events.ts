import { isFault, isRetryable, type Fault } from '../core/fault.ts';
import { eventsReady } from '../wire/events.ts';
import { ledgerEntry, type EntriesView } from '../wire/ledger.ts';
import { readBody, readData } from './event-body.ts';
import { NotNow, unreachableServer } from './exchange.ts';
import { pause, withChance } from './retry.ts';

/** What the event stream tells: that it is live (anew), from which sequence on, or an entry of the ledger. */
export type EventNews =
  | { readonly kind: 'ready'; readonly after: number }
  | { readonly kind: 'entry'; readonly id: number; readonly entry: EntriesView['entries'][number] };

export interface EventSource {
  readonly url: URL;
  /** Asks once for the stream after an id; null: as the query says. Rejects with NotNow, a Fault or the reason. */
  open(lastEventId: number | null): Promise<Response>;
  readonly lastEventId: number | null;
  readonly signal: AbortSignal;
  /** How many tries in a row may come to nothing, and the first pause between them; it doubles each time. */
  readonly triesMost: number;
  readonly firstPauseMs: number;
}

const pauseMostMs = 10_000;
const askedPauseMostMs = 60_000;

/** A stream that lived so long was one, even when nothing happened on it. */
const longLifeMs = 30_000;

/**
 * Follows the events for ever: after a break it goes on from the last id, so that no entry is missing and none comes
 * twice, with growing pauses or what the server asks for. Throws the last try's fault when so many in a row brought
 * nothing new, a fault that repeating does not mend, or the signal's reason.
 */
export async function* followEvents(source: EventSource): AsyncGenerator<EventNews, never> {
  const { signal } = source;
  let last = source.lastEventId;
  let fruitless = 0;
  for (;;) {
    let failure: Fault;
    const begunAt = performance.now();
    try {
      const response = await source.open(last);
      for await (const event of readBody(response, source.url, signal)) {
        const before = last;
        const news = event.kind === 'event' ? readNews(event) : null;
        last = sequenceOf(event.id) ?? last;
        if (last !== before) fruitless = 0;
        if (news !== null) yield news;
      }
      failure = unreachableServer(source.url, 'it ended the event stream');
    } catch (thrown) {
      failure = passing(thrown);
    }
    if (performance.now() - begunAt >= longLifeMs) fruitless = 0;
    fruitless += 1;
    if (fruitless >= source.triesMost) throw failure;
    const own = withChance(Math.min(source.firstPauseMs * 2 ** (fruitless - 1), pauseMostMs));
    await pause(Math.max(own, Math.min(failure.retryAfterMs ?? 0, askedPauseMostMs)), signal);
  }
}

function sequenceOf(id: string | null): number | null {
  return id !== null && /^\d{1,15}$/.test(id) ? Number(id) : null;
}

type NamedEvent = Parameters<typeof readData>[0];

function readNews(event: NamedEvent): EventNews | null {
  if (event.event === 'ready') return { kind: 'ready', after: readData(event, eventsReady).after };
  if (event.event !== 'entry') return null;
  const entry = readData(event, ledgerEntry);
  return { kind: 'entry', id: entry.sequence, entry };
}

/** The fault of a break after which one can come again; throws everything else. */
function passing(thrown: unknown): Fault {
  if (thrown instanceof NotNow) return thrown.fault;
  if (isFault(thrown) && isRetryable(thrown)) return thrown;
  throw thrown;
}

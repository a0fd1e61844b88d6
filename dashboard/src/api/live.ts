import type { Query, QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { LedgerEvent } from '../../../core/event.ts';
import { paths } from '../../../wire/paths.ts';
import { askAgain } from './ask-again.ts';

/** Whether the page hears of changes as they happen. `since` is when that began, in ms since 1970. */
export interface LiveState {
  readonly kind: 'connecting' | 'live' | 'lost';
  readonly since: number;
}

/** The stream of events, as this page has it. */
export interface Live {
  readonly state: () => LiveState;
  readonly subscribe: (listener: () => void) => () => void;
  readonly close: () => void;
}

/** The server sends something at least each 15 s; after this long without anything the connection is taken for dead. */
const silenceMs = 40_000;
const retryMs = 3_000;

/** After so many attempts in vain the page begins anew, as if just opened. */
const forgetAfter = 3;

/** How long after it went live a page asks for everything again: first it shows what it has. */
const catchUpMs = 1_000;

/** How long changes are gathered before what they touch is asked for again, in ms. */
const gatherMs = 250;

/** Listens to the ledger and asks again for whatever an entry touches. */
export function startLive(queries: QueryClient): Live {
  let state: LiveState = { kind: 'connecting', since: Date.now() };
  const listeners = new Set<() => void>();
  const touched = createTouched(queries);
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let catchUp: ReturnType<typeof setTimeout> | undefined;
  let lastId = '';
  let failures = 0;

  const become = (kind: LiveState['kind']) => {
    if (state.kind === kind) return;
    state = { kind, since: Date.now() };
    for (const listener of listeners) listener();
  };
  const heard = () => {
    failures = 0;
    become('live');
    clearTimeout(timer);
    timer = setTimeout(reconnect, silenceMs);
  };
  const reconnect = () => {
    source?.close();
    become('lost');
    failures += 1;
    // A ledger that was restored from a backup ends before what this page saw: begin again from what is there.
    if (failures >= forgetAfter) lastId = '';
    clearTimeout(timer);
    timer = setTimeout(connect, retryMs);
  };
  const connect = () => {
    source = new EventSource(lastId === '' ? paths.events.path : `${paths.events.path}?after=${lastId}`);
    source.addEventListener('ready', () => {
      heard();
      // What happened between the page's own reading and this moment was not told.
      if (lastId === '') catchUp = setTimeout(() => void askAgain(queries, { predicate: isOfLedger }), catchUpMs);
    });
    source.addEventListener('entry', (event) => {
      heard();
      lastId = event.lastEventId;
      touched.add(event.data);
    });
    source.addEventListener('heartbeat', (event) => {
      heard();
      if (event.lastEventId !== '') lastId = event.lastEventId;
    });
    source.addEventListener('error', reconnect);
    source.addEventListener('trouble', reconnect);
  };
  connect();
  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      source?.close();
      clearTimeout(timer);
      clearTimeout(catchUp);
    },
  };
}

/** Who looks is the one thing that the ledger's stream says nothing of. */
function isOfLedger({ queryKey }: Query): boolean {
  return queryKey[0] !== 'session';
}

/** The state of the live stream, for showing it. */
export function useLive(live: Live): LiveState {
  return useSyncExternalStore(live.subscribe, live.state);
}

interface EntrySeen {
  readonly kind: LedgerEvent['kind'];
  readonly stream: string;
}

/**
 * Gathers the queries that entries touch and makes them stale together. The next gathering waits for the answers to this
 * one: a busy installation must not make the page ask all the time.
 */
function createTouched(queries: QueryClient) {
  const keys = new Map<string, readonly string[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = async () => {
    const gathered = [...keys.values()];
    keys.clear();
    await Promise.allSettled(gathered.map(async (queryKey) => await askAgain(queries, { queryKey })));
    timer = keys.size === 0 ? undefined : setTimeout(() => void flush(), gatherMs);
  };
  return {
    add(data: string) {
      const entry = JSON.parse(data) as EntrySeen;
      for (const key of touchedBy(entry)) keys.set(key.join('/'), key);
      timer ??= setTimeout(() => void flush(), gatherMs);
    },
  };
}

/** Which queries an entry makes stale, by the stream that it is on. */
function touchedBy({ stream }: EntrySeen): readonly (readonly string[])[] {
  const [noun = '', id = ''] = stream.split('/', 2);
  switch (noun) {
    case 'deployment':
      return [['deployment', id], ['deployments'], ['overview'], ['environment'], ['ledger']];
    case 'environment':
      return [
        ['environment', id],
        ['revisions', id],
        ['deployments'],
        ['overview'],
        ['refusals'],
        ['variety'],
        ['ledger'],
      ];
    case 'release':
      return [['releases'], ['release'], ['service'], ['refusals'], ['where'], ['variety'], ['ledger']];
    case 'waiver':
      return [['release'], ['service'], ['refusals'], ['where'], ['ledger']];
    case 'platform':
      return [['clusters'], ['overview'], ['environment'], ['refusals'], ['variety'], ['ledger']];
    default:
      return [['ledger']];
  }
}

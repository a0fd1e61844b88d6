import { useCallback, useEffect, useRef, useState } from 'react';
import { readEvents } from '../../../../client/event-stream.ts';
import type { WireLogLine } from '../../../../wire/environment.ts';
import { addressOf } from '../../api/address.ts';
import { ApiError, errorOf, problemError } from '../../api/client.ts';
import { emptyLog, linesMost, withLines, type LogBuffer } from './log-buffer.ts';

/** How the reading of a log goes. */
export type LogState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'reading' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'broken'; readonly error: unknown };

/** How long lines are gathered before they are shown, in ms. */
const gatherMs = 150;
const tailLines = 200;

/** Reads the log of a service as it grows, until the page lets go of it. `again` begins anew. */
export function useLog(environment: string, service: string) {
  const [log, setLog] = useState<LogBuffer>(emptyLog);
  const [state, setState] = useState<LogState>({ kind: 'connecting' });
  const [attempt, setAttempt] = useState(0);
  const waiting = useRef<WireLogLine[]>([]);
  const isPaused = useRef(false);
  const [waitingCount, setWaitingCount] = useState(0);

  const show = useCallback(() => {
    setWaitingCount(isPaused.current ? waiting.current.length : 0);
    if (isPaused.current || waiting.current.length === 0) return;
    const lines = waiting.current;
    waiting.current = [];
    setLog((before) => withLines(before, lines));
  }, []);

  useEffect(() => {
    const stop = new AbortController();
    const timer = setInterval(show, gatherMs);
    setLog(emptyLog);
    setState({ kind: 'connecting' });
    waiting.current = [];
    const take = (line: WireLogLine) => {
      waiting.current.push(line);
      if (waiting.current.length > 2 * linesMost) waiting.current = waiting.current.slice(-linesMost);
    };
    readLog(environment, service, take, () => setState({ kind: 'reading' }), stop.signal).then(
      () => setState({ kind: 'ended' }),
      (error: unknown) => stop.signal.aborted || setState({ kind: 'broken', error }),
    );
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [environment, service, attempt, show]);

  const pause = useCallback(
    (paused: boolean) => {
      isPaused.current = paused;
      show();
    },
    [show],
  );
  return { log, state, waitingCount, pause, again: useCallback(() => setAttempt((count) => count + 1), []) };
}

async function readLog(
  environment: string,
  service: string,
  take: (line: WireLogLine) => void,
  onOpen: () => void,
  signal: AbortSignal,
): Promise<void> {
  const query = { service, follow: 'true', tail: tailLines } as const;
  const response = await fetch(addressOf('logs', { params: { environment }, query }), { signal });
  if (!response.ok || response.body === null) throw await errorOf(response);
  onOpen();
  // No EventSource: that would connect again by itself, repeat lines, and not read what a refusal says.
  for await (const told of readEvents(chunksOf(response.body))) {
    if (told.kind !== 'event') continue;
    const { event, data } = told;
    if (event === 'line') take(JSON.parse(data) as WireLogLine); // the server sends it by the contract
    if (event === 'trouble') throw problemError(data);
    if (event === 'end') return;
  }
  throw new ApiError('The connection to the server broke off.', null);
}

/** By its reader: not every browser can loop over a stream. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
  } finally {
    await reader.cancel().catch(() => {}); // the connection may be gone already
  }
}

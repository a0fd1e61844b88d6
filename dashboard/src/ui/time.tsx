import { useSyncExternalStore } from 'react';

const tickMs = 1_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for the page: every age on it turns at the same moment. */
function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) now = Date.now();
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, tickMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** How long ago, in the largest unit that says enough: `now`, `42 s`, `3 min`, `5 h`, `12 d`. */
export function ageText(fromMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - fromMs) / 1000));
  if (seconds < 3) return 'now';
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 100 * 60) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A span of time: `0.4 s`, `12 s`, `2 min 05 s`. */
export function spanText(ms: number): string {
  return ms < 9_950 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : wholeSpanText(ms);
}

/** A span of time in whole seconds, for what is still going on. */
export function wholeSpanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

let format: Intl.DateTimeFormat | undefined;

/** The moment in full, by the reader's own conventions. Slow to make: a grid asks for it when it is pointed at. */
function exactText(at: number): string {
  format ??= new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
  return format.format(at);
}

/** Gives an element the moment as its tooltip, once the pointer is there. */
function tellExactly(at: number) {
  return ({ currentTarget }: { readonly currentTarget: HTMLElement }) => {
    currentTarget.title = exactText(at);
  };
}

/** How long ago something was; the exact moment when pointed at. Renders again only when its text changes. */
export function Age({ at }: { readonly at: number }) {
  const age = useSyncExternalStore(subscribe, () => ageText(at, now));
  return (
    <time dateTime={new Date(at).toISOString()} onPointerEnter={tellExactly(at)}>
      {age}
    </time>
  );
}

/** As `Age`, for the middle of a sentence: `now`, `42 s ago`. */
export function Ago({ at }: { readonly at: number }) {
  const age = useSyncExternalStore(subscribe, () => ageText(at, now));
  return (
    <time dateTime={new Date(at).toISOString()} onPointerEnter={tellExactly(at)}>
      {age === 'now' ? age : `${age} ago`}
    </time>
  );
}

/** The exact moment. */
export function Moment({ at }: { readonly at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{exactText(at)}</time>;
}

/** How long something has been going on. Renders again only when its text changes. */
export function Running({ since }: { readonly since: number }) {
  return useSyncExternalStore(subscribe, () => wholeSpanText(now - since));
}

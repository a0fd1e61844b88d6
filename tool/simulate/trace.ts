import { hash } from 'node:crypto';

/** What happened in a run, line by line, and how often each kind of thing did. */
export interface Trace {
  add(who: string, text: string): void;
  /** Counts something that is to be reached over many runs. */
  count(what: string): void;
  lines(): readonly string[];
  counts(): ReadonlyMap<string, number>;
  /** The same for the same run, and hardly ever for another. */
  digest(): string;
}

export function createTrace(nowMs: () => number): Trace {
  const lines: string[] = [];
  const counts = new Map<string, number>();
  return {
    add: (who, text) => void lines.push(`${(nowMs() / 1000).toFixed(3).padStart(9)} ${who.padEnd(10)} ${text}`),
    count: (what) => void counts.set(what, (counts.get(what) ?? 0) + 1),
    lines: () => lines,
    counts: () => counts,
    digest: () => hash('sha256', lines.join('\n')).slice(0, 16),
  };
}

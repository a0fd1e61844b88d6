const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** How long ago, in its largest unit: `3m`; below a second `0s`. Clocks that disagree give `0s`. */
export function age(thenMs: number, nowMs: number): string {
  const elapsed = Math.max(0, nowMs - thenMs);
  for (const [unit, size] of units) {
    if (elapsed >= size) return `${Math.floor(elapsed / size)}${unit}`;
  }
  return '0s';
}

/** How long something took: `0.4s`, `12.0s`, `3m 5s`, `2h 10m`. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
}

/** Time of day, UTC: `14:03:22`. */
export function timeOfDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 19);
}

/**
 * The same value with every moment as an ISO 8601 text: numbers under keys that end in `At`, `time` and `timeMs`. For
 * programs that read `--json`.
 */
export function withIsoTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withIsoTimes);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => isoMember(key, member)));
}

function isoMember(key: string, value: unknown): [string, unknown] {
  if (typeof value !== 'number' || !/(?:[a-z]At|^time|^timeMs)$/.test(key)) return [key, withIsoTimes(value)];
  const date = new Date(value);
  const text = Number.isNaN(date.getTime()) ? value : date.toISOString();
  return [key === 'timeMs' ? 'time' : key, text];
}

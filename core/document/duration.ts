import { scalar, type Parsed, type Read } from './reader.ts';

const unitMicroseconds: { readonly [unit: string]: number } = {
  us: 1,
  µs: 1,
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
};

/** One year: no duration in a document means more. */
const mostMs = 365 * 24 * 3_600_000;
const form = 'a number and a unit, such as 500ms, 10s, 1m30s or 2h';

/**
 * A duration as Compose writes it (Compose Specification, "Specifying durations"), in milliseconds: numbers with the
 * units us, ms, s, m, h, one after the other. It must come to whole milliseconds, at most a year.
 */
export function parseDuration(text: string): Parsed<number> {
  if (text === '0') return { value: 0 };
  if (!/^(?:\d{1,12}(?:\.\d{1,6})?(?:us|µs|ms|s|m|h))+$/.test(text)) return { wrong: form };
  let microseconds = 0;
  for (const [, whole, fraction, unit] of text.matchAll(/(\d+)(?:\.(\d+))?([a-zµ]+)/g)) {
    const size = unitMicroseconds[unit ?? ''] ?? NaN;
    const scale = 10 ** (fraction?.length ?? 0);
    microseconds += (Number(`${whole}${fraction ?? ''}`) * size) / scale;
  }
  const value = microseconds / 1000;
  if (!(value <= mostMs)) return { wrong: 'at most a year (8760h)' };
  return Number.isInteger(value) ? { value } : { wrong: 'it must come to whole milliseconds' };
}

/** A duration as people write it: the largest units first, `0s` for nothing. Reads back as the same. */
export function formatDuration(milliseconds: number): string {
  const parts: string[] = [];
  let rest = milliseconds;
  for (const unit of ['h', 'm', 's', 'ms']) {
    const size = (unitMicroseconds[unit] ?? NaN) / 1000;
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.join('') || '0s';
}

/** A duration in milliseconds of at least `leastMs`. */
export function duration(leastMs = 0): Read<number> {
  return scalar({
    expected: leastMs === 0 ? 'a duration' : `a duration of at least ${formatDuration(leastMs)}`,
    type: 'duration',
    placeholder: leastMs,
    native: null,
    parse: (text) => {
      const parsed = parseDuration(text);
      if ('value' in parsed && parsed.value < leastMs) return { wrong: '' };
      return parsed;
    },
  });
}

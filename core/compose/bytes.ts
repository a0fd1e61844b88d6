import { scalar, type Parsed, type Read } from '../document/reader.ts';

const powers: { readonly [suffix: string]: number } = { '': 0, k: 1, m: 2, g: 3, t: 4 };
const form = 'a number with b, k, m, g or t (1k is 1024 bytes), such as 512M';

/**
 * A number of bytes as Compose writes it (Compose Specification, "Specifying byte values"): a number with b, k, kb, m,
 * mb, g, gb, t or tb in either case, in powers of 1024. What is less than a byte is cut off, as Compose does
 * (docker/go-units, size.go).
 */
export function parseBytes(text: string): Parsed<number> {
  const match = /^(\d{1,15})(?:\.(\d{1,6}))? ?(?:([kmgt])(?:i?b)?|b)?$/i.exec(text);
  if (match === null) return { wrong: form };
  const [, whole, fraction = '', suffix = ''] = match;
  const size = 1024 ** (powers[suffix.toLowerCase()] ?? NaN);
  const value = Math.floor((Number(`${whole}${fraction}`) * size) / 10 ** fraction.length);
  if (!Number.isSafeInteger(value)) return { wrong: 'at most 9007199254740991 bytes' };
  return { value };
}

/** A number of bytes, at least `least`. */
export function bytes(least: number): Read<number> {
  return scalar({
    expected: least > 1 ? `at least ${least} bytes` : 'a number of bytes',
    type: 'bytes',
    placeholder: least,
    native: null,
    parse: (text) => {
      const parsed = parseBytes(text);
      return 'value' in parsed && parsed.value < least ? { wrong: form } : parsed;
    },
  });
}

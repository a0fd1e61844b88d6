import { scalar, type Parsed, type Read } from '../document/reader.ts';

const form = 'octal digits, such as 0440 or 0o440';

/**
 * Permissions as octal digits, as YAML 1.1 (`0440`) and 1.2 (`0o440`) write them. A number that does not begin with a
 * nought is refused: one reader takes 440 for decimal, another for octal.
 */
export function parseMode(text: string): Parsed<number> {
  const match = /^0o?([0-7]{1,4})$/.exec(text);
  return match === null ? { wrong: form } : { value: Number.parseInt(match[1] ?? '', 8) };
}

/** Permissions of a file or folder. */
export const mode: Read<number> = scalar({
  expected: 'permissions',
  type: 'text',
  placeholder: 0,
  native: null,
  parse: parseMode,
});

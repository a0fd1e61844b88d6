import { scalar, type Parsed, type Read } from '../document/reader.ts';

const form = 'a number with at most nine decimals, such as 0.5';

/** CPUs, such as `0.5`, as billionths of a CPU, exactly: at most nine decimals, from 0.001 to 10,000. */
export function parseCpus(text: string): Parsed<number> {
  const match = /^(\d{0,5})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null || text === '') return { wrong: form };
  const [, whole = '', fraction = ''] = match;
  const value = Number(`${whole}${fraction.padEnd(9, '0')}`);
  return value >= 1e6 && value <= 1e13 ? { value } : { wrong: 'from 0.001 to 10000' };
}

/** CPUs as billionths, from a number or a text. */
export const cpus: Read<number> = scalar({
  expected: 'a number of CPUs',
  type: 'number',
  placeholder: 1e9,
  native: null,
  parse: parseCpus,
});

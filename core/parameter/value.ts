import { parseBytes } from '../compose/bytes.ts';
import { parseDuration } from '../document/duration.ts';
import type { Parameter } from '../release.ts';
import { unreachable } from '../unreachable.ts';

/** The longest value of a parameter that is declared, in characters. */
const longest = 65_536;

/** What people call a parameter's type, in declarations and wherever it is shown. */
export const typeWords = {
  text: 'string',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
  duration: 'duration',
  bytes: 'size',
  enum: 'enum',
  url: 'url',
} as const satisfies Readonly<Record<Parameter['type'], string>>;

/**
 * Why a text is no value of a declared parameter; null when it is one. A pattern is the author's own and may take for
 * ever: only where there is a deadline.
 */
export function wrongValue(parameter: Parameter, text: string): string | null {
  if (text.length > longest) return `it is longer than ${longest} characters`;
  const wrong = wrongType(parameter, text);
  if (wrong !== null) return wrong;
  const { pattern } = parameter;
  return pattern === undefined || new RegExp(`^(?:${pattern})$`, 'u').test(text)
    ? null
    : `it does not match ${pattern}`;
}

function wrongType(parameter: Parameter, text: string): string | null {
  switch (parameter.type) {
    case 'text':
      return null;
    case 'integer':
      return wrongInteger(parameter, text);
    case 'number':
      return /^-?(?:\d+(?:\.\d+)?|\.\d+)$/.test(text) ? null : 'it is no number';
    case 'boolean':
      return text === 'true' || text === 'false' ? null : 'it is neither true nor false';
    case 'duration':
      return wrongParsed('duration', parseDuration(text));
    case 'bytes':
      return wrongParsed('size', parseBytes(text));
    case 'enum':
      return parameter.values?.includes(text) === true ? null : `it is none of ${(parameter.values ?? []).join(', ')}`;
    case 'url':
      return wrongUrl(text);
    default:
      return unreachable(parameter.type);
  }
}

function wrongInteger({ min, max }: Parameter, text: string): string | null {
  const value = /^(?:0|-?[1-9]\d{0,15})$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) return 'it is no whole number';
  if (min !== undefined && value < min) return `it is less than ${min}`;
  return max !== undefined && value > max ? `it is more than ${max}` : null;
}

function wrongParsed(what: string, parsed: { readonly value: number } | { readonly wrong: string }): string | null {
  return 'value' in parsed ? null : `it is no ${what}: ${parsed.wrong}`;
}

/** With a scheme and a host, as WHATWG URL reads it. */
function wrongUrl(text: string): string | null {
  const isUrl = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s]+$/.test(text) && URL.canParse(text);
  return isUrl ? null : 'it is no URL, such as https://example.com/path';
}

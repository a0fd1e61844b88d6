import { Fault } from '../core/fault.ts';
import { findJsonError } from './json-error.ts';

/** Reads a JSON body (RFC 8259, UTF-8). Throws `request.invalid` that names the place, and never quotes the body. */
export function parseJsonBody(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  const value = parse(text);
  if (text.includes('__proto__') || text.includes('\\u')) refuseUnstorable(value);
  return value;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Fault('request.invalid', 'The body is not UTF-8 text.', {
      next: 'Send JSON in UTF-8, without a Content-Encoding.',
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { line, column, expected } = findJsonError(text);
    throw new Fault('request.invalid', `The body is not JSON: line ${line}, column ${column}: expected ${expected}.`, {
      facts: { line, column, expected },
      next: 'Send a JSON object, with Content-Type: application/json.',
    });
  }
}

/**
 * What cannot be stored must not be accepted: schemas of records pass `__proto__` over in silence, and neither UTF-8 nor
 * canonical JSON can hold half of a surrogate pair (RFC 8785, 3.2.2.2; RFC 7493, 2.1).
 */
function refuseUnstorable(value: unknown): void {
  const rest: { readonly value: unknown; readonly path: string }[] = [{ value, path: 'body' }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    if (typeof next.value === 'string') refuseLoneSurrogate(next.value, next.path);
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (Object.hasOwn(next.value, '__proto__')) {
      throw new Fault('request.invalid', 'The body has a member named __proto__.', { next: 'Give it another name.' });
    }
    for (const [key, member] of Object.entries(next.value)) {
      refuseLoneSurrogate(key, next.path);
      rest.push({ value: member, path: `${next.path}.${key}`.slice(0, 500) });
    }
  }
}

function refuseLoneSurrogate(text: string, path: string): void {
  if (text.isWellFormed()) return;
  throw new Fault(
    'request.invalid',
    `${path.toWellFormed()}: it holds half of a surrogate pair, which is no character.`,
    {
      facts: { path: path.toWellFormed() },
      next: 'Send whole characters.',
    },
  );
}

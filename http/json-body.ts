import { Fault } from '../core/fault.ts';
import { findJsonError } from './json-error.ts';

/** Reads a JSON body (RFC 8259, UTF-8). Throws `request.invalid` that names the place, and never quotes the body. */
export function parseJsonBody(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  const value = parse(text);
  if (text.includes('__proto__') || text.includes('\\u')) refusePrototypeKeys(value);
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

/** Schemas of records pass `__proto__` over in silence; what cannot be stored must not be accepted. */
function refusePrototypeKeys(value: unknown): void {
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (Object.hasOwn(next, '__proto__')) {
      throw new Fault('request.invalid', 'The body has a member named __proto__.', { next: 'Give it another name.' });
    }
    for (const member of Object.values(next)) rest.push(member);
  }
}

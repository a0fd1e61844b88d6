import { hash } from 'node:crypto';
import { canonical } from './canonical.ts';

/** A SHA-256 digest as 64 lower-case hexadecimal digits. */
export type Digest = string;

/** SHA-256 of bytes, or of a string's UTF-8 bytes. */
export function sha256(data: string | Uint8Array): Digest {
  return hash('sha256', data, 'hex');
}

/** Texts that fit are hashed from here, at most 3 bytes for each of their characters; filled anew for each. */
const scratch = Buffer.alloc(65_536);

/** The same as `sha256(texts.join(''))`, without making that text: megabytes that nobody else needs. */
export function sha256Joined(texts: readonly string[]): Digest {
  let end = 0;
  for (const text of texts) {
    if (end + 3 * text.length > scratch.length) return sha256(texts.join(''));
    end += scratch.write(text, end);
  }
  return sha256(scratch.subarray(0, end));
}

/** The identity of a value: SHA-256 of its canonical JSON (RFC 8785). */
export function digestOf(value: unknown): Digest {
  return sha256(canonical(value));
}

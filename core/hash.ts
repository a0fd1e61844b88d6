import { hash } from 'node:crypto';
import { canonical } from './canonical.ts';

/** A SHA-256 digest as 64 lower-case hexadecimal digits. */
export type Digest = string;

/** SHA-256 of bytes, or of a string's UTF-8 bytes. */
export function sha256(data: string | Uint8Array): Digest {
  return hash('sha256', data, 'hex');
}

/** The identity of a value: SHA-256 of its canonical JSON (RFC 8785). */
export function digestOf(value: unknown): Digest {
  return sha256(canonical(value));
}

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/*
 * AES-256-GCM with a fresh random nonce (NIST SP 800-38D, 8.2.2) and the place as associated data: what was sealed for
 * one place opens at no other. Bytes: 1 (the form), nonce, tag, ciphertext.
 */
const form = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + nonceBytes + tagBytes;
const cipherName = 'aes-256-gcm';

export function seal(key: Uint8Array, place: readonly string[], value: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(cipherName, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(placeBytes(place));
  const text = Buffer.concat([cipher.update(value), cipher.final()]);
  return Buffer.concat([Buffer.from([form]), nonce, cipher.getAuthTag(), text]);
}

/** Null: another key, another place, or bytes that are not what they were. */
export function unseal(key: Uint8Array, place: readonly string[], sealed: Uint8Array): Buffer | null {
  if (sealed.length < headBytes || sealed[0] !== form) return null;
  const nonce = sealed.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv(cipherName, key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(placeBytes(place));
  decipher.setAuthTag(sealed.subarray(1 + nonceBytes, headBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(headBytes)), decipher.final()]);
  } catch {
    return null;
  }
}

/** HMAC-SHA-256 over place and value, the first 128 bits in hexadecimal. */
export function identify(key: Uint8Array, place: readonly string[], value: Uint8Array): string {
  return createHmac('sha256', key).update(placeBytes(place)).update(value).digest('hex').slice(0, 32);
}

/** No two places have the same bytes, whatever value follows: JSON says where each part ends. */
function placeBytes(place: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(place));
}

import { createDecipheriv } from 'node:crypto';
import type { ScalarNode } from '../../core/document/node.ts';

/** A value as it goes into the MAC, and as a secret has it. */
export interface PlainValue {
  readonly mac: Buffer;
  readonly secret: Buffer;
}

const sealedValue =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/=]+),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+),type:([a-z]+)\]$/;

const tagBytes = 16;

/**
 * Opens what sops writes for one value (getsops/sops 3.13, aes/cipher.go): AES-256-GCM with an IV of any length and the
 * keys that lead to it as additional data. Null when it is no such text, or does not open.
 */
export function openValue(text: string, key: Uint8Array, place: string): { type: string; bytes: Buffer } | null {
  const [, data = '', iv = '', tag = '', type = ''] = sealedValue.exec(text) ?? [];
  if (type === '') return null;
  const [content, nonce, authTag] = [data, iv, tag].map(bytesOf);
  if (!content || !nonce || authTag?.length !== tagBytes || nonce.length === 0) return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(place, 'utf8'));
    decipher.setAuthTag(authTag);
    return { type, bytes: Buffer.concat([decipher.update(content), decipher.final()]) };
  } catch {
    return null; // OpenSSL says no more than that it does not open
  }
}

/** Null for another spelling of the bytes than the one that an encoder makes. */
function bytesOf(base64: string): Buffer | null {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : null;
}

/** What an opened text stands for by its type (sops.go, ToBytes); null when it is none of that type. */
export function typedValue(type: string, bytes: Buffer): PlainValue | null {
  const text = bytes.toString('latin1');
  switch (type) {
    case 'str':
    case 'bytes':
    case 'time':
      return same(bytes);
    case 'int':
      return /^[+-]?\d{1,30}$/.test(text) ? same(Buffer.from(String(BigInt(text.replace('+', ''))))) : null;
    case 'float':
      return /^[+-]?[0-9.eE+-]{1,400}$/.test(text) && !Number.isNaN(Number(text))
        ? same(Buffer.from(decimal(Number(text))))
        : null;
    case 'bool':
      return /^(?:true|false)$/i.test(text) ? truth(text.toLowerCase() === 'true') : null;
    default:
      return null;
  }
}

/** A value that stands open in the file, as YAML 1.2 reads it; null for none, which no MAC covers. */
export function plainValue({ value, source }: ScalarNode): PlainValue | null {
  if (value === null) return null;
  if (typeof value === 'boolean') return truth(value);
  if (typeof value !== 'number') return same(Buffer.from(source, 'utf8'));
  // What a double cannot hold is still an integer to sops.
  return same(Buffer.from(/^[+-]?\d{1,30}$/.test(source) ? String(BigInt(source.replace('+', ''))) : decimal(value)));
}

function same(bytes: Buffer): PlainValue {
  return { mac: bytes, secret: bytes };
}

/** A capital letter in the MAC since there was a sops in Python. */
function truth(value: boolean): PlainValue {
  return { mac: Buffer.from(value ? 'True' : 'False'), secret: Buffer.from(String(value)) };
}

/** The shortest decimal digits without an exponent, as Go's `FormatFloat(value, 'f', -1, 64)` writes them. */
export function decimal(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [digits = '', exponent = '0'] = String(Math.abs(value)).split('e');
  const [whole = '', fraction = ''] = digits.split('.');
  const point = whole.length + Number(exponent);
  const all = whole + fraction;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${all}`;
  if (point >= all.length) return sign + all + '0'.repeat(point - all.length);
  return `${sign}${all.slice(0, point)}.${all.slice(point)}`;
}

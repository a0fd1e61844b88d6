import { createPublicKey, hash, verify } from 'node:crypto';

/** C2SP signed-note: the type byte of Ed25519 signatures. */
const ed25519Type = 1;

/** The longest note that is read, in characters, and the most signatures in it. */
const noteMost = 65_536;
const signaturesMost = 64;

/** Puts a raw Ed25519 key into the form that node:crypto reads (RFC 8410, section 4: SubjectPublicKeyInfo). */
const spkiPrefix = Uint8Array.from([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]);

/** Whose signature it is, and its Ed25519 public key of 32 bytes. */
export interface VerifierKey {
  readonly name: string;
  /** 8 lower-case hexadecimal digits. */
  readonly id: string;
  readonly publicKey: Uint8Array;
}

/** One signature line. */
export interface NoteSignature {
  readonly name: string;
  readonly id: string;
  readonly signature: Uint8Array;
}

/** A note as it was read; nothing of it is verified. */
export interface SignedNote {
  /** With its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A key with the id that follows from it: the start of SHA-256(name || 0x0A || 0x01 || key). */
export function verifierKey(name: string, publicKey: Uint8Array): VerifierKey {
  const begin = new TextEncoder().encode(`${name}\n`);
  const text = Uint8Array.from([...begin, ed25519Type, ...publicKey]);
  return { name, id: hash('sha256', text, 'hex').slice(0, 8), publicKey };
}

/** `name+id+base64`, as C2SP signed-note writes verifier keys. */
export function formatVerifierKey({ name, id, publicKey }: VerifierKey): string {
  return `${name}+${id}+${toBase64(Uint8Array.from([ed25519Type, ...publicKey]))}`;
}

/** Reads a verifier key; null when it is none, is not of Ed25519, or its id does not follow from it. */
export function parseVerifierKey(text: string): VerifierKey | null {
  const [, name = '', id = '', encoded = ''] =
    /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/u.exec(text.trim()) ?? [];
  const bytes = fromBase64(encoded);
  if (bytes === null || bytes.length !== 33 || bytes[0] !== ed25519Type) return null;
  const key = verifierKey(name, bytes.subarray(1));
  return key.id === id ? key : null;
}

/** The note with its signatures. The text must end with a newline. */
export function formatNote({ text, signatures }: SignedNote): string {
  const lines = signatures.map(({ name, id, signature }) => {
    const bytes = Uint8Array.from([...(fromHex(id) ?? []), ...signature]);
    return `\u2014 ${name} ${toBase64(bytes)}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/** Reads a note; null when it is none. */
export function parseNote(note: string): SignedNote | null {
  if (note.length > noteMost || !note.isWellFormed() || hasControls(note)) return null;
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return null;
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > signaturesMost) return null;
  const signatures = lines.map(parseSignature);
  if (!signatures.every((signature) => signature !== null)) return null;
  return { text: note.slice(0, end + 1), signatures };
}

function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) < 0x20 && text[at] !== '\n') return true;
  return false;
}

function parseSignature(line: string): NoteSignature | null {
  const [, name = '', encoded = ''] = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
  const bytes = fromBase64(encoded);
  if (bytes === null || bytes.length < 5) return null;
  return { name, id: Buffer.from(bytes.subarray(0, 4)).toString('hex'), signature: bytes.subarray(4) };
}

/**
 * Whether a known key signed the note: at least one signature of a known key verifies, and none of a known key fails
 * (C2SP signed-note). Signatures of unknown keys count for nothing. The key that signed, or null.
 */
export function verifyNote(note: SignedNote, keys: readonly VerifierKey[]): VerifierKey | null {
  let signer: VerifierKey | null = null;
  for (const { name, id, signature } of note.signatures) {
    const key = keys.find((known) => known.name === name && known.id === id);
    if (key === undefined) continue;
    if (!isSignedBy(key, note.text, signature)) return null;
    signer ??= key;
  }
  return signer;
}

function isSignedBy({ publicKey }: VerifierKey, text: string, signature: Uint8Array): boolean {
  const der = Buffer.concat([spkiPrefix, publicKey]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return verify(null, Buffer.from(text), key, signature);
}

/** Base64 after RFC 4648, section 4, with padding. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** Reads base64; null when it is not written in its one right way. */
export function fromBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

function fromHex(text: string): Uint8Array | null {
  return /^(?:[0-9a-f]{2})*$/.test(text) ? Buffer.from(text, 'hex') : null;
}

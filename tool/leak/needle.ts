import { randomBytes } from 'node:crypto';

/** What is looked for, in one of the forms in which a value may be written down. */
export interface Needle {
  readonly bytes: Buffer;
  readonly form: string;
}

/**
 * A new mark: what every canary of a run holds at least twice, and nothing else does. Letters and digits alone, so that
 * no encoder of URLs or JSON changes it, and that both alphabets of base64 (RFC 4648) write it alike.
 */
export function newMark(): string {
  return `Canary${randomBytes(8).toString('hex')}`;
}

/** Every form of a text of letters, digits, `_` and `-`: as it is, base64 at any offset, hexadecimal, UTF-16. */
export function needlesOf(text: string): readonly Needle[] {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
    // What a character shares with a neighbour is left out.
    const whole = [Math.ceil((before * 8) / 6), Math.floor((shifted.length * 8) / 6)] as const;
    return { bytes: Buffer.from(shifted.toString('base64').slice(...whole)), form: 'base64' };
  });
  return [
    { bytes, form: 'as it is' },
    ...base64,
    { bytes: Buffer.from(hex), form: 'hexadecimal' },
    { bytes: Buffer.from(hex.toUpperCase()), form: 'hexadecimal' },
    { bytes: Buffer.from(text, 'utf16le'), form: 'UTF-16' },
  ];
}

/** The first needle that stands in the bytes; null: none does. */
export function findNeedle(bytes: Buffer, needles: readonly Needle[]): Needle | null {
  return needles.find((needle) => bytes.includes(needle.bytes)) ?? null;
}

/** Bytes that a piece has to keep of the one before it, so that nothing is missed between the two. */
export function overlapOf(needles: readonly Needle[]): number {
  return Math.max(0, ...needles.map(({ bytes }) => bytes.length - 1));
}

/** Looks at a stream piece by piece. */
export function createStreamSearch(needles: readonly Needle[]): (piece: Uint8Array) => Needle | null {
  const overlap = overlapOf(needles);
  let before = Buffer.alloc(0);
  return (piece) => {
    const bytes = Buffer.concat([before, piece]);
    before = Buffer.from(bytes.subarray(Math.max(0, bytes.length - overlap)));
    return findNeedle(bytes, needles);
  };
}

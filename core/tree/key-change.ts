import { formatNote, formatVerifierKey, parseNote, verifyNote, type SignedNote, type VerifierKey } from './note.ts';

/** The second line of the text that hands over; of a checkpoint it would be a number. */
const purpose = 'next signing key';

/** What the key in force signs so that others trust the next one: a note that can be no checkpoint. */
export function keyChangeText(present: VerifierKey, next: VerifierKey): string {
  return `${present.name}\n${purpose}\n${formatVerifierKey(next)}\n`;
}

/** The signed note by which the key in force hands over to the next. */
export function formatKeyChange(present: VerifierKey, next: VerifierKey, signature: Uint8Array): string {
  const { name, id } = present;
  return formatNote({ text: keyChangeText(present, next), signatures: [{ name, id, signature }] });
}

/** Whether the present key itself said that the next one follows. */
export function isKeyChange(note: string, present: VerifierKey, next: VerifierKey): boolean {
  const parsed: SignedNote | null = parseNote(note);
  return parsed !== null && parsed.text === keyChangeText(present, next) && verifyNote(parsed, [present]) !== null;
}

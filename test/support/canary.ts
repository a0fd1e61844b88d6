import { randomBytes } from 'node:crypto';
import { watcher } from '../../tool/leak/watcher.ts';

/**
 * A secret value that is recognized wherever it turns up: whatever a test sets as a secret, a password or a token is one.
 * The runner searches for them, in every usual form, all that tests store, log, answer, print or leave behind. What stands
 * at the end is a mark again, so that a value that was cut in two is found as well.
 */
export function canary(name: string, more = ''): string {
  watcher.noteCanary();
  return `${watcher.mark}-${name}-${randomBytes(6).toString('hex')}${more}${watcher.mark}`;
}

/** One with characters that each encoder writes in another way. */
export function awkwardCanary(name: string): string {
  return canary(name, '/+=&?"\\n\\\\ü ');
}

/** One of exactly so many bytes, the mark in each 100 of them; `binary`: none of the bytes between is text. */
export function largeCanary(bytes: number, binary = false): Buffer {
  watcher.noteCanary();
  const value = Buffer.alloc(bytes, binary ? 0xff : 'x');
  for (let at = 0; at + watcher.mark.length <= bytes; at += 100) value.write(watcher.mark, at);
  return value;
}

/** Writes the mark of a run: what is found where it is, is a leak. */
export const { mark } = watcher;

/** A token that the server made and told in its answer: it must not be stored, logged or passed to programs. */
export function noteToken(token: string): string {
  watcher.noteValue(token, { inAnswers: false });
  return token;
}

/** A value that cannot be made anew for each run, of letters, digits, `_` and `-`: as a canary. */
export function noteSecret(value: string): string {
  watcher.noteValue(value, { inAnswers: true });
  return value;
}

/** The path of a file in which a canary may lie, because that is its place: the source of a secret for instance. */
export function placeOfSecret(path: string): string {
  watcher.allowPlace(path);
  return path;
}

/** A server of the test's own that hands out secrets, as Vault does. */
export function mayAnswerSecrets(origin: string): void {
  watcher.allowAnswers(origin);
}

/** Looks at a text that no program of its own printed: a command line run in this process, a page of a browser. */
export function lookForCanaries(what: string, text: string | Uint8Array): void {
  watcher.lookAtText(what, text);
}

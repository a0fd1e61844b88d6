/** A word of a text, from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly raw: string;
  /** Without quotes and escapes. */
  readonly text: string;
}

/** Where a word ends, and what it says without quotes and escapes. */
interface Ending {
  readonly end: number;
  readonly text: string;
}

/**
 * Words between white space, as the Dockerfile's own lexer divides them: quotes hold white space, the escape character
 * takes the next one along, except between single quotes.
 */
export function splitWords(text: string, escape: string, from = 0): readonly Span[] {
  const words: Span[] = [];
  let at = skipSpace(text, from);
  while (at < text.length) {
    const { end, text: bare } = readWord(text, at, escape);
    words.push({ start: at, end, raw: text.slice(at, end), text: bare });
    at = skipSpace(text, end);
  }
  return words;
}

/** The word that begins at `start`. */
export function readWord(text: string, start: number, escape: string): Ending {
  let bare = '';
  let quote = '';
  let at = start;
  for (; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote === '' && isSpace(char)) break;
    if (char === escape && quote !== "'") {
      at += 1;
      bare += text.charAt(at);
    } else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = '';
    else bare += char;
  }
  return { end: Math.min(at, text.length), text: bare };
}

/** The first place from `at` on that is no white space. */
export function skipSpace(text: string, at: number): number {
  let next = at;
  while (next < text.length && isSpace(text.charAt(next))) next += 1;
  return next;
}

/** White space as in the Dockerfile's lexer. */
export function isSpace(char: string): boolean {
  return char !== '' && ' \t\n\v\f\r\u00a0\u0085'.includes(char);
}

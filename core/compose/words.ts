import type { Parsed } from '../document/reader.ts';

const shellOnly = 'nothing runs it in a shell; write ["sh", "-c", "..."] if a shell is meant';

interface Splitting {
  readonly words: string[];
  /** Null between two words. */
  word: string | null;
  quote: '"' | "'" | null;
}

/**
 * Splits a line into words as Compose does with a `command` in one text: blanks separate, quotes hold together, a
 * backslash takes the next character as it is (not within single quotes). Compose drops what follows an unquoted `;`,
 * `&`, `|`, `<` or `>`, or a `#` that begins a word (mattn/go-shellwords, shellwords.go); here it is refused, as are
 * backquotes and `$(`.
 */
export function splitWords(line: string): Parsed<readonly string[]> {
  const state: Splitting = { words: [], word: null, quote: null };
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] ?? '';
    if (character === '\\' && state.quote !== "'") {
      at += 1;
      if (at >= line.length) return { wrong: 'a backslash ends it' };
      state.word = (state.word ?? '') + line[at];
      continue;
    }
    if (state.quote === null && (/[;&|<>`]/.test(character) || line.startsWith('$(', at))) {
      return { wrong: `'${character}' has no meaning here: ${shellOnly}` };
    }
    if (character === '#' && state.quote === null && state.word === null) {
      return { wrong: "'#' begins a comment; quote it, or write a list" };
    }
    take(state, character);
  }
  if (state.quote !== null) return { wrong: `a ${state.quote} is not closed` };
  if (state.word !== null) state.words.push(state.word);
  return { value: state.words };
}

function take(state: Splitting, character: string): void {
  if (state.quote !== null) {
    if (character === state.quote) state.quote = null;
    else state.word = (state.word ?? '') + character;
    return;
  }
  if (character === '"' || character === "'") {
    state.quote = character;
    state.word ??= '';
    return;
  }
  if (!/\s/.test(character)) {
    state.word = (state.word ?? '') + character;
    return;
  }
  if (state.word !== null) state.words.push(state.word);
  state.word = null;
}

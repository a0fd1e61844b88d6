/** Where a text stops being JSON. Line and column count from 1. */
export interface JsonError {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
}

const scalar = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9.a-zA-Z])|(?:true|false|null)(?![a-zA-Z])/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

type Awaited = 'value' | 'first-key' | 'key' | 'colon' | 'first-item' | 'separator' | 'end';

const words: Readonly<Record<Awaited, string>> = {
  value: 'a value',
  'first-key': 'a key in double quotes or }',
  key: 'a key in double quotes',
  colon: ':',
  'first-item': 'a value or ]',
  separator: ', or the end of the list or object',
  end: 'the end of the body',
};

/**
 * Finds the first place where a text that JSON.parse refused is not JSON, and what could stand there: the engine's own
 * message has no place for short texts, and quotes what was sent. Keeps its own stack: depth is no matter.
 */
export function findJsonError(text: string): JsonError {
  const open: ('{' | '[')[] = [];
  let awaited: Awaited = 'value';
  let position = 0;
  for (;;) {
    position = skipSpace(text, position);
    const next = advance(text, position, awaited, open);
    if (next === null) return place(text, position, words[awaited]);
    position = next.position;
    awaited = next.awaited;
  }
}

interface Advance {
  readonly position: number;
  readonly awaited: Awaited;
}

/** One token on; null when what stands there is not what may. */
function advance(text: string, position: number, awaited: Awaited, open: ('{' | '[')[]): Advance | null {
  const character = text[position];
  if (awaited === 'value' || awaited === 'first-item') {
    if (awaited === 'first-item' && character === ']') return close(position, open);
    return readValue(text, position, open);
  }
  if (awaited === 'key' || awaited === 'first-key') {
    if (awaited === 'first-key' && character === '}') return close(position, open);
    const end = endOfString(text, position);
    return end === null ? null : { position: end, awaited: 'colon' };
  }
  if (awaited === 'colon') return character === ':' ? { position: position + 1, awaited: 'value' } : null;
  if (awaited === 'end') return null;
  const innermost = open.at(-1);
  if (character === ',') return { position: position + 1, awaited: innermost === '{' ? 'key' : 'value' };
  return character === (innermost === '{' ? '}' : ']') ? close(position, open) : null;
}

function readValue(text: string, position: number, open: ('{' | '[')[]): Advance | null {
  const character = text[position];
  if (character === '{' || character === '[') {
    open.push(character);
    return { position: position + 1, awaited: character === '{' ? 'first-key' : 'first-item' };
  }
  const end = character === '"' ? endOfString(text, position) : after(scalar, text, position);
  return end === null ? null : { position: end, awaited: open.length === 0 ? 'end' : 'separator' };
}

function close(position: number, open: ('{' | '[')[]): Advance {
  open.pop();
  return { position: position + 1, awaited: open.length === 0 ? 'end' : 'separator' };
}

/** By hand, since a pattern keeps a stack as long as the text that it runs over. */
function skipSpace(text: string, position: number): number {
  let end = position;
  while (end < text.length && ' \t\n\r'.includes(text.charAt(end))) end += 1;
  return end;
}

function endOfString(text: string, position: number): number | null {
  if (text[position] !== '"') return null;
  let end = position + 1;
  while (end < text.length) {
    const character = text[end] ?? '';
    if (character === '"') return end + 1;
    if (character < ' ') return null;
    end = character === '\\' ? (after(escaped, text, end) ?? text.length) : end + 1;
  }
  return null;
}

function after(pattern: RegExp, text: string, position: number): number | null {
  pattern.lastIndex = position;
  return pattern.test(text) ? pattern.lastIndex : null;
}

function place(text: string, position: number, expected: string): JsonError {
  const before = text.slice(0, position);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  return { line, column: position - lineStart + 1, expected };
}

import { Lexer, Parser, type CST } from 'yaml';
import { Fault } from '../fault.ts';
import type { Place, SourceFile } from './node.ts';

/** What a document may be at most. */
export const documentLimits = { bytes: 1_048_576, nodes: 20_000, levels: 64, aliases: 100 } as const;

/** More tokens than this hold no document within the limits. */
const mostTokens = documentLimits.nodes * 16;

/** The Fault for a document above a limit. */
export function tooLarge(file: SourceFile, limit: keyof typeof documentLimits, found: number): Fault {
  const most = documentLimits[limit].toLocaleString('en-US');
  return new Fault('document.too-large', `${file.name} has more than ${most} ${limit}.`, {
    facts: { file: file.name, limit, most: documentLimits[limit], found },
    next: 'Split the document or leave out what it does not need.',
  });
}

/** Refuses a document above 1 MiB, before anything looks into it. */
export function checkSize(file: SourceFile): void {
  // A UTF-16 unit takes at least one byte, so that a huge text is refused without encoding it.
  const { length } = file.text;
  if (length > documentLimits.bytes) throw tooLarge(file, 'bytes', length);
  const bytes = new TextEncoder().encode(file.text).length;
  if (bytes > documentLimits.bytes) throw tooLarge(file, 'bytes', bytes);
}

/** What is said of a character that is none. */
export const brokenCharacter = 'a character that no text may hold (U+0000 or half of a surrogate pair)';

/** Where the first half of a surrogate pair stands alone, which UTF-8 and canonical JSON cannot hold; else null. */
export function findLoneSurrogate(file: SourceFile): Place | null {
  if (file.text.isWellFormed()) return null;
  const before = file.text.slice(0, file.text.search(/\p{Surrogate}/u)).split('\n');
  return { file, line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/**
 * Splits a text into YAML's concrete syntax. Counts tokens on the way and levels afterwards, so that the composer, which
 * recurses and is slow on large maps, never sees a document above the limits. Throws `document.too-large`.
 */
export function scan(file: SourceFile): readonly CST.Token[] {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of countedLexemes(file)) tokens.push(...parser.next(lexeme));
  tokens.push(...parser.end());
  checkLevels(file, tokens);
  return tokens;
}

/** Every scalar, flow collection, alias, list item and key is at least one node. */
function countedLexemes(file: SourceFile): readonly string[] {
  const lexemes: string[] = [];
  const counts = { scalars: 0, items: 0, keys: 0, commas: 0, aliases: 0 };
  for (const lexeme of new Lexer().lex(file.text)) {
    lexemes.push(lexeme);
    count(counts, lexeme);
    const nodes = Math.max(counts.scalars, counts.items, counts.keys, counts.commas);
    if (nodes > documentLimits.nodes) throw tooLarge(file, 'nodes', nodes);
    if (counts.aliases > documentLimits.aliases) throw tooLarge(file, 'aliases', counts.aliases);
    if (lexemes.length > mostTokens) throw tooLarge(file, 'nodes', lexemes.length);
  }
  return lexemes;
}

function count(
  counts: { scalars: number; items: number; keys: number; commas: number; aliases: number },
  lexeme: string,
): void {
  switch (lexeme.charAt(0)) {
    case '\x1f':
    case '{':
    case '[':
      counts.scalars += 1;
      return;
    case '-':
      counts.items += lexeme === '-' ? 1 : 0;
      return;
    case ':':
    case '?':
      counts.keys += lexeme.length === 1 ? 1 : 0;
      return;
    case ',':
      counts.commas += 1;
      return;
    case '*':
      counts.aliases += 1;
      return;
    default:
  }
}

/** Walks without recursion: a text of a million brackets must not exhaust the stack. */
function checkLevels(file: SourceFile, tokens: readonly CST.Token[]): void {
  const open: { token: CST.Token; level: number }[] = tokens.map((token) => ({ token, level: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, level } = next;
    if (level > documentLimits.levels) throw tooLarge(file, 'levels', level);
    if (token.type === 'document') {
      if (token.value) open.push({ token: token.value, level: 1 });
      continue;
    }
    if (!('items' in token)) continue;
    for (const item of token.items) {
      if ('key' in item && item.key) open.push({ token: item.key, level: level + 1 });
      if (item.value) open.push({ token: item.value, level: level + 1 });
    }
  }
}

import type { Place, SourceFile } from '../document/node.ts';
import type { Problems } from '../document/problems.ts';
import { brokenCharacter, findLoneSurrogate } from '../document/scan.ts';
import { asText, parseTemplate, substitute, TemplateError, type Lookup, type Template } from './template.ts';

/** How an env file is written: with quotes, comments and variables, or each value as it stands. */
export type EnvFormat = 'compose' | 'raw';

/** One variable of an env file. */
interface EnvLine {
  readonly name: string;
  readonly place: Place;
  /** Null: the line names it without a value. */
  readonly value: Template | null;
}

/** A variable's value, which may hold variables that are not known yet, and where it stands. */
export interface EnvValue {
  readonly value: Template;
  readonly place: Place;
}

/** Who is told what is wrong with an env file. */
type Told = Pick<Problems, 'add' | 'warn'>;

interface Cursor {
  readonly file: SourceFile;
  readonly text: string;
  at: number;
  line: number;
  /** Where the line begins. */
  start: number;
}

/** No process takes a longer variable (Linux, MAX_ARG_STRLEN); values that hold each other grow fast. */
const mostUnits = 131_072;
/** Texts and variables that one value is made of, at most. */
const mostParts = 1_000;

/** Blank, but no end of a line. */
const blank = /[\t\v\f\r \u0085\u00a0]/;
const wrongInName = /[^\p{L}\p{N}_.\-[\]]/u;

/**
 * Reads an env file ("Env_file format" in the Compose Specification, 05-services.md; compose-go, dotenv/parser.go): the
 * last line for a variable stands; its variables are looked up in `lookup`, then among the lines before. A name without
 * a value has the one that `lookup` knows, or is left out. What is wrong is told at its line.
 */
export function readEnvFile(
  file: SourceFile,
  format: EnvFormat,
  lookup: Lookup,
  told: Told,
): ReadonlyMap<string, EnvValue> {
  const found = new Map<string, EnvValue>();
  const broken = findLoneSurrogate(file);
  if (broken !== null) {
    told.add(broken, brokenCharacter);
    return found;
  }
  const all: Lookup = (name) => lookup(name) ?? found.get(name)?.value;
  for (const { name, place, value } of format === 'raw' ? rawLines(file, told) : composeLines(file, told)) {
    if (value === null) {
      const known = lookup(name);
      if (known === undefined) told.warn(place, `${name} has no value here and is left out`);
      else found.set(name, { value: known, place });
      continue;
    }
    try {
      found.set(name, { value: bounded(substitute(value, all), place, told), place });
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      told.add(place, error.message);
    }
  }
  return found;
}

/** `NAME=value` lines with nothing but the value after the sign (docker/cli, pkg/kvfile/kvfile.go). */
function rawLines(file: SourceFile, told: Told): readonly EnvLine[] {
  const lines = withoutMark(file.text).split('\n');
  return lines.flatMap((written, index): EnvLine[] => {
    const line = written.replace(/\r$/, '').trimStart();
    if (line === '' || line.startsWith('#')) return [];
    const place = { line: index + 1, column: written.length - written.trimStart().length + 1, file };
    const sign = line.indexOf('=');
    const name = sign < 0 ? line : line.slice(0, sign);
    if (name === '' || /\s/.test(name)) {
      told.add(place, `'${name.slice(0, 60)}' is no name of a variable`, 'write NAME=value');
      return [];
    }
    if (sign < 0) return [{ name, place, value: null }];
    return [{ name, place, value: checked([{ kind: 'text', text: line.slice(sign + 1) }], place, told) }];
  });
}

function composeLines(file: SourceFile, told: Told): readonly EnvLine[] {
  const cursor: Cursor = { file, text: withoutMark(file.text), at: 0, line: 1, start: 0 };
  const lines: EnvLine[] = [];
  while (skipToStatement(cursor)) {
    const place = placeAt(cursor);
    const name = readName(cursor, place, told);
    if (name === null) {
      skipLine(cursor);
      continue;
    }
    lines.push({ name: name.text, place, value: name.hasValue ? readValue(cursor, place, told) : null });
  }
  return lines;
}

function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function placeAt(cursor: Cursor): Place {
  return { line: cursor.line, column: cursor.at - cursor.start + 1, file: cursor.file };
}

function advance(cursor: Cursor): void {
  if (cursor.text[cursor.at] === '\n') {
    cursor.line += 1;
    cursor.start = cursor.at + 1;
  }
  cursor.at += 1;
}

function skipLine(cursor: Cursor): void {
  while (cursor.at < cursor.text.length && cursor.text[cursor.at] !== '\n') advance(cursor);
}

function skipBlanks(cursor: Cursor): void {
  while (blank.test(cursor.text[cursor.at] ?? '')) advance(cursor);
}

/** Whether there is another variable: passes over blank lines and comments. */
function skipToStatement(cursor: Cursor): boolean {
  for (;;) {
    while (/\s/.test(cursor.text[cursor.at] ?? '')) advance(cursor);
    if (cursor.text[cursor.at] !== '#') return cursor.at < cursor.text.length;
    skipLine(cursor);
  }
}

function readName(
  cursor: Cursor,
  place: Place,
  told: Told,
): { readonly text: string; readonly hasValue: boolean } | null {
  const exported = /^export[\t\v\f\r ]+/.exec(cursor.text.slice(cursor.at, cursor.at + 64))?.[0];
  if (exported !== undefined) cursor.at += exported.length;
  const begin = cursor.at;
  while (cursor.at < cursor.text.length && !/[=:\n]/.test(cursor.text[cursor.at] ?? '')) cursor.at += 1;
  const text = cursor.text.slice(begin, cursor.at).trimEnd();
  if (text === '' || wrongInName.test(text)) {
    told.add(place, `'${text.slice(0, 60)}' is no name of a variable`, 'write NAME=value; # begins a comment');
    return null;
  }
  const hasValue = cursor.at < cursor.text.length && cursor.text[cursor.at] !== '\n';
  if (hasValue) cursor.at += 1;
  return { text, hasValue };
}

function readValue(cursor: Cursor, place: Place, told: Told): Template {
  const before = cursor.at;
  skipBlanks(cursor);
  const quote = cursor.text[cursor.at];
  if (quote === '"' || quote === "'") {
    const inside = readQuoted(cursor, quote, place, told);
    if (quote === "'") return checked([{ kind: 'text', text: inside }], place, told);
    return templateOf(expandEscapes(inside), place, told);
  }
  const begin = cursor.at;
  skipLine(cursor);
  const line = cursor.text.slice(begin, cursor.at);
  // A comment may stand in place of a value, after a blank.
  const comment = line.startsWith('#') && begin > before ? 0 : line.indexOf(' #');
  return templateOf((comment < 0 ? line : line.slice(0, comment)).trimEnd(), place, told);
}

/** What stands between quotes, over as many lines as it takes; `\` before the quote is taken out, any other one stays. */
function readQuoted(cursor: Cursor, quote: string, place: Place, told: Told): string {
  let inside = '';
  advance(cursor);
  while (cursor.at < cursor.text.length) {
    const character = cursor.text[cursor.at] ?? '';
    if (character === quote) {
      advance(cursor);
      checkRest(cursor, told);
      return inside;
    }
    advance(cursor);
    if (character !== '\\') {
      inside += character;
      continue;
    }
    const next = cursor.text[cursor.at] ?? '';
    inside += next === quote ? next : `\\${next}`;
    advance(cursor);
  }
  told.add(place, `a ${quote} is not closed`);
  return inside;
}

function checkRest(cursor: Cursor, told: Told): void {
  skipBlanks(cursor);
  const next = cursor.text[cursor.at];
  if (next === undefined || next === '\n' || next === '#') return;
  told.add(placeAt(cursor), 'after the closing quote stands more than a comment', 'one variable, one line');
  skipLine(cursor);
}

const escapes: { readonly [character: string]: string } = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  '\\': '\\',
  // A dollar sign as a template has it.
  $: '$$',
};

function expandEscapes(text: string): string {
  return text.replace(/\\(?:0([0-3][0-7]{2})|([abfnrtv"\\$]))/g, (_, octal: string | undefined, one: string) =>
    octal === undefined ? (escapes[one] ?? '') : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function templateOf(text: string, place: Place, told: Told): Template {
  try {
    return bounded(checked(parseTemplate(text), place, told), place, told);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    told.add(place, error.message, "write $$ for a dollar sign, or put the value between ' '");
    return [];
  }
}

/** The value, or nothing when it is too long, which is told; known texts beside each other become one. */
function bounded(value: Template, place: Place, told: Told): Template {
  const size = sizeOf(value);
  if (size.units > mostUnits || size.parts > mostParts) {
    told.add(place, `a value of more than ${mostUnits} characters or ${mostParts} variables`, 'use a config');
    return [];
  }
  const { text, open } = asText(value);
  return open === null ? [{ kind: 'text', text }] : value;
}

function sizeOf(value: Template): { readonly units: number; readonly parts: number } {
  let units = 0;
  let parts = 0;
  for (const part of value) {
    const inner = part.kind === 'choice' ? sizeOf(part.argument) : { units: 0, parts: 0 };
    units += inner.units + (part.kind === 'text' ? part.text.length : 0);
    parts += inner.parts + 1;
  }
  return { units, parts };
}

function checked(value: Template, place: Place, told: Told): Template {
  const isWrong = value.some((part) => part.kind === 'text' && (part.text.includes('\0') || !part.text.isWellFormed()));
  if (isWrong) told.add(place, brokenCharacter);
  return value;
}

import type { Place } from '../document/node.ts';
import { suggest } from '../document/suggest.ts';
import type { CommandForm, Content, Flag, Keyword, Pair, Word } from './instruction.ts';
import { isSpace, readWord, skipSpace, splitWords } from './words.ts';

/** What reads one instruction: its text, and where to say what is wrong. */
export interface InstructionText {
  readonly text: string;
  readonly escape: string;
  readonly placeOf: (index: number) => Place;
  readonly problem: (at: Place, message: string, hint?: string | null) => void;
}

/** What stands in an instruction; null when it is wrong, which was told. */
export interface ReadContent {
  readonly content: Content;
  readonly flags: readonly Flag[];
}

/** An instruction's text behind keyword and flags. */
interface Rest extends InstructionText {
  readonly keyword: Keyword;
  readonly flags: readonly Flag[];
  /** Index in `text` where the arguments begin; the text ends where they end. */
  readonly from: number;
}

const keywords: readonly Keyword[] = [
  ...(['ADD', 'ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL'] as const),
  ...(['MAINTAINER', 'ONBUILD', 'RUN', 'SHELL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR'] as const),
];

/** Reads an instruction that begins at `from` of the text. */
export function readContent(source: InstructionText, from = 0): ReadContent | null {
  const start = skipSpace(source.text, from);
  let end = start;
  while (end < source.text.length && !isSpace(source.text.charAt(end))) end += 1;
  const written = source.text.slice(start, end);
  const keyword = keywords.find((one) => one === written.toUpperCase());
  if (keyword === undefined) {
    const near = suggest(written.toUpperCase().slice(0, 40), keywords);
    const hint = near === null ? `Instructions are ${keywords.join(', ')}.` : `Did you mean ${near}?`;
    source.problem(source.placeOf(start), `'${written.slice(0, 40)}' is no instruction`, hint);
    return null;
  }
  const { flags, next } = readFlags(source, end);
  const text = source.text.trimEnd();
  const content = readers[keyword]({ ...source, text, keyword, flags, from: next });
  return content === null ? null : { content, flags };
}

function readFlags(source: InstructionText, from: number): { readonly flags: readonly Flag[]; readonly next: number } {
  const flags: Flag[] = [];
  let next = skipSpace(source.text, from);
  while (source.text.startsWith('--', next)) {
    const { end, text } = readWord(source.text, next, source.escape);
    const at = source.placeOf(next);
    next = skipSpace(source.text, end);
    if (text === '--') break;
    const equals = text.indexOf('=');
    const name = text.slice(2, equals === -1 ? undefined : equals).toLowerCase();
    flags.push({ ...at, name, value: equals === -1 ? null : text.slice(equals + 1) });
  }
  return { flags, next };
}

type Reader = (rest: Rest) => Content | null;

const readers: Readonly<Record<Keyword, Reader>> = {
  FROM: readFrom,
  COPY: readCopy,
  ADD: readCopy,
  RUN: readCommandInstruction,
  CMD: readCommandInstruction,
  ENTRYPOINT: readCommandInstruction,
  HEALTHCHECK: readHealthCheck,
  ENV: readPairs,
  LABEL: readPairs,
  ARG: readPairs,
  WORKDIR: readValue,
  USER: readValue,
  STOPSIGNAL: readValue,
  MAINTAINER: readValue,
  EXPOSE: readWords,
  VOLUME: readWords,
  SHELL: readShell,
  ONBUILD: readOnbuild,
};

/** Tells what is wrong with the whole of the arguments. */
function wrong(rest: Rest, message: string, hint: string | null = null): null {
  rest.problem(rest.placeOf(Math.min(rest.from, Math.max(0, rest.text.length - 1))), message, hint);
  return null;
}

function wordsOf(rest: Rest): readonly Word[] {
  return splitWords(rest.text, rest.escape, rest.from).map(({ start, raw, text }) => ({
    ...rest.placeOf(start),
    raw,
    text,
  }));
}

/** The strings of a JSON array; null when the arguments are none, or hold something else. */
function jsonOf(rest: Rest): readonly string[] | null {
  if (rest.text.charAt(rest.from) !== '[') return null;
  try {
    const parsed: unknown = JSON.parse(rest.text.slice(rest.from));
    return Array.isArray(parsed) && parsed.every((item): item is string => typeof item === 'string') ? parsed : null;
  } catch {
    return null;
  }
}

function readFrom(rest: Rest): Content | null {
  const [image, as, name, ...more] = wordsOf(rest);
  if (image === undefined) return wrong(rest, 'FROM names no image', 'Such as FROM node:24-slim, or FROM scratch.');
  if (more.length > 0 || (as !== undefined && (as.text.toLowerCase() !== 'as' || name === undefined))) {
    return wrong(rest, 'FROM takes an image, and AS with a name', 'Such as FROM node:24-slim AS build.');
  }
  const stage = name?.text.toLowerCase() ?? null;
  if (name !== undefined && !/^[a-z][a-z0-9-_.]*$/.test(stage ?? '')) {
    rest.problem(
      name,
      `'${name.text.slice(0, 40)}' cannot name a stage`,
      'A letter first, then letters, digits, - _ .',
    );
    return null;
  }
  const platform = rest.flags.find((flag) => flag.name === 'platform')?.value ?? null;
  return { keyword: 'FROM', image, platform, name: stage };
}

function readCopy(rest: Rest): Content | null {
  const keyword = rest.keyword === 'ADD' ? 'ADD' : 'COPY';
  const json = jsonOf(rest);
  const at = rest.placeOf(rest.from);
  const words = json?.map((text): Word => ({ ...at, text, raw: JSON.stringify(text) })) ?? wordsOf(rest);
  const destination = words.at(-1);
  if (destination === undefined || words.length < 2) {
    return wrong(rest, `${keyword} takes at least a source and a destination`, `Such as ${keyword} src/ /app/src/.`);
  }
  if (json === null && readHeredocWord(destination.raw) !== null) {
    return wrong(rest, `a here-document cannot be the destination of ${keyword}`, `Write the path behind it.`);
  }
  const from = rest.flags.find((flag) => flag.name === 'from')?.value ?? null;
  return { keyword, from, sources: words.slice(0, -1), destination, json: json !== null };
}

function commandOf(rest: Rest): CommandForm {
  const at = rest.placeOf(rest.from);
  const words = jsonOf(rest);
  return words === null ? { form: 'shell', text: rest.text.slice(rest.from), at } : { form: 'exec', words, at };
}

function readCommandInstruction(rest: Rest): Content | null {
  const keyword = rest.keyword === 'CMD' || rest.keyword === 'ENTRYPOINT' ? rest.keyword : 'RUN';
  if (rest.from >= rest.text.length) return wrong(rest, `${keyword} names no command`);
  return { keyword, command: commandOf(rest) };
}

function readHealthCheck(rest: Rest): Content | null {
  const [first] = splitWords(rest.text, rest.escape, rest.from);
  const kind = first?.text.toUpperCase();
  const command = first === undefined ? rest.text.length : skipSpace(rest.text, first.end);
  const ends = command >= rest.text.length;
  if (kind === 'NONE' && ends) return { keyword: 'HEALTHCHECK', command: null };
  if (kind !== 'CMD' || ends) {
    return wrong(rest, 'HEALTHCHECK takes CMD with a command, or NONE', 'Such as HEALTHCHECK CMD ["/app", "health"].');
  }
  return { keyword: 'HEALTHCHECK', command: commandOf({ ...rest, from: command }) };
}

function readPairs(rest: Rest): Content | null {
  const keyword = rest.keyword === 'ENV' || rest.keyword === 'LABEL' ? rest.keyword : 'ARG';
  const words = wordsOf(rest);
  const [first, second] = words;
  if (first === undefined) return wrong(rest, `${keyword} names nothing`, `Such as ${keyword} NAME=value.`);
  if (keyword !== 'ARG' && !first.raw.includes('=')) {
    if (second === undefined) return wrong(rest, `${keyword} has no value`, `Such as ${keyword} ${first.text}=value.`);
    const rawValue = rest.text.slice(rest.from).slice(first.raw.length).trimStart();
    return {
      keyword,
      pairs: [{ line: first.line, column: first.column, name: first.text, value: rawValue, rawValue }],
    };
  }
  const unpaired = words.find((word) => keyword !== 'ARG' && !word.raw.includes('='));
  if (unpaired !== undefined) {
    rest.problem(
      unpaired,
      `'${unpaired.text.slice(0, 40)}' has no value`,
      'Each is NAME=value; quote a value with spaces.',
    );
    return null;
  }
  return { keyword, pairs: words.map(pairOf) };
}

function pairOf({ line, column, text, raw }: Word): Pair {
  const equals = text.indexOf('=');
  if (equals === -1) return { line, column, name: text, value: null, rawValue: '' };
  const rawValue = raw.slice(raw.indexOf('=') + 1);
  return { line, column, name: text.slice(0, equals), value: text.slice(equals + 1), rawValue };
}

function readValue(rest: Rest): Content | null {
  const { keyword } = rest;
  if (keyword !== 'WORKDIR' && keyword !== 'USER' && keyword !== 'STOPSIGNAL' && keyword !== 'MAINTAINER') return null;
  const raw = rest.text.slice(rest.from);
  if (raw === '') return wrong(rest, `${keyword} has no value`);
  const text = /^(["']).*\1$/.test(raw) ? raw.slice(1, -1) : raw;
  return { keyword, value: { ...rest.placeOf(rest.from), text, raw } };
}

function readWords(rest: Rest): Content | null {
  const keyword = rest.keyword === 'EXPOSE' ? 'EXPOSE' : 'VOLUME';
  const at = rest.placeOf(rest.from);
  const words = jsonOf(rest)?.map((text): Word => ({ ...at, text, raw: text })) ?? wordsOf(rest);
  return words.length === 0 ? wrong(rest, `${keyword} names nothing`) : { keyword, words };
}

function readShell(rest: Rest): Content | null {
  const words = jsonOf(rest);
  if (words === null || words.length === 0) {
    return wrong(rest, 'SHELL takes a JSON array', 'Such as SHELL ["/bin/bash", "-o", "pipefail", "-c"].');
  }
  return { keyword: 'SHELL', words };
}

function readOnbuild(rest: Rest): Content | null {
  const [first] = splitWords(rest.text, rest.escape, rest.from);
  const keyword = first?.text.toUpperCase();
  if (keyword === undefined) return wrong(rest, 'ONBUILD names no instruction');
  if (keyword === 'ONBUILD' || keyword === 'FROM' || keyword === 'MAINTAINER') {
    return wrong(rest, `${keyword} cannot stand behind ONBUILD`);
  }
  const read = readContent(rest, rest.from);
  return read === null ? null : { keyword: 'ONBUILD', trigger: read.content, triggerFlags: read.flags };
}

/** A word that begins a here-document, as `<<EOF`, `<<-'EOF'` or `3<<"EOF"`. */
export interface HeredocWord {
  readonly name: string;
  /** Takes leading tabs away. */
  readonly chomp: boolean;
  readonly expand: boolean;
}

/** Reads such a word; null when it is none. */
export function readHeredocWord(raw: string): HeredocWord | null {
  const [, dash, written] = /^\d*<<(-?)([^<\s]+)$/.exec(raw) ?? [];
  if (written === undefined) return null;
  const name = written.replaceAll(/["']/g, '');
  return name === '' ? null : { name, chomp: dash === '-', expand: name === written };
}

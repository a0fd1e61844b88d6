/** A text with variables, after the Compose Specification ("Interpolation"). */
export type Template = readonly Part[];

/** How a variable stands in: with an operator, `argument` is the default, the error or the replacement. */
export type Operator = '-' | ':-' | '?' | ':?' | '+' | ':+';

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'choice'; readonly name: string; readonly operator: Operator; readonly argument: Template };

/** What a template came to: a text, or the variables that it still needs. */
export type Evaluated =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'open'; readonly missing: readonly Missing[] };

/** A variable without a value, and what the file says about that. */
export interface Missing {
  readonly name: string;
  readonly why: string | null;
}

/** Values by name; a name that is not there is unset. */
export type Values = ReadonlyMap<string, string>;

const namePattern = /[A-Za-z_][A-Za-z0-9_]*/y;
const operators: readonly Operator[] = [':-', ':?', ':+', '-', '?', '+'];
const mostLevels = 16;

/** A text that is no template; `offset` counts UTF-16 units from its beginning. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Reads `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?error}`, `${NAME?error}`,
 * `${NAME:+replacement}`, `${NAME+replacement}` and `$$`; arguments may hold variables again, 16 levels deep. Throws
 * TemplateError.
 */
export function parseTemplate(text: string): Template {
  return parseParts({ text, at: 0, form: 'compose' }, 0);
}

/**
 * Reads a file in which `${NAME}`, with the operators of `parseTemplate`, is a variable, and `$${` is a `${`; every other
 * dollar sign stands for itself, as `$host` does in a server's configuration. Throws TemplateError.
 */
export function parseFileTemplate(text: string): Template {
  return parseParts({ text, at: 0, form: 'file' }, 0);
}

interface Cursor {
  readonly text: string;
  /** `file`: only `${NAME}` is a variable, and only `$${` an escape. */
  readonly form: 'compose' | 'file';
  at: number;
}

function parseParts(cursor: Cursor, level: number): Template {
  const parts: Part[] = [];
  let literal = '';
  while (cursor.at < cursor.text.length) {
    const character = cursor.text[cursor.at] ?? '';
    if (level > 0 && character === '}') break;
    if (character !== '$' || isLiteralDollar(cursor)) {
      literal += character;
      cursor.at += 1;
      continue;
    }
    if (cursor.text[cursor.at + 1] === '$') {
      literal += '$';
      cursor.at += 2;
      continue;
    }
    if (literal !== '') parts.push({ kind: 'text', text: literal });
    literal = '';
    parts.push(parseVariable(cursor, level));
  }
  if (literal !== '') parts.push({ kind: 'text', text: literal });
  return parts;
}

function isLiteralDollar({ text, at, form }: Cursor): boolean {
  return form === 'file' && text[at + 1] !== '{' && !text.startsWith('$${', at);
}

function parseVariable(cursor: Cursor, level: number): Part {
  const start = cursor.at;
  if (level >= mostLevels) throw new TemplateError('defaults within defaults go too deep', start);
  const braced = cursor.text[start + 1] === '{';
  cursor.at += braced ? 2 : 1;
  const name = parseName(cursor, start);
  if (!braced) return { kind: 'variable', name };
  if (cursor.text[cursor.at] === '}') {
    cursor.at += 1;
    return { kind: 'variable', name };
  }
  if (cursor.at >= cursor.text.length) throw new TemplateError(`\${${name} has no closing brace`, start);
  const operator = operators.find((one) => cursor.text.startsWith(one, cursor.at));
  if (operator === undefined) {
    throw new TemplateError(`what follows ${name} is no operator; there are :- - :? ? :+ +`, cursor.at);
  }
  cursor.at += operator.length;
  const argument = parseParts(cursor, level + 1);
  if (cursor.text[cursor.at] !== '}') throw new TemplateError(`\${${name} has no closing brace`, start);
  cursor.at += 1;
  return { kind: 'choice', name, operator, argument };
}

function parseName(cursor: Cursor, start: number): string {
  namePattern.lastIndex = cursor.at;
  const name = namePattern.exec(cursor.text)?.[0];
  if (name === undefined) throw new TemplateError('no name follows the $', start);
  cursor.at += name.length;
  return name;
}

/** The text of a template with these values, or what is missing for it. */
export function evaluate(template: Template, values: Values): Evaluated {
  let text = '';
  const missing: Missing[] = [];
  for (const part of template) {
    const result = evaluatePart(part, values);
    if (result.kind === 'text') text += result.text;
    else missing.push(...result.missing);
  }
  return missing.length === 0 ? { kind: 'text', text } : { kind: 'open', missing };
}

function evaluatePart(part: Part, values: Values): Evaluated {
  if (part.kind === 'text') return part;
  const value = values.get(part.name);
  if (part.kind === 'variable') {
    return value === undefined ? open(part.name, null) : { kind: 'text', text: value };
  }
  const present = isPresent(part.operator, value);
  if (part.operator.endsWith('+')) {
    return present ? evaluate(part.argument, values) : { kind: 'text', text: '' };
  }
  if (present) return { kind: 'text', text: value ?? '' };
  if (part.operator.endsWith('-')) return evaluate(part.argument, values);
  const why = evaluate(part.argument, values);
  return open(part.name, why.kind === 'text' && why.text !== '' ? why.text : null);
}

function open(name: string, why: string | null): Evaluated {
  return { kind: 'open', missing: [{ name, why }] };
}

/** With a colon an empty value counts as none. */
function isPresent(operator: Operator, value: string | undefined): boolean {
  return value !== undefined && !(operator.startsWith(':') && value === '');
}

/**
 * The template with the known values filled in, the other variables still open. Throws TemplateError for a value with a
 * closing brace that would have to stand within the argument of an open variable.
 */
export function fill(template: Template, known: Values): Template {
  return substitute(template, (name) => {
    const text = known.get(name);
    return text === undefined ? undefined : [{ kind: 'text', text }];
  });
}

/** What a variable is known to be: a text, or a template of variables that are not known themselves. */
export type Lookup = (name: string) => Template | undefined;

/**
 * The template with what is known put in place of its variables, the others still open. Throws TemplateError as `fill`
 * does, and for a value that would have to decide while it is not known itself.
 */
export function substitute(template: Template, lookup: Lookup, level = 0): Template {
  return template.flatMap((part): Template => {
    if (part.kind === 'text') return [part];
    const value = lookup(part.name);
    if (value !== undefined) return putInPlace(part, value, lookup, level);
    if (part.kind === 'variable') return [part];
    return [{ ...part, argument: substitute(part.argument, lookup, level + 1) }];
  });
}

/** Only what this value decides is decided: variables in the argument may still get another value. */
function putInPlace(part: Exclude<Part, { kind: 'text' }>, value: Template, lookup: Lookup, level: number): Template {
  if (part.kind === 'choice') {
    const present = isPresent(part.operator, decidingText(part.name, value));
    const replaces = part.operator.endsWith('+');
    if (replaces && !present) return [];
    if (replaces || (!present && part.operator.endsWith('-'))) return substitute(part.argument, lookup, level);
    if (!present) return [part];
  }
  if (level > 0 && value.some((one) => one.kind === 'text' && one.text.includes('}'))) {
    throw new TemplateError(`the value of ${part.name} has a } and cannot stand within a default`, 0);
  }
  return value;
}

function decidingText(name: string, value: Template): string {
  const { text, open } = asText(value);
  if (open === null) return text;
  throw new TemplateError(`the value of ${name} is not known yet, so that nothing can depend on it`, 0);
}

/** The text of a template, and the first variable in it that is open, if any. */
export function asText(template: Template): { readonly text: string; readonly open: string | null } {
  const open = template.find((part) => part.kind !== 'text');
  const text = template.map((part) => (part.kind === 'text' ? part.text : '')).join('');
  return { text, open: open?.name ?? null };
}

/** A template as text that reads back as the same. */
export function printTemplate(template: Template): string {
  return template
    .map((part) => {
      if (part.kind === 'text') return part.text.replaceAll('$', '$$$$');
      if (part.kind === 'variable') return `\${${part.name}}`;
      return `\${${part.name}${part.operator}${printTemplate(part.argument)}}`;
    })
    .join('');
}

/** A variable of a template, and whether nothing can be made of the template without it. */
export interface Use {
  readonly name: string;
  readonly required: boolean;
}

/** Every variable of a template; one within an argument is needed only if that argument is. */
export function variablesOf(template: Template): readonly Use[] {
  return template.flatMap((part): readonly Use[] => {
    if (part.kind === 'text') return [];
    if (part.kind === 'variable') return [{ name: part.name, required: true }];
    const inner = variablesOf(part.argument).map(({ name }) => ({ name, required: false }));
    return [{ name: part.name, required: part.operator.endsWith('?') }, ...inner];
  });
}

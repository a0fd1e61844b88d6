/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

/** Stands where a secret stood: shorter than any known value that is looked for. */
const blank = '***';

/** Known values that are shorter are not looked for: they would be found in ordinary words. */
export const valueLengthLeast = 4;

/** How long a private key without an end is believed to be one, in lines. */
const keyLinesMost = 200;

/** What a secret looks like, whoever's it is: what stands around it is kept. */
const forms: readonly (readonly [RegExp, string])[] = [
  [/\b(drays?_)[\w-]{16,}/g, `$1${blank}`],
  [
    /((?:proxy-)?authorization|x-registry-auth)(["']?\s{0,8}[:=]\s{0,8}[["']{0,2}\s{0,8}(?:(?:bearer|basic|token|negotiate)\s+)?)[^\s"',;\]]+/gi,
    `$1$2${blank}`,
  ],
  [/\b((?:bearer|basic)\s+)[\w.~+/=-]{16,}/gi, `$1${blank}`],
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"'<>]+@/gi, `$1${blank}@`],
  [/(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[^]*?(-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, `$1${blank}$2`],
];

/** Whether a value is looked for: of several lines, at least one. */
export function isFindable(value: string): boolean {
  return linesOf(value).some((line) => line.length >= valueLengthLeast);
}

function linesOf(value: string): readonly string[] {
  return value.split(/\r?\n/);
}

/**
 * Makes a function that takes out the known values, as given, percent-encoded (as in URLs and forms), escaped as in a
 * JSON string, and inside any base64 (RFC 4648, both alphabets); Drayage's own tokens, credentials in Authorization
 * headers, the user part of URLs, and private keys (RFC 7468). A value that is cut by the end of the text, encoded
 * twice, or encoded otherwise (hexadecimal, compressed) is not found; nor is one shorter than 4 characters. Of a value
 * of several lines each line is a value.
 */
export function createRedactor(values: Iterable<string>): Redact {
  const known = [...new Set([...values].flatMap(linesOf))]
    .filter((value) => value.length >= valueLengthLeast)
    .toSorted((a, b) => b.length - a.length);
  const patterns = known.map((value) => new RegExp(encodingsOf(value).join('|'), 'g'));
  return (text) => {
    const free = patterns.reduce((before, pattern) => before.replace(pattern, blank), text);
    return forms.reduce((before, [form, instead]) => before.replace(form, instead), free);
  };
}

/** The same for lines that come one after the other: a private key is followed over them, from its first line on. */
export function createLineRedactor(redact: Redact): Redact {
  let keyLines = 0;
  return (line) => {
    if (keyLines > 0) {
      const isEnd = /-----END [A-Z ]{0,40}PRIVATE KEY-----/.test(line);
      keyLines = isEnd || keyLines >= keyLinesMost ? 0 : keyLines + 1;
      return isEnd ? redact(line.replace(/^[^]*?(?=-----END )/, blank)) : blank;
    }
    const begin = line.lastIndexOf('-----BEGIN ');
    const opened = begin < 0 ? '' : line.slice(begin);
    if (/^-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/.test(opened) && !opened.includes('-----END ')) keyLines = 1;
    return redact(line);
  };
}

/** Regular expressions that find a value, none of which can match a text in two ways. */
function encodingsOf(value: string): readonly string[] {
  const characters = Array.from(value);
  return [
    characters.map(literal).join(''),
    characters.map(percentEncoded).join(''),
    characters.map(jsonEscaped).join(''),
    ...base64Parts(value),
  ];
}

function literal(character: string): string {
  return character.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

/** Each character may stand as itself or be encoded: encoders do not agree on which need it (RFC 3986, section 2). */
function percentEncoded(character: string): string {
  const bytes = [...new TextEncoder().encode(character)];
  const encoded = bytes.map((byte) => `%${eitherCase(byte.toString(16).padStart(2, '0'))}`).join('');
  if (character === '%') return encoded; // as itself only where nothing is encoded
  return `(?:${[encoded, literal(character), ...(character === ' ' ? [String.raw`\+`] : [])].join('|')})`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
};

/** Each character may stand as itself, but for those that must be escaped (RFC 8259, section 7). */
function jsonEscaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  const escaped = units.map((unit) => String.raw`\\u` + eitherCase(unit.toString(16).padStart(4, '0'))).join('');
  const short = shortEscapes[character];
  const mayBePlain = character !== '"' && character !== '\\';
  const ways = [
    escaped,
    ...(short === undefined ? [] : [String.raw`\\` + literal(short)]),
    ...(mayBePlain ? [literal(character)] : []),
  ];
  return `(?:${ways.join('|')})`;
}

function eitherCase(hex: string): string {
  return hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/**
 * What every base64 text that holds the value has in common: by how many bytes stand before it, modulo 3, its own bits
 * begin at another bit; what it shares a character with is left out.
 */
function base64Parts(value: string): readonly string[] {
  const bytes = new TextEncoder().encode(value);
  const parts = [0, 1, 2].map((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
    const firstWhole = Math.ceil((before * 8) / 6);
    const endWhole = Math.floor((shifted.length * 8) / 6);
    return shifted.toString('base64').slice(firstWhole, endWhole);
  });
  return parts.map((part) =>
    literal(part)
      .replaceAll(String.raw`\+`, '[+-]')
      .replaceAll(String.raw`\/`, '[/_]'),
  );
}

import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../core/document/duration.ts';
import { scopePattern } from '../core/access.ts';
import { secretNameHint, secretNamePattern } from '../core/secret.ts';
import { namePattern, versionPattern } from '../core/name-patterns.ts';

/** Pairs from repeated options, in the order given. */
export type Pairs = Readonly<Record<string, string>>;

/** Parses `KEY=VALUE` and adds it; the same key twice is refused. */
export function addPair(text: string, before: Pairs = {}): Pairs {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It is KEY=VALUE.');
  const key = text.slice(0, at);
  if (Object.hasOwn(before, key)) throw new InvalidArgumentError(`${key} is given twice.`);
  return { ...before, [key]: text.slice(at + 1) };
}

/** Parses `SERVICE=VERSION` and adds it. */
export function addVersion(text: string, before: Pairs = {}): Pairs {
  const at = text.indexOf('=');
  if (at < 1 || !namePattern.test(text.slice(0, at)) || !versionPattern.test(text.slice(at + 1))) {
    throw new InvalidArgumentError('It is SERVICE=VERSION, such as cart=1.4.2.');
  }
  return addPair(text, before);
}

/** Adds a text to a list. */
export function addText(text: string, before: readonly string[] = []): readonly string[] {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  return [...before, text];
}

/** Adds a name to a list. */
export function addName(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parseName(text)];
}

/** Adds a name, or the beginning of names followed by `*`, to a list. */
export function addPattern(text: string, before: readonly string[] = []): readonly string[] {
  if (!scopePattern.test(text)) {
    throw new InvalidArgumentError("It is a name, or the beginning of names and a star, such as 'pr-*'.");
  }
  return [...before, text];
}

export function parseName(text: string): string {
  if (!namePattern.test(text)) {
    throw new InvalidArgumentError('A name is 1 to 40 of a-z, 0-9 and -, not at the ends.');
  }
  return text;
}

export function parseSecretName(text: string): string {
  if (!secretNamePattern.test(text)) throw new InvalidArgumentError(`A name is ${secretNameHint}.`);
  return text;
}

export function parseVersion(text: string): string {
  if (!versionPattern.test(text)) {
    throw new InvalidArgumentError('A version is 1 to 64 of letters, digits, _ . -, not starting with . or -');
  }
  return text;
}

/** A release as it is written. */
export interface NamedRelease {
  readonly service: string;
  readonly version: string;
}

/** `SERVICE@VERSION`. */
export function parseRelease(text: string): NamedRelease {
  const at = text.indexOf('@');
  const [service, version] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  if (!namePattern.test(service) || !versionPattern.test(version)) {
    throw new InvalidArgumentError('A release is written service@version, such as cart@1.4.2.');
  }
  return { service, version };
}

/** A duration above nothing, such as `90s` or `1h30m`, in milliseconds. */
export function parseTimeout(text: string): number {
  const parsed = parseDuration(text);
  if (!('value' in parsed) || parsed.value === 0) {
    throw new InvalidArgumentError('It is a number and a unit, such as 90s, 10m or 1h30m.');
  }
  return parsed.value;
}

/** When something ends: so many milliseconds from now, or at a moment. */
export type Expiry = { readonly afterMs: number } | { readonly at: number };

const dayMs = 24 * 3_600_000;

/** `30d`, `12h`, or a date or moment of ISO 8601; a date alone is its beginning in UTC. */
export function parseExpiry(text: string): Expiry {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  if (days !== undefined && Number(days) > 0) return { afterMs: Number(days) * dayMs };
  const parsed = parseDuration(text);
  if ('value' in parsed && parsed.value > 0) return { afterMs: parsed.value };
  const isMoment = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text);
  const at = isMoment ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) {
    throw new InvalidArgumentError('It is such as 30d, 12h, 2027-01-31 or 2027-01-31T12:00:00Z.');
  }
  return { at };
}

/** The address under which people reach the server: scheme, host and port. */
export function parsePublicUrl(text: string): string {
  const url = URL.parse(text);
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === null || !isHttp || `${url.origin}/` !== url.href) {
    throw new InvalidArgumentError('It is scheme, host and port alone, such as https://drayage.example.com.');
  }
  return url.origin;
}

/** A whole number within limits. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** `HOST:PORT`, `[IPv6]:PORT`. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) {
    throw new InvalidArgumentError('It is HOST:PORT, such as 127.0.0.1:4400.');
  }
  return { host, port: Number(port) };
}

/** An idempotency key: 1 to 200 printable ASCII characters. */
export function parseKey(text: string): string {
  if (!/^[\x21-\x7e]{1,200}$/.test(text)) {
    throw new InvalidArgumentError('It is 1 to 200 printable ASCII characters without spaces.');
  }
  return text;
}

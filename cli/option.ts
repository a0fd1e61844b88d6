import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../core/document/duration.ts';
import { namePattern, versionPattern } from '../core/names.ts';

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

/** Adds a name to a list. */
export function addName(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parseName(text)];
}

export function parseName(text: string): string {
  if (!namePattern.test(text)) {
    throw new InvalidArgumentError('A name is 1 to 40 of a-z, 0-9 and -, not at the ends.');
  }
  return text;
}

export function parseVersion(text: string): string {
  if (!versionPattern.test(text)) {
    throw new InvalidArgumentError('A version is 1 to 64 of letters, digits, _ . -, not starting with . or -');
  }
  return text;
}

/** A duration above nothing, such as `90s` or `1h30m`, in milliseconds. */
export function parseTimeout(text: string): number {
  const parsed = parseDuration(text);
  if (!('value' in parsed) || parsed.value === 0) {
    throw new InvalidArgumentError('It is a number and a unit, such as 90s, 10m or 1h30m.');
  }
  return parsed.value;
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

import type { JsonObject, Json } from '../core/json.ts';

const blank = '[redacted]';

/** Names whose values are secrets, whatever they look like. */
const secretNames = /^(?:authorization|proxy-authorization|x-registry-auth|cookie|set-cookie|password|passwd|secret)$/i;

/** What a secret looks like: ours by their prefix, those of others by where they stand. */
const secretForms: readonly (readonly [RegExp, string])[] = [
  [/\bdray_[\w-]{20,}/g, `dray_${blank}`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${blank}`],
  [/([?&#](?:token|code|secret|password|signature)=)[^\s&"']+/gi, `$1${blank}`],
  [/(\/\/[^\s/:@"']*:)[^\s/@"']+@/g, `$1${blank}@`],
];

/** The same text or facts with everything blanked out that has the name or the form of a secret. */
export function withoutSecrets<T extends string | JsonObject>(of: T): T;
export function withoutSecrets(of: string | JsonObject): Json {
  return blanked(of);
}

function blanked(value: Json): Json {
  if (typeof value === 'string') return blankedText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(blanked);
  const members = Object.entries(value).map(([name, member]) => [
    name,
    secretNames.test(name) && member !== null ? blank : blanked(member),
  ]);
  return Object.fromEntries(members) as JsonObject;
}

function blankedText(text: string): string {
  return secretForms.reduce((before, [form, instead]) => before.replace(form, instead), text);
}

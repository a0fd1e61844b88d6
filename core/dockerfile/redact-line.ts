import type { Dockerfile } from './instruction.ts';

const secretName =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PASS|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY|CREDENTIALS?|AUTH)(?:$|_)/;
const harmlessEnd = /_(?:FILE|PATH|DIR|URL|URI|NAME|TTL|LENGTH|EXPIRY|EXPIRES|ENABLED|TYPE|MODE|METHOD|HOST|PORT|ID)$/;

/** Values that are secret whatever they are called: tokens of well-known services, private keys, passwords in addresses. */
const secretValues: readonly RegExp[] = [
  /\bgh[pousr]_[A-Za-z0-9]{20,255}/g,
  /\bgithub_pat_\w{20,255}/g,
  /\bglpat-[\w-]{16,255}/g,
  /\bnpm_[A-Za-z0-9]{30,255}/g,
  /\bAKIA[A-Z0-9]{16}\b/g,
  /\bxox[abprs]-[\w-]{10,255}/g,
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/g,
  /(?<=\/\/[^\s/:@$]{1,100}:)[^\s/@$]{1,200}(?=@)/g,
];

/** Whether the name of a variable says that its value is secret. */
export function isSecretName(name: string): boolean {
  const upper = name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
  return secretName.test(upper) && !harmlessEnd.test(upper);
}

/** Whether a text holds what is secret by its form. */
export function holdsSecret(text: string): boolean {
  return secretValues.some((pattern) => text.search(pattern) !== -1);
}

/** Whether a value is there, and is no reference to a variable. */
export function isLiteral(value: string | null): value is string {
  return value !== null && value !== '' && !value.startsWith('$');
}

/** What takes the values of secrets out of any text that shows a Dockerfile; null: one that could not be read. */
export function redactorOf(dockerfile: Dockerfile | null): (text: string) => string {
  const values = new Set<string>();
  for (const { instruction } of dockerfile?.entries ?? []) {
    const of = instruction.content.keyword === 'ONBUILD' ? instruction.content.trigger : instruction.content;
    if (of.keyword !== 'ENV' && of.keyword !== 'ARG' && of.keyword !== 'LABEL') continue;
    for (const { name, value, rawValue } of of.pairs) {
      if (!isSecretName(name) || !isLiteral(value)) continue;
      values.add(rawValue);
      // A value that goes on over several lines stands on none of them as a whole.
      const isWhole = instruction.source.includes(rawValue);
      const lines = isWhole ? [] : instruction.source.split('\n').map((line) => line.trim());
      for (const line of lines) values.add(line);
    }
  }
  const known = [...values].filter((value) => value !== '').toSorted((a, b) => b.length - a.length);
  return (text) => {
    let shown = text
      .replaceAll(/\b(\w{1,100})=("[^"\n]*"|'[^'\n]*'|[^\s"'$]+)/g, (all, name: string) => hidden(all, name, '='))
      .replaceAll(
        /^([ \t]*(?:ONBUILD[ \t]+)?(?:ENV|LABEL))([ \t]{1,100})(\w{1,100})[ \t]{1,100}[^\n]+/gim,
        (all, keyword: string, space: string, name: string) => hidden(all, name, ' ', keyword + space),
      );
    for (const value of known) shown = shown.replaceAll(value, '***');
    for (const pattern of secretValues) shown = shown.replaceAll(pattern, '***');
    return shown;
  };
}

function hidden(all: string, name: string, between: string, before = ''): string {
  return isSecretName(name) ? `${before}${name}${between}***` : all;
}

import { createRedactor } from '../redact.ts';

/** The longest text that is taken from a builder or an image. */
const charactersMost = 1_000;

const redact = createRedactor([]);

/**
 * Text from a builder, an image or a report, as it may be kept for ever: one line, well formed, cut at `most` characters,
 * without what looks like a credential. Null when nothing is left.
 */
export function keptText(text: string | undefined, most = charactersMost): string | null {
  if (text === undefined) return null;
  // A longer text is cut first, so that a hostile one costs no more.
  const line = text
    .slice(0, 2 * most)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  const kept = redact(line).slice(0, most).toWellFormed();
  return kept === '' ? null : kept;
}

/** An http or https address without user, password and query, in which tokens travel; null when it is none. */
export function keptUrl(text: string | undefined): string | null {
  const url = text === undefined ? null : URL.parse(text.slice(0, 2 * charactersMost));
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  url.username = '';
  url.password = '';
  url.search = '';
  return keptText(url.href);
}

/** The address of a file on whatever machine it names, without query and fragment; null when it is none. */
export function keptFileUrl(text: string | undefined): string | null {
  const url = text === undefined ? null : URL.parse(text.slice(0, 2 * charactersMost));
  return url?.protocol === 'file:' && url.pathname !== '/' ? keptText(`file://${url.host}${url.pathname}`) : null;
}

/** The address of a git repository in any form that git takes, without credentials; null when it is empty. */
export function keptRepository(text: string | undefined): string | null {
  const url = keptUrl(text);
  if (url !== null) return url.replace(/\/$/, '');
  const line = keptText(text);
  if (line === null) return null;
  // The user of ssh:// and of the scp form is no person's name but `git`, nearly always; a password never belongs there.
  return line.replace(/^(ssh:\/\/)[^@/]*@/, '$1').replace(/^[^@/:]*@(?=[^/]*:)/, '');
}

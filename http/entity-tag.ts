import { sha256 } from '../core/hash.ts';

/**
 * The entity tag of a body (RFC 9110, section 8.8.3). Weak: the same document is sent plain and compressed, and what it
 * says counts, not its bytes.
 */
export function entityTag(body: string): string {
  return `W/"${sha256(body)}"`;
}

/** Whether an If-None-Match header names the tag, by weak comparison (RFC 9110, section 13.1.2). */
export function namesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return (ifNoneMatch.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? []).some((it) => opaque(it) === opaque(tag));
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, '');
}

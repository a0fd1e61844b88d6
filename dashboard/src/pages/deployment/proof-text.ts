/** What a receipt says of the checkpoint that it ends with. Nothing of it is verified. */
export interface ReadProof {
  /** Which ledger signed it. */
  readonly origin: string;
  /** So many entries, from the first. */
  readonly size: number;
  /** The root of the tree over them, in base64. */
  readonly root: string;
}

/** Reads a C2SP tlog-proof as far as people want to see it; null when it is none. */
export function readProof(text: string): ReadProof | null {
  const end = text.indexOf('\n\n');
  if (end < 0 || !text.startsWith('c2sp.org/tlog-proof@v1\n')) return null;
  const [origin = '', size = '', root = ''] = text.slice(end + 2).split('\n');
  return origin === '' || !/^[0-9]{1,16}$/.test(size) || root === '' ? null : { origin, size: Number(size), root };
}

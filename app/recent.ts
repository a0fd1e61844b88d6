/** Remembers what was kept last, in memory that does not grow. */
export interface Recent<K, V> {
  get(key: K): V | undefined;
  keep(key: K, value: V): void;
}

/**
 * Keeps the last `most` values at least and twice as many at most. What is old goes all at once, so that neither call
 * ever looks for the oldest.
 */
export function createRecent<K, V>(most: number): Recent<K, V> {
  let young = new Map<K, V>();
  let old = new Map<K, V>();
  return {
    get: (key) => young.get(key) ?? old.get(key),
    keep(key, value) {
      young.set(key, value);
      if (young.size < most) return;
      old = young;
      young = new Map();
    },
  };
}

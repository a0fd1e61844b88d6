import type { JsonObject } from './json.ts';
import { isKeyChange } from './tree/key-change.ts';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from './tree/note.ts';

/** A key that an audit trusts. */
export interface KnownKey {
  /** As C2SP signed-note writes verifier keys. */
  readonly key: string;
  /** `given` by the user; `first-use`: no key was given, and the ledger names this one first; `handed-over`. */
  readonly because: 'given' | 'first-use' | 'handed-over';
  /** The entry that names it; null when none does. */
  readonly sequence: number | null;
}

interface KeyChange {
  readonly sequence: number;
  readonly key: VerifierKey;
  readonly previous: VerifierKey | null;
  /** Whether the key before itself said that this one follows. */
  readonly isHandedOver: boolean;
}

/** Which keys are trusted, as a ledger names them. */
export interface KeyRing {
  /** Takes in an entry of the kind `signing-key-changed`. */
  learn(sequence: number, payload: JsonObject): void;
  /** `provenSize`: how many entries, from the first, a checkpoint of a key that is trusted without it proves. */
  trusted(provenSize?: number): readonly VerifierKey[];
  known(provenSize?: number): readonly KnownKey[];
}

/**
 * Trust goes from key to key by what the key before signed when it handed over. It goes back, so that an old receipt can
 * be read with the newest key, only within entries that are proven already: anybody can hand over to a key that is not
 * theirs. A key that the ledger names without that word is trusted only when the user gave it, or
 * when it is the very first one and the user gave none.
 */
export function createKeyRing(given: readonly VerifierKey[]): KeyRing {
  const changes: KeyChange[] = [];

  function known(provenSize: number): readonly (KnownKey & { readonly verifier: VerifierKey })[] {
    const [first] = changes;
    const sequenceOf = (key: string) => changes.find((each) => formatVerifierKey(each.key) === key)?.sequence ?? null;
    const make = (verifier: VerifierKey, because: KnownKey['because']) => {
      const key = formatVerifierKey(verifier);
      return { key, because, sequence: sequenceOf(key), verifier };
    };
    const roots = given.map((verifier) => make(verifier, 'given'));
    if (given.length === 0 && first !== undefined) roots.push(make(first.key, 'first-use'));
    const all = new Map(roots.map((each) => [each.key, each]));
    const handed = changes.flatMap(({ key, previous, isHandedOver, sequence }) =>
      isHandedOver && previous !== null ? [{ from: previous, to: key, sequence }] : [],
    );
    const proven = handed.filter(({ sequence }) => sequence <= provenSize).toReversed();
    // Forward in the order of the entries, then backward: a chain of keys is walked to both of its ends.
    for (const { from, to } of [...handed, ...proven.map(({ from: to, to: from }) => ({ from, to }))]) {
      const key = formatVerifierKey(to);
      if (all.has(formatVerifierKey(from)) && !all.has(key)) all.set(key, make(to, 'handed-over'));
    }
    return [...all.values()];
  }
  return {
    learn(sequence, payload) {
      const key = readKey(payload['key']);
      if (key === null) return;
      const previous = readKey(payload['previous']);
      const handover = payload['handover'];
      const isHandedOver = previous !== null && typeof handover === 'string' && isKeyChange(handover, previous, key);
      changes.push({ sequence, key, previous, isHandedOver });
    },
    trusted: (provenSize = 0) => known(provenSize).map(({ verifier }) => verifier),
    known: (provenSize = 0) => known(provenSize).map(({ key, because, sequence }) => ({ key, because, sequence })),
  };
}

function readKey(value: unknown): VerifierKey | null {
  return typeof value === 'string' ? parseVerifierKey(value) : null;
}

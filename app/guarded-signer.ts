import type { Fault } from '../core/fault.ts';
import type { Signer } from '../port/signer.ts';

/** A signer that publishes nothing while there is a reason not to. */
export interface GuardedSigner extends Signer {
  /** Lets a key of this name publish all the same: that of the ledger which a recovery makes. */
  allow(name: string): void;
}

/** The same signer, which refuses to publish whenever there is a reason. */
export function guardSigner(signer: Signer, reason: () => Fault | null): GuardedSigner {
  let allowed: string | null = null;
  return {
    key: () => signer.key(),
    sign: (text) => signer.sign(text),
    published: (signal) => signer.published(signal),
    async publish(note, signal) {
      const fault = reason();
      if (fault !== null && signer.key().name !== allowed) throw fault;
      await signer.publish(note, signal);
    },
    prepareNext: (name, signal) => signer.prepareNext(name, signal),
    next: () => signer.next(),
    useNext: (signal) => signer.useNext(signal),
    allow(name) {
      allowed = name;
    },
  };
}

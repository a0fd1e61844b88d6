import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sha256 } from '../../core/hash.ts';
import type { Clock } from '../../port/clock.ts';
import type { Logger } from '../../port/logger.ts';
import { verifierKey } from '../../core/tree/note.ts';
import type { InspectedImage, Registry } from '../../port/registry.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { SignatureVerifier } from '../../port/signatures.ts';
import type { Signer } from '../../port/signer.ts';

/** An environment in which nobody keeps a secret. */
export const noSecrets: Pick<Secrets, 'newest'> = {
  newest: async () => await Promise.resolve({ newest: new Map(), revoked: new Set(), untold: new Map() }),
};

/** Nobody's signature counts. */
export const nobodySigns: SignatureVerifier = {
  open: async () =>
    await Promise.resolve({ known: () => null, verify: () => ({ kind: 'invalid', why: 'nobody signs here' }) }),
};

/** A registry that knows every image; the digest follows from the reference. */
export const knowingRegistry: Registry = {
  resolve: async (reference) => ({ resolved: `${reference}@sha256:${sha256(reference)}`, hasHealthCheck: true }),
  inspect: async (resolved) => inspected(resolved),
  artifacts: async () => ({ asked: [], documents: [], known: 0, passedOver: [] }),
  credentials: async () => null,
};

/** What a plain image of one layer tells of itself. */
export function inspected(resolved: string, but: Partial<InspectedImage> = {}): InspectedImage {
  const digest = resolved.split('@').at(-1) ?? resolved;
  const layer = `sha256:${sha256(`layer of ${digest}`)}`;
  return {
    digest,
    manifest: digest,
    config: `sha256:${sha256(`configuration of ${digest}`)}`,
    platform: 'linux/amd64',
    createdAt: 1_790_000_000_000,
    entrypoint: ['/bin/app'],
    command: [],
    user: null,
    healthCheck: ['CMD', '/bin/app', 'health'],
    labels: {},
    annotations: {},
    layers: 1,
    chain: layer,
    diffIds: [layer],
    history: [],
    base: null,
    tags: { kind: 'known', value: { tags: ['latest'], lookedAt: 1, listed: 1 }, source: 'tags' },
    ...but,
  };
}

/** Real time, made so many times as fast: what takes a minute of the engine's time takes a moment of the test's. */
export function fastClock(times: number): Clock {
  const start = Date.now();
  const passed = () => performance.now() * times;
  const offset = passed();
  return {
    now: () => Math.floor(start + passed() - offset),
    monotonic: passed,
    sleep: (ms, signal) => delay(ms / times, undefined, { signal }),
    // As long as in real time: a deadline is no part of what is tested faster.
    timeout: (ms) => AbortSignal.timeout(ms),
  };
}

/** Keeps what was logged as an error, so that a test can see that nothing was. */
export function listeningLogger(): Logger & { readonly errors: readonly string[] } {
  const errors: string[] = [];
  return {
    errors,
    info: () => undefined,
    warn: () => undefined,
    error: (message, facts) => errors.push(`${message} ${JSON.stringify(facts ?? {})}`),
  };
}

/** A key in memory, the same for the same number, and the checkpoint that it signed last. */
export function memorySigner(name: string): Signer {
  let published: string | null = null;
  let number = 0;
  let key = keyOfNumber(name, number);
  let next: ReturnType<typeof keyOfNumber> | null = null;
  return {
    key: () => key.verifier,
    sign: (text) => sign(null, Buffer.from(text), key.privateKey),
    next: () => next?.verifier ?? null,
    published: async () => await Promise.resolve(published),
    publish: async (note) => {
      published = await Promise.resolve(note);
    },
    prepareNext: async (nextName) => {
      if (next?.verifier.name !== nextName) next = keyOfNumber(nextName, ++number);
      return await Promise.resolve(next.verifier);
    },
    useNext: async () => {
      if (next !== null) [key, next] = [next, null];
      return await Promise.resolve();
    },
  };
}

/** The Ed25519 key whose seed is the number (RFC 8410, section 7: PKCS #8 before the 32 bytes). */
function keyOfNumber(name: string, number: number) {
  const seed = Buffer.alloc(32, number);
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { privateKey, verifier: verifierKey(name, Uint8Array.from(publicKey)) };
}

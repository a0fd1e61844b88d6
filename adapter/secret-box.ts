import { randomBytes } from 'node:crypto';
import { Fault } from '../core/fault.ts';
import type { SecretBox, SecretPlace } from '../port/secrets.ts';
import { makeMaster, makeSecretKeys, readSecretKeys, replaceSecretKeys, type SecretKeys } from './secret-keys.ts';
import { identify, seal, unseal } from './secret-seal.ts';

/** How many characters the id of a master key has: it stands before what the key wraps. */
const idLength = 18;

/**
 * Envelope encryption with master keys in a file, which is read anew each time: who puts the right one back needs no
 * restart. Keys and values are overwritten in memory as soon as they are not needed; copies that the runtime made are not.
 */
export function createSecretBox(path: string): SecretBox {
  const keys = async () => (await readSecretKeys(path)) ?? missing(path);
  function unwrap({ masters }: SecretKeys, place: SecretPlace, wrapped: Uint8Array): Buffer {
    const id = Buffer.from(wrapped.subarray(0, idLength)).toString('latin1');
    const master = masters.find((one) => one.id === id);
    if (master === undefined) throw otherKey(path, place, id);
    const key = unseal(master.key, partsOf('key', place), wrapped.subarray(idLength));
    if (key === null) throw broken(place);
    return key;
  }
  return {
    async key(mayMake, signal) {
      signal.throwIfAborted();
      const found = mayMake ? ((await readSecretKeys(path)) ?? (await makeSecretKeys(path))) : await keys();
      return masterOf(found).id;
    },
    async seal(place, value, signal) {
      signal.throwIfAborted();
      const found = await keys();
      const key = randomBytes(32);
      try {
        return { sealed: seal(key, partsOf('value', place), value), wrapped: wrap(found, place, key) };
      } finally {
        key.fill(0);
      }
    },
    async open(place, { sealed, wrapped }, signal) {
      signal.throwIfAborted();
      const key = unwrap(await keys(), place, wrapped);
      try {
        const value = unseal(key, partsOf('value', place), sealed);
        if (value === null) throw broken(place);
        return value;
      } finally {
        key.fill(0);
      }
    },
    async rewrap(place, wrapped, signal) {
      signal.throwIfAborted();
      const found = await keys();
      const key = unwrap(found, place, wrapped);
      try {
        return wrap(found, place, key);
      } finally {
        key.fill(0);
      }
    },
    async identify(place, value, signal) {
      signal.throwIfAborted();
      return identify((await keys()).names, place, value);
    },
    async addKey(signal) {
      signal.throwIfAborted();
      return await addMaster(path, await keys());
    },
    async dropOldKeys(signal) {
      signal.throwIfAborted();
      const { names, masters } = await keys();
      if (masters.length > 1) await replaceSecretKeys(path, { names, masters: masters.slice(-1) });
    },
  };
}

/** What an earlier attempt began is gone on with. */
async function addMaster(path: string, { names, masters }: SecretKeys): Promise<string> {
  const begun = masters.length > 1 ? masters.at(-1) : undefined;
  if (begun !== undefined) return begun.id;
  const made = makeMaster();
  await replaceSecretKeys(path, { names, masters: [...masters, made] });
  return made.id;
}

function wrap(keys: SecretKeys, place: SecretPlace, key: Uint8Array): Uint8Array {
  const master = masterOf(keys);
  return Buffer.concat([Buffer.from(master.id, 'latin1'), seal(master.key, partsOf('key', place), key)]);
}

function masterOf({ masters }: SecretKeys) {
  const master = masters.at(-1);
  if (master === undefined) throw new Error('a key file holds a master key');
  return master;
}

function partsOf(what: 'key' | 'value', { environment, secret, version }: SecretPlace): readonly string[] {
  return ['drayage', what, environment, secret, String(version)];
}

function missing(path: string): never {
  throw new Fault('secret.key-missing', `The key file ${path} is not there, and secrets were sealed with it.`, {
    facts: { path },
    next: 'Put the file back, from where it is kept apart from the backups; without it, set every secret anew.',
  });
}

function otherKey(path: string, { environment, secret, version }: SecretPlace, id: string): Fault {
  return new Fault(
    'secret.key-wrong',
    `${secret} version ${version} of ${environment} was sealed under the key ${/^k-[0-9a-f]{16}$/.test(id) ? id : '(none)'}, which ${path} does not hold.`,
    {
      facts: { path, environment, secret, version },
      next: 'Put the right key file back, from where it is kept apart from the backups.',
    },
  );
}

function broken({ environment, secret, version }: SecretPlace): Fault {
  return new Fault(
    'secret.broken',
    `${secret} version ${version} of ${environment} does not open: its bytes were changed.`,
    {
      facts: { environment, secret, version },
      next: 'Set the secret anew, and deploy: dray secret set ENVIRONMENT NAME.',
    },
  );
}

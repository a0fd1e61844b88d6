import { resolve } from 'node:path';
import { secretBytesMost } from '../core/secret.ts';
import { unreachable } from '../core/unreachable.ts';
import type { SecretSources } from '../port/secrets.ts';
import { readWhole } from './secret-file.ts';
import { readSops } from './sops/sops.ts';
import { readVault } from './vault.ts';

/** Secrets kept outside; paths are resolved against the folder of the platform document. */
export function createSecretSources(folder: string): SecretSources {
  const at = (path: string) => resolve(folder, path);
  return {
    async read(source, version, signal) {
      switch (source.kind) {
        case 'file': {
          const value = await readWhole(at(source.path), { bytesMost: secretBytesMost, what: 'a secret' }, signal);
          return { value, version: null };
        }
        case 'engine':
          throw new Error('no engine gives a secret out');
        case 'sops':
          return await readSops(source, { file: at(source.file), identity: at(source.identity) }, signal);
        case 'vault':
          return await readVault(source, at(source.token), version, signal);
        default:
          return unreachable(source);
      }
    },
  };
}

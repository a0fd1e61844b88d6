import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Fault } from '../core/fault.ts';
import { secretBytesMost } from '../core/secret.ts';
import { unreachable } from '../core/unreachable.ts';
import type { SecretSources } from '../port/secrets.ts';
import { readVault } from './vault.ts';

/** Secrets kept outside; paths are resolved against the folder of the platform document. */
export function createSecretSources(folder: string): SecretSources {
  return {
    async read(source, version, signal) {
      switch (source.kind) {
        case 'file':
          return { value: await readSecretFile(resolve(folder, source.path), signal), version: null };
        case 'engine':
          throw new Error('no engine gives a secret out');
        case 'vault':
          return await readVault(source, resolve(folder, source.token), version, signal);
        default:
          return unreachable(source);
      }
    },
  };
}

/** All of a file. A folder that is not mounted just now may come back: what is not there is a source that is silent. */
export async function readSecretFile(path: string, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted();
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size === 0 || size > secretBytesMost) throw wrongSize(path, size);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(secretBytesMost + 1), 0, secretBytesMost + 1, 0);
      if (bytesRead === 0 || bytesRead > secretBytesMost) throw wrongSize(path, bytesRead);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw unread(path, cause);
  }
}

function wrongSize(path: string, bytes: number): Fault {
  return new Fault('secret.broken', `${path} has ${bytes} bytes; a secret has 1 to ${secretBytesMost}.`, {
    facts: { path, bytes, bytesMost: secretBytesMost },
    next: 'Put the right file there.',
  });
}

function unread(path: string, cause: unknown): Fault {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EISDIR') {
    return new Fault('secret.denied', `${path} cannot be read by this server: ${code}.`, { facts: { path }, cause });
  }
  return new Fault('secret.unreachable', `${path} cannot be read now: ${code}.`, { facts: { path }, cause });
}

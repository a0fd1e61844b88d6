import { Fault } from '../core/fault.ts';
import { codeOf, readAtMost } from './whole-file.ts';

/**
 * All of a file, which has 1 to `bytesMost` bytes. A folder that is not mounted just now may come back: what is not there
 * is a source that is silent. Throws `secret.broken`, `secret.denied`, `secret.unreachable`.
 */
export async function readWhole(
  path: string,
  { bytesMost, what }: { readonly bytesMost: number; readonly what: string },
  signal: AbortSignal,
): Promise<Buffer> {
  signal.throwIfAborted();
  const wrongSize = (bytes: number) =>
    new Fault('secret.broken', `${path} has ${bytes} bytes; ${what} has 1 to ${bytesMost}.`, {
      facts: { path, bytes, bytesMost },
      next: 'Put the right file there.',
    });
  try {
    const content = await readAtMost(path, bytesMost, ({ size }) => {
      if (size === 0 || size > bytesMost) throw wrongSize(size);
    });
    if (content.length === 0 || content.length > bytesMost) throw wrongSize(content.length);
    return content;
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw unread(path, cause);
  }
}

function unread(path: string, cause: unknown): Fault {
  const code = codeOf(cause);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EISDIR') {
    return new Fault('secret.denied', `${path} cannot be read by this server: ${code}.`, { facts: { path }, cause });
  }
  return new Fault('secret.unreachable', `${path} cannot be read now: ${code}.`, { facts: { path }, cause });
}

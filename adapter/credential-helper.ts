import { spawn } from 'node:child_process';
import { z } from 'zod';
import { Fault } from '../core/fault.ts';

/** What the Docker configuration knows of a registry. An identity token is exchanged at the registry's token server. */
export type RegistryLogin =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string };

const helperMs = 5_000;
const outputBytesMost = 64 * 1024;
const answer = z.object({ Username: z.string(), Secret: z.string() });

/**
 * Asks `docker-credential-NAME get` for a login (docker/docker-credential-helpers). Null when it has none for this
 * registry. Throws `registry.denied` when the helper is missing, fails, or takes longer than 5 s.
 */
export async function askCredentialHelper(
  name: string,
  registry: string,
  signal: AbortSignal,
): Promise<RegistryLogin | null> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) throw failed(name, 'its name is not that of a program');
  const { exitCode, stdout } = await runHelper(`docker-credential-${name}`, registry, signal);
  if (exitCode !== 0) {
    if (stdout.includes('credentials not found')) return null;
    throw failed(name, `it ended with exit code ${exitCode}`);
  }
  const read = answer.safeParse(parseJson(stdout));
  if (!read.success) throw failed(name, 'its answer has no Username and Secret');
  const { Username: username, Secret: secret } = read.data;
  if (username === '' && secret === '') return null;
  // The helpers' convention for identity tokens.
  if (username === '<token>') return { kind: 'identity-token', token: secret };
  return { kind: 'password', username, password: secret };
}

async function runHelper(command: string, input: string, signal: AbortSignal) {
  signal.throwIfAborted();
  const ended = Promise.withResolvers<number | null>();
  const child = spawn(command, ['get'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(helperMs)]),
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (stdout.length > outputBytesMost) child.kill('SIGKILL');
  });
  child.stdin.on('error', () => {}); // a helper that ends without reading has an exit code that tells more
  child.on('error', ended.reject).on('close', ended.resolve);
  child.stdin.end(input);
  try {
    return { exitCode: await ended.promise, stdout };
  } catch (cause) {
    signal.throwIfAborted();
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw failed(
      command.replace('docker-credential-', ''),
      isMissing ? 'it is not on the PATH' : 'it did not answer within 5 s',
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function failed(name: string, why: string): Fault {
  return new Fault('registry.denied', `The credential helper docker-credential-${name} gave no login: ${why}.`, {
    facts: { helper: name },
    next: 'Install the helper for the user that runs the server, or sign in with `docker login`.',
  });
}

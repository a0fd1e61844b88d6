import { Fault, isFault } from '../../core/fault.ts';
import type { RegistryDefinition, RegistrySecret } from '../../core/platform.ts';
import type { OpenPassword, PasswordVersion } from '../../port/registry.ts';
import type { RegistryLogin } from '../credential-helper.ts';

/** A login, and which version of a secret was opened for it. */
export type OpenedLogin = RegistryLogin & { readonly opened: PasswordVersion | null };

/** Where the credentials of a registry come from, for people. */
export function sourceOf(
  credentials: RegistryDefinition['credentials'],
  { dockerConfig }: { readonly dockerConfig: string },
): string {
  if (credentials === 'none') return 'credentials: none';
  if (credentials === 'docker-config') return `the Docker configuration ${dockerConfig}`;
  return `the secret ${credentials.secret} of ${credentials.environment}`;
}

/** The login whose password is a secret, without a line break at its end. */
export async function secretLogin(
  { username, environment, secret }: RegistrySecret,
  registry: string,
  open: OpenPassword,
  signal: AbortSignal,
): Promise<OpenedLogin> {
  const { value, opened } = await open({ environment, secret }, registry, signal);
  const password = Buffer.from(value)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  value.fill(0);
  return { kind: 'password', username, password, opened };
}

/** Has a failure say which registry's credentials could not be had, and from where. */
export async function toldFrom<T>(host: string, source: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isFault(error)) throw error;
    const { code, message, facts, next } = error;
    throw new Fault(code, `The credentials of the registry ${host}, from ${source}: ${message}`, {
      facts: { ...facts, registry: host, source },
      ...(next === null ? {} : { next }),
      cause: error,
    });
  }
}

export function notYet(secret: string): Fault {
  return new Fault('secret.unreachable', `The secret ${secret} cannot be opened before the server has started.`);
}

import { z } from 'zod';
import { Fault } from '../../core/fault.ts';
import type { RegistryLogin } from '../credential-helper.ts';
import { parseChallenge, type Challenge } from './challenge.ts';
import { isLoopback, type RegistryRequest, type RegistryResponse, type Transport } from './transport.ts';

/** One errand at one registry: it signs in when asked to, once, and keeps that for the requests that follow. */
export interface RegistrySession {
  /** GET below `/v2/`. Throws `registry.unreachable` or `registry.denied`; 404 and other answers are the caller's. */
  get(
    path: string,
    options: { readonly accept: string; readonly bodyBytesMost: number },
    signal: AbortSignal,
  ): Promise<RegistryResponse>;
  /** HEAD below `/v2/`; throws as `get` does. */
  head(path: string, accept: string, signal: AbortSignal): Promise<RegistryResponse>;
}

export interface SessionOptions {
  readonly transport: Transport;
  /** Host as references have it; `docker.io` is asked at its registry's address. */
  readonly host: string;
  readonly repository: string;
  /** Plain HTTP; a loopback address is always spoken to so. */
  readonly insecure: boolean;
  /** Where its credentials come from, for people. */
  readonly source: string;
  /** Asked for only when the registry wants to know who asks. */
  login(signal: AbortSignal): Promise<RegistryLogin | null>;
}

const tokenBytesMost = 256 * 1024;
const tokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/** Begins an errand; nothing is sent before the first `get`. */
export function openSession(options: SessionOptions): RegistrySession {
  const base = registryUrl(options);
  let authorization: string | null = null;
  const ask = async (
    request: Pick<RegistryRequest, 'url' | 'method' | 'headers' | 'bodyBytesMost'>,
    signal: AbortSignal,
  ) => {
    const send = async () => await options.transport.send({ ...request, authorization }, signal);
    let answer = await send();
    if (answer.status === 401 && authorization === null) {
      authorization = await signIn(options, base, parseChallenge(answer.header('www-authenticate') ?? ''), signal);
      if (authorization !== null) answer = await send();
    }
    if (answer.status === 401 || answer.status === 403) throw denied(options, authorization !== null);
    if (answer.status === 429 || answer.status >= 500) throw troubled(options, answer.status);
    return answer;
  };
  return {
    get: async (path, { accept, bodyBytesMost }, signal) =>
      await ask({ url: new URL(path, base), headers: { accept }, bodyBytesMost }, signal),
    head: async (path, accept, signal) =>
      await ask({ url: new URL(path, base), method: 'HEAD', headers: { accept }, bodyBytesMost: 0 }, signal),
  };
}

function registryUrl(options: SessionOptions): URL {
  const host = options.host === 'docker.io' ? 'registry-1.docker.io' : options.host;
  const url = URL.parse(`https://${host}/v2/`);
  if (url === null)
    throw new Fault('image.unresolved', `${host} is no host of a registry.`, { facts: { registry: host } });
  if (options.insecure || isLoopback(url.hostname)) return new URL(`http://${host}/v2/`);
  return url;
}

/** The value of `Authorization` for the challenge; null when it cannot be met at all. */
async function signIn(
  options: SessionOptions,
  base: URL,
  challenge: Challenge | null,
  signal: AbortSignal,
): Promise<string | null> {
  if (challenge === null) return null;
  const login = await options.login(signal);
  if (challenge.kind === 'basic') return login?.kind === 'password' ? basic(login) : null;
  const realm = realmUrl(options, base, challenge.realm);
  const scope = `repository:${options.repository}:pull`;
  const fields = new URLSearchParams({ service: challenge.service ?? options.host, scope });
  return `Bearer ${await fetchToken(options, { realm, fields, login }, signal)}`;
}

/** The token flow of distribution (docs/spec/auth/token.md and oauth.md). */
async function fetchToken(
  options: SessionOptions,
  of: { readonly realm: URL; readonly fields: URLSearchParams; readonly login: RegistryLogin | null },
  signal: AbortSignal,
): Promise<string> {
  const { realm, fields, login } = of;
  const answer =
    login?.kind === 'identity-token'
      ? await options.transport.send(exchangeRequest(realm, fields, login.token), signal)
      : await options.transport.send(
          {
            url: withFields(realm, fields),
            authorization: login === null ? null : basic(login),
            bodyBytesMost: tokenBytesMost,
          },
          signal,
        );
  if (answer.status === 429 || answer.status >= 500) throw troubled(options, answer.status);
  const token = answer.status === 200 ? readToken(answer.body) : null;
  if (token === null) throw denied(options, login !== null);
  return token;
}

function exchangeRequest(realm: URL, fields: URLSearchParams, token: string) {
  const form = new URLSearchParams(fields);
  form.set('grant_type', 'refresh_token');
  form.set('refresh_token', token);
  form.set('client_id', 'drayage');
  return {
    url: realm,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    authorization: null,
    body: form.toString(),
    bodyBytesMost: tokenBytesMost,
  } as const;
}

/**
 * The registry chooses who is asked for tokens, so credentials go there: never over plain HTTP unless the registry
 * itself is spoken to so, and never to this machine for a registry that is elsewhere.
 */
function realmUrl(options: SessionOptions, base: URL, realm: string): URL {
  const url = URL.parse(realm);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && base.protocol === 'http:');
  if (url !== null && isSafe && (!isLoopback(url.hostname) || isLoopback(base.hostname))) return url;
  throw new Fault(
    'registry.denied',
    `The registry ${options.host} names a token server that credentials are not sent to.`,
    {
      facts: { registry: options.host, realm: realm.slice(0, 300) },
      next: 'Ask whoever runs the registry: its token server has to be reached by https.',
    },
  );
}

function withFields(realm: URL, fields: URLSearchParams): URL {
  const url = new URL(realm);
  for (const [name, value] of fields) url.searchParams.set(name, value);
  return url;
}

function readToken(body: RegistryResponse['body']): string | null {
  if (body === 'too-large') return null;
  try {
    const read = tokenAnswer.parse(JSON.parse(new TextDecoder().decode(body)));
    const token = read.token ?? read.access_token ?? '';
    return /^[\x21-\x7e]+$/.test(token) ? token : null;
  } catch {
    return null; // not JSON, or not a token's answer: as good as none
  }
}

function basic(login: Extract<RegistryLogin, { kind: 'password' }>): string {
  return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
}

function denied(options: SessionOptions, signedIn: boolean): Fault {
  const name = `${options.host}/${options.repository}`;
  const message = signedIn
    ? `The registry does not let the credentials from ${options.source} read ${name}, or it has no such repository.`
    : `The registry asks for credentials to read ${name}, and there are none for it: ${options.source}.`;
  return new Fault('registry.denied', message, {
    facts: { registry: options.host, repository: options.repository, source: options.source },
    next: `Sign in with \`docker login ${options.host}\` as the user that runs the server, and have \`credentials: docker-config\` in the platform document.`,
  });
}

function troubled(options: SessionOptions, status: number): Fault {
  const why = status === 429 ? 'has had too many requests' : `answered ${status}`;
  return new Fault('registry.unreachable', `The registry ${options.host} ${why}.`, {
    facts: { registry: options.host, status },
    next: 'Try again in a minute.',
  });
}

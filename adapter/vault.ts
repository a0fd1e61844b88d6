import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Fault } from '../core/fault.ts';
import type { JsonObject } from '../core/json.ts';
import { secretBytesMost } from '../core/secret.ts';
import type { SecretSource } from '../core/platform.ts';
import type { SourcedSecret } from '../port/secrets.ts';

type VaultSource = Extract<SecretSource, { readonly kind: 'vault' }>;

/** An answer holds all fields of a secret, escaped as JSON. */
const answerBytesMost = 8 * 1_048_576;

/** KV version 2, "Read secret version"; a version that was deleted has `data: null` and is answered with 404. */
const answer = z.object({
  data: z.object({
    data: z.record(z.string(), z.unknown()).nullable(),
    metadata: z.object({ version: z.number().int().positive() }),
  }),
});

/**
 * Reads a field of a secret from HashiCorp Vault's KV version 2 store, of a version or the newest, with the token in a
 * file, which is read each time. No fault quotes an answer.
 */
export async function readVault(
  source: VaultSource,
  tokenFile: string,
  version: string | null,
  signal: AbortSignal,
): Promise<SourcedSecret> {
  const token = await readToken(tokenFile);
  const query = version === null ? '' : `?version=${encodeURIComponent(version)}`;
  const path = `${encodePath(source.mount)}/data/${encodePath(source.path)}`;
  const { status, body } = await ask(source, `${source.address}/v1/${path}${query}`, token, signal);
  const facts = { address: source.address, mount: source.mount, path: source.path, version, status };
  const what = `${source.mount}/${source.path}${version === null ? '' : ` version ${version}`}`;
  if (status === 404) throw absent(what, version, facts);
  if (status === 400 || status === 401 || status === 403)
    throw new Fault('secret.denied', `Vault at ${source.address} does not give ${what} to this server (${status}).`, {
      facts,
      next: `Check the token in ${tokenFile} and its policy: it has to read ${source.mount}/data/${source.path}.`,
    });
  if (status !== 200)
    throw new Fault('secret.unreachable', `Vault at ${source.address} cannot answer now (${status}).`, { facts });
  const read = answer.safeParse(parse(body));
  if (!read.success) throw broken(`Vault at ${source.address} did not answer as a KV version 2 store does.`, facts);
  const { data, metadata } = read.data.data;
  if (data === null) throw absent(what, version, facts);
  const value = Object.hasOwn(data, source.field) ? data[source.field] : undefined;
  if (typeof value !== 'string') throw broken(`${what} in Vault has no text under ${source.field}.`, facts);
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.length === 0 || bytes.length > secretBytesMost)
    throw broken(`${source.field} of ${what} has ${bytes.length} bytes; a secret has 1 to ${secretBytesMost}.`, facts);
  return { value: bytes, version: String(metadata.version) };
}

async function readToken(path: string): Promise<string> {
  try {
    const token = (await readFile(path, 'utf8')).trim();
    if (/^[\x21-\x7e]{1,4096}$/.test(token)) return token;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed';
    throw new Fault('secret.unreachable', `The token file ${path} cannot be read: ${code}.`, { facts: { path } });
  }
  throw new Fault('secret.denied', `${path} holds no token.`, { facts: { path } });
}

async function ask({ address }: VaultSource, url: string, token: string, signal: AbortSignal) {
  try {
    // A redirection would carry the token to wherever it leads.
    const headers = { 'x-vault-token': token, 'x-vault-request': 'true', accept: 'application/json' };
    const got = await fetch(url, { headers, redirect: 'manual', signal });
    return { status: got.status, body: got.status === 200 ? await bounded(got) : await discarded(got) };
  } catch (cause) {
    if (cause instanceof Fault || signal.aborted) throw cause;
    const inner = cause instanceof Error ? cause.cause : undefined;
    const code = inner instanceof Error && 'code' in inner ? String(inner.code) : 'no answer';
    throw new Fault('secret.unreachable', `Vault at ${address} does not answer: ${code}.`, { facts: { address } });
  }
}

async function bounded({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body ?? []) {
    bytes += piece.length;
    if (bytes > answerBytesMost)
      throw broken(`Vault answered with more than ${answerBytesMost} bytes.`, { bytesMost: answerBytesMost });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

async function discarded({ body }: Response): Promise<string> {
  await body?.cancel();
  return '';
}

function absent(what: string, version: string | null, facts: JsonObject): Fault {
  if (version === null) return new Fault('secret.unknown', `Vault has no ${what}.`, { facts });
  return new Fault('secret.gone', `Vault has no ${what} any more.`, { facts });
}

function broken(message: string, facts: JsonObject): Fault {
  return new Fault('secret.broken', message, { facts });
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

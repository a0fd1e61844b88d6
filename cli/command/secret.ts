import { resolve } from 'node:path';
import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { secretBytesMost } from '../../core/secret.ts';
import type { Act } from '../act.ts';
import { confirmOrEnd } from '../ask.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { Interrupted, UsageError } from '../failure.ts';
import { parseName, parseSecretName, wholeNumber } from '../option.ts';
import { renderSecrets, shortNames } from '../render/secrets.ts';
import { teach } from '../teach.ts';

/** `dray secret`: the secrets of environments. Values go in, and never come out. */
export function addSecret(program: Command, act: Act): void {
  const secret = program
    .command('secret')
    .summary('set, list and revoke the secrets of environments')
    .description(
      'Sets, lists and revokes secrets. A service mounts one by its name; the next deployment takes its newest version, service by service, as it would take another release.',
    );
  addSet(secret, act);
  addList(secret, act);
  addRevoke(secret, act);
  addRotateKey(secret, act);
  teach(secret, {
    examples: [
      ['dray secret set prod cart-db-password', 'asks for the value, and shows nothing of it'],
      ['dray plan prod', 'what the new version changes'],
    ],
    exits: [0, 2, 3, 9, 11],
  });
}

interface SetOptions {
  readonly file?: string;
  readonly base?: number;
}

function addSet(secret: Command, act: Act): void {
  const command = secret
    .command('set')
    .summary('make a new version of a secret')
    .description(
      'Makes a new version of a secret: from a prompt that shows nothing, else from standard input, or from a file. Never from an argument, which every process of the machine could read.',
    )
    .argument('<environment>', 'whose it is', parseName)
    .argument('<name>', 'what services mount it by', parseSecretName)
    .option('--file <file>', 'all of this file is the value, be it text or not')
    .option(
      '--base <version>',
      'refuse when another version than this one is the newest; 0: there is none',
      wholeNumber(0, 1e9),
    )
    .action((environment: string, name: string, options: SetOptions) =>
      act(command, async (context) => await setSecret(context, { environment, name }, options)),
    );
  teach(command, {
    notes: [
      'What comes on standard input is taken as it is, byte by byte: `printf %s` adds no line break, `echo` does. A line break at its end is told of.',
      'What runs goes on with the version that it has until the next deployment, whose plan shows the change.',
    ],
    examples: [
      ['dray secret set prod cart-db-password', 'asks for it'],
      ['pwgen -s 40 1 | tr -d "\\n" | dray secret set prod cart-db-password', 'from a program'],
      ['dray secret set prod tls-key --file key.pem --base 3', 'from a file, if version 3 is the newest'],
    ],
    exits: [0, 2, 3, 9, 11, 130],
  });
}

interface Named {
  readonly environment: string;
  readonly name: string;
}

async function setSecret(context: Context, { environment, name }: Named, options: SetOptions): Promise<ExitCode> {
  const { terminal, signal } = context;
  const value = await readValue(context, { environment, name }, options);
  if (value.length === 0) throw new UsageError('The value is empty.', 'Nothing was set.');
  if (value.length > secretBytesMost) {
    throw new UsageError(
      `The value has more than ${secretBytesMost} bytes, which no engine takes.`,
      'Keep it elsewhere, and the key to it as the secret.',
    );
  }
  const endsLine = value.at(-1) === 0x0a;
  const body = { secret: name, value: value.toString('base64'), base: options.base ?? null };
  const changed = await context.client().call('setSecret', { params: { environment }, body, signal });
  value.fill(0);
  if (endsLine)
    terminal.warn('The value ends with a line break. If it should not: printf %s VALUE | dray secret set ...');
  terminal.answer(
    changed,
    `Secret ${name} of ${environment} is at version ${changed.version}. The next deployment takes it: dray plan ${environment}.`,
  );
  return exitCode.done;
}

async function readValue(context: Context, { environment, name }: Named, { file }: SetOptions): Promise<Buffer> {
  const { io, signal } = context;
  if (file !== undefined) return await readFileValue(resolve(io.folder, file), file);
  if (!io.canAsk) return await readAll(io.stdin(), signal);
  const typed = await io.askHidden(`Value of ${name} in ${environment}`, signal);
  if (typed === null) throw new Interrupted(exitCode.interrupted);
  return Buffer.from(typed, 'utf8');
}

async function readFileValue(path: string, shown: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(secretBytesMost + 1), 0, secretBytesMost + 1, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    throw new UsageError(`${shown} cannot be read: ${code}.`, 'Name a file with --file, or leave it out.');
  }
}

/** As much as a secret may have, and a byte that tells that there is more. */
async function readAll(pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Buffer> {
  const all: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    signal.throwIfAborted();
    all.push(piece);
    bytes += piece.length;
    if (bytes > secretBytesMost) break;
  }
  return Buffer.concat(all);
}

function addList(secret: Command, act: Act): void {
  const command = secret
    .command('list')
    .summary('list the secrets of an environment, without their values')
    .description(
      'Lists the secrets of an environment with their versions, and which services have them. Nothing shows a value, here or elsewhere.',
    )
    .argument('<environment>', 'whose they are', parseName)
    .action((environment: string) =>
      act(command, async (context) => {
        const { terminal, io, signal } = context;
        const { items } = await context.client().call('listSecrets', { params: { environment }, signal });
        terminal.answer(items, renderSecrets(items, terminal.style, io.now(), terminal.people.columns));
        return exitCode.done;
      }),
    );
  teach(command, {
    examples: [['dray secret list prod', 'which there are, and who has which version']],
    exits: [0, 2, 9, 11],
  });
}

function addRevoke(secret: Command, act: Act): void {
  const command = secret
    .command('revoke')
    .summary('erase the value of a version, for ever')
    .description(
      'Erases the value of one version from the data folder. What runs with it keeps it, and a rollback to it is refused from now on.',
    )
    .argument('<environment>', 'whose it is', parseName)
    .argument('<name>', 'which secret', parseSecretName)
    .argument('<version>', 'which version of it', wholeNumber(1, 1e9))
    .option('-y, --yes', 'do not ask')
    .action((environment: string, name: string, version: number, options: { readonly yes?: true }) =>
      act(command, async (context) => await revokeSecret(context, { environment, name }, version, options)),
    );
  teach(command, {
    notes: [
      'Where the newest version is revoked, the next plan takes the newest one that is left: set a new one first.',
      'Backups, and the engines that run it, are not reached: who has the version keeps it. The next plan gives them the newest one and restarts them, also with --restart never.',
    ],
    examples: [['dray secret revoke prod cart-db-password 2', 'when version 3 runs everywhere']],
    exits: [0, 2, 9, 11, 130],
  });
}

async function revokeSecret(
  context: Context,
  { environment, name }: Named,
  version: number,
  options: { readonly yes?: true },
): Promise<ExitCode> {
  const { terminal, io, signal } = context;
  if (options.yes !== true) {
    const refusal = new UsageError('Nothing is revoked unless that is confirmed.', 'Add --yes.');
    if (!io.canAsk || terminal.json) throw refusal;
    const { items } = await context.client().call('listSecrets', { params: { environment }, signal });
    const id = items.find(({ secret }) => secret === name)?.versions.find((one) => one.version === version)?.id;
    const users = items.flatMap(({ uses }) => uses.filter((use) => use.id === id)).flatMap(({ services }) => services);
    if (id !== undefined && users.length > 0) terminal.warn(stillUsed(users));
    await confirmOrEnd(context, `Erase version ${version} of ${name} of ${environment} for ever?`, refusal);
  }
  const params = { environment, secret: name, version };
  const revoked = await context.client().call('revokeSecret', { params, signal });
  if (options.yes === true && revoked.usedBy.length > 0) terminal.warn(stillUsed(revoked.usedBy));
  terminal.answer(revoked, `Version ${version} of ${name} of ${environment} is revoked: its value is erased.`);
  return exitCode.done;
}

function stillUsed(services: readonly string[]): string {
  return `${shortNames(services)} ${services.length === 1 ? 'has' : 'have'} this version and ${services.length === 1 ? 'keeps' : 'keep'} it until the next deployment, which gives out the newest one and restarts what has this one.`;
}

function addRotateKey(secret: Command, act: Act): void {
  const command = secret
    .command('rotate-key')
    .summary('seal all secrets under a new key')
    .description(
      'Makes a new master key in the key file, seals the key of every version under it, and forgets the old one. Nothing restarts.',
    )
    .action(() =>
      act(command, async (context) => {
        const { terminal, signal } = context;
        const changed = await context.client().call('rotateSecretKey', { body: {}, signal });
        terminal.answer(changed, `Secrets are sealed under the key ${changed.key}: ${changed.versions} versions.`);
        return exitCode.done;
      }),
    );
  teach(command, {
    notes: [
      'The key file is secrets.key in the data folder, or where dray serve --secret-key says. Keep a copy of the new one apart from the backups: backups from before need the old one.',
    ],
    examples: [['dray secret rotate-key', 'once a year, or when somebody may have read the file']],
    exits: [0, 1, 3, 9, 11],
  });
}

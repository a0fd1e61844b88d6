import { Option, type Command } from 'commander';
import { actions, roles, type Role } from '../../core/access.ts';
import type { TokenSummary } from '../../wire/access.ts';
import type { Act } from '../act.ts';
import { exitCode } from '../exit-code.ts';
import { addPattern, parseExpiry, type Expiry } from '../option.ts';
import { firstItems } from '../pages.ts';
import type { Style } from '../style.ts';
import { renderTable, type Cell } from '../table.ts';
import { teach } from '../teach.ts';
import { age } from '../time.ts';

/** How many tokens a list shows; beyond, the newest. */
const listedMost = 10_000;

/** `dray token`: who may use the server. */
export function addToken(program: Command, act: Act): void {
  const token = program
    .command('token')
    .summary('make, list and revoke tokens')
    .description('Makes, lists and revokes the tokens that let people and programs use the server.');
  addCreate(token, act);
  addList(token, act);
  addRevoke(token, act);
  teach(token, {
    examples: [
      ['dray token create ci --role developer --environment dev', 'a token for the build server'],
      ['dray token create wall', 'one that may only look'],
    ],
    exits: [0, 2, 9, 11],
  });
}

interface CreateOptions {
  readonly role: Role;
  readonly environment?: readonly string[];
  readonly service?: readonly string[];
  readonly expires?: Expiry;
}

function addCreate(token: Command, act: Act): void {
  const command = token
    .command('create')
    .summary('make a token; its secret is shown this once')
    .description(
      'Makes a token. Its secret is shown this once and is kept nowhere: standard output is the secret alone.',
    )
    .argument('<name>', 'whom or what it is for')
    .addOption(new Option('--role <role>', 'what it allows').choices(roles).default('viewer' satisfies Role))
    .option('--environment <environment>', "changes only there; a name or 'BEGINNING*'; may be repeated", addPattern)
    .option('--service <service>', "changes only of it; a name or 'BEGINNING*'; may be repeated", addPattern)
    .addOption(new Option('--expires <when>', 'when it ends: 30d, 12h or 2027-01-31').argParser(parseExpiry))
    .action((name: string, options: CreateOptions) =>
      act(command, async (context) => {
        const { terminal, io, signal } = context;
        const scope = { environments: listOf(options.environment), services: listOf(options.service) };
        const expiresAt = options.expires === undefined ? null : momentOf(options.expires, io.now());
        const body = { name, role: options.role, scope, expiresAt };
        const created = await context.client().call('createToken', { body, signal });
        terminal.result(created);
        terminal.warn(`Token ${created.id} (${created.role}) for ${created.name}. Its secret is shown this once:`);
        if (!terminal.json) terminal.raw(`${created.secret}\n`);
        return exitCode.done;
      }),
    );
  teach(command, {
    notes: [
      `Every role may ${told(everyones)}.`,
      ...roles.flatMap((role) => {
        const more = told(({ roles: those }) => those.some((it) => it === role) && !everyones({ roles: those }));
        return more === '' ? [] : [`${role}: may also ${more}.`];
      }),
      'A scope limits what changes things and what reads logs of containers. An admin has none.',
    ],
    examples: [
      ['dray token create ci --role developer --expires 90d', 'prints the secret'],
      ["dray token create cart --role developer --environment 'pr-*' --service cart", 'with a scope'],
      ['DRAYAGE_TOKEN=$(dray token create me) dray status', 'uses it at once'],
    ],
    exits: [0, 2, 9, 11],
  });
}

const everyones = (of: { readonly roles: readonly Role[] }): boolean => of.roles.length === roles.length;

/** Actions as the access table says them. */
function told(isMeant: (action: { readonly roles: readonly Role[] }) => boolean): string {
  const meant = Object.values(actions).filter(isMeant);
  return meant.map(({ summary }) => summary).join('; ');
}

function listOf(names: readonly string[] | undefined): string[] | null {
  return names === undefined ? null : [...names];
}

function momentOf(expiry: Expiry, nowMs: number): number {
  return 'at' in expiry ? expiry.at : nowMs + expiry.afterMs;
}

function addList(token: Command, act: Act): void {
  const command = token
    .command('list')
    .summary('list all tokens, without their secrets')
    .description('Lists all tokens, newest first, without their secrets.')
    .option('--sessions', 'the browsers that signed in, instead of the tokens')
    .action((options: { readonly sessions?: true }) =>
      act(command, async (context) => {
        const { terminal, io, signal } = context;
        const use = options.sessions === true ? 'session' : 'api';
        const items = await firstItems(listedMost, (page) =>
          context.client().call('listTokens', { query: { use, ...page }, signal }),
        );
        terminal.answer(items, renderTokens(items, terminal.style, io.now(), terminal.people.columns));
        return exitCode.done;
      }),
    );
  teach(command, {
    examples: [
      ['dray token list', 'who may use the server'],
      ['dray token list --sessions', 'which browsers are signed in'],
    ],
    exits: [0, 9, 11],
  });
}

function addRevoke(token: Command, act: Act): void {
  const command = token
    .command('revoke')
    .summary('revoke a token, for ever')
    .description(
      'Revokes a token, or the session of a browser, for ever: from now on the server refuses it. A token takes the browsers that it signed in with it.',
    )
    .argument('<token>', 'the id of the token, not its secret')
    .action((id: string) =>
      act(command, async (context) => {
        const { terminal, signal } = context;
        const revoked = await context.client().call('revokeToken', { params: { token: id }, signal });
        terminal.answer(revoked, `Token ${revoked.id} of ${revoked.name} is revoked.`);
        return exitCode.done;
      }),
    );
  teach(command, { examples: [['dray token revoke t-3', 'dray token list shows the ids']], exits: [0, 2, 9, 11] });
}

function renderTokens(tokens: readonly TokenSummary[], style: Style, nowMs: number, width: number): string {
  const rows = tokens.map((token) => [
    { text: token.id, paint: style.bold },
    token.name,
    token.role,
    scopeText(token.scope),
    age(token.createdAt, nowMs),
    token.lastUsedAt === null ? '-' : `${age(token.lastUsedAt, nowMs)} ago`,
    stateCell(token, style, nowMs),
  ]);
  const header = ['TOKEN', 'NAME', 'ROLE', 'SCOPE', 'AGE', 'LAST USED', 'STATE'];
  return renderTable(header, rows, style, { width });
}

/** `everywhere`, or what of it: `dev,pr-* / cart`, environments before services. */
function scopeText({ environments, services }: TokenSummary['scope']): string {
  if (environments === null && services === null) return 'everywhere';
  return `${environments?.join(',') ?? '*'} / ${services?.join(',') ?? '*'}`;
}

function stateCell({ revokedAt, expiresAt }: TokenSummary, style: Style, nowMs: number): Cell {
  if (revokedAt !== null) return { text: `revoked ${age(revokedAt, nowMs)} ago`, paint: style.dim };
  if (expiresAt === null) return { text: 'valid', paint: style.green };
  if (expiresAt <= nowMs) return { text: `expired ${age(expiresAt, nowMs)} ago`, paint: style.dim };
  return { text: `valid for ${age(nowMs, expiresAt)}`, paint: style.green };
}

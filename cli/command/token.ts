import { Option, type Command } from 'commander';
import type { TokenSummary } from '../../wire/admin.ts';
import type { Act } from '../act.ts';
import { exitCode } from '../exit-code.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';
import { teach } from '../teach.ts';
import { age } from '../time.ts';

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
      ['dray token create ci', 'a token for the build server'],
      ['dray token create wall --role viewer', 'one that may only look'],
    ],
    exits: [0, 2, 9, 11],
  });
}

function addCreate(token: Command, act: Act): void {
  const command = token
    .command('create')
    .summary('make a token; its secret is shown this once')
    .description(
      'Makes a token. Its secret is shown this once and is kept nowhere: standard output is the secret alone.',
    )
    .argument('<name>', 'whom or what it is for')
    .addOption(
      new Option('--role <role>', 'what it allows: everything, or looking only')
        .choices(['admin', 'viewer'])
        .default('admin'),
    )
    .action((name: string, options: { readonly role: 'admin' | 'viewer' }) =>
      act(command, async (context) => {
        const { terminal, signal } = context;
        const created = await context.client().call('createToken', { body: { name, role: options.role }, signal });
        terminal.result(created);
        terminal.warn(`Token ${created.id} (${created.role}) for ${created.name}. Its secret is shown this once:`);
        if (!terminal.json) terminal.raw(`${created.secret}\n`);
        return exitCode.done;
      }),
    );
  teach(command, {
    examples: [
      ['dray token create ci', 'prints the secret'],
      ['DRAYAGE_TOKEN=$(dray token create me) dray status', 'uses it at once'],
    ],
    exits: [0, 2, 9, 11],
  });
}

function addList(token: Command, act: Act): void {
  const command = token
    .command('list')
    .summary('list all tokens, without their secrets')
    .description('Lists all tokens, without their secrets.')
    .action(() =>
      act(command, async (context) => {
        const { terminal, io, signal } = context;
        const { items } = await context.client().call('listTokens', { signal });
        terminal.answer(items, renderTokens(items, terminal.style, io.now(), terminal.people.columns));
        return exitCode.done;
      }),
    );
  teach(command, { examples: [['dray token list', 'who may use the server']], exits: [0, 9, 11] });
}

function addRevoke(token: Command, act: Act): void {
  const command = token
    .command('revoke')
    .summary('revoke a token, for ever')
    .description('Revokes a token, for ever: from now on the server refuses it.')
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
    age(token.createdAt, nowMs),
    token.revokedAt === null
      ? { text: 'valid', paint: style.green }
      : { text: `revoked ${age(token.revokedAt, nowMs)} ago`, paint: style.dim },
  ]);
  return renderTable(['TOKEN', 'NAME', 'ROLE', 'AGE', 'STATE'], rows, style, { width });
}

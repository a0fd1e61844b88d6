import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { candidatesFor, type NameKind } from '../completion/candidates.ts';
import { filesMark } from '../completion/script.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-code.ts';
import { unreachable } from '../../core/unreachable.ts';

const serverLimitMs = 1000;

/** `dray complete`: what the completion scripts ask. Prints `word TAB help` lines; never fails. */
export function addComplete(program: Command, act: Act): void {
  const command = program
    .command('complete', { hidden: true })
    .argument('[words...]', 'the words after dray, the last being the one to complete')
    .action((words: readonly string[]) =>
      act(command, async (context) => {
        const { words: known, names, files } = candidatesFor(program, words);
        const lines = known.map(({ word, help }) => `${word}\t${help}`);
        const current = words.at(-1) ?? '';
        const found = names.length === 0 ? [] : await namesWithinLimit(context, names);
        lines.push(...found.filter((name) => name.startsWith(current)));
        if (files) lines.push(filesMark);
        if (lines.length > 0) context.terminal.raw(`${lines.join('\n')}\n`);
        return exitCode.done;
      }),
    );
}

/** No answer within a second, or none at all, is no names: a shell must not wait for a server. */
async function namesWithinLimit(context: Context, kinds: readonly NameKind[]): Promise<readonly string[]> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(serverLimitMs)]);
  const lists = await Promise.allSettled(kinds.map(async (kind) => await namesOf(context, kind, signal)));
  const names = lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : []));
  return [...new Set(names)];
}

async function namesOf(context: Context, kind: NameKind, signal: AbortSignal): Promise<readonly string[]> {
  const client = context.client();
  switch (kind) {
    case 'environment':
      return (await client.call('listEnvironments', { signal })).items.map((item) => item.name);
    case 'deployment':
      return (await client.call('listDeployments', { query: { limit: 50 }, signal })).items.map((item) => item.id);
    case 'service':
      return (await client.call('listReleases', { query: { limit: 500 }, signal })).items.map((item) => item.service);
    case 'release': {
      const { items } = await client.call('listReleases', { query: { limit: 500 }, signal });
      return items.map((item) => `${item.service}@${item.version}`);
    }
    default:
      return unreachable(kind);
  }
}

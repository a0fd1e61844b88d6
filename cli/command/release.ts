import type { Command } from 'commander';
import { dirname, join } from 'node:path';
import { readDefinition } from '../../core/compose/definition.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { readBytes, readSource } from '../file.ts';
import { addPair, parseName, parseVersion, type Pairs } from '../option.ts';
import { renderRelease } from '../render/release.ts';
import { printable } from '../style.ts';
import { teach } from '../teach.ts';

interface Options {
  readonly file: string;
  readonly var?: Pairs;
  readonly meta?: Pairs;
}

/** What an engine takes as one config: 1000 KB (Docker Swarm). */
const configBytesMost = 1000 * 1024;

/** `dray release`: registers one version of a service, for ever. */
export function addRelease(program: Command, act: Act): void {
  const command = program
    .command('release')
    .summary('register one version of a service')
    .description(
      'Registers one version of a service: its definition, its files, its images by digest. It never changes again; the same once more is the same, and another content under the same version is refused.',
    )
    .argument('<service>', 'the service', parseName)
    .argument('<version>', 'the version', parseVersion)
    .option('-f, --file <file>', 'the service definition, a Compose file; - reads standard input', 'compose.yaml')
    .option(
      '--var <name=value>',
      'fixes a ${VARIABLE} of the definition for every environment; may be repeated',
      addPair,
    )
    .option('--meta <key=value>', 'anything worth keeping: commit, build URL; may be repeated', addPair)
    .action((service: string, version: string, options: Options) =>
      act(command, async (context) => await release(context, service, version, options)),
    );
  teach(command, {
    notes: ['A variable that stays unset becomes a parameter that each environment supplies.'],
    examples: [
      ['dray release cart 1.4.2', 'from ./compose.yaml'],
      ['dray release cart 1.4.2 -f deploy/compose.yaml --var REGISTRY=registry.example.com', 'fixes a variable'],
      ['dray release cart 1.4.2 --meta commit=$(git rev-parse HEAD)', 'keeps the commit'],
    ],
    exits: [0, 1, 2, 3, 9, 11],
  });
}

async function release(context: Context, service: string, version: string, options: Options): Promise<ExitCode> {
  const { terminal, io, signal } = context;
  const compose = await readSource(io, options.file);
  const vars = { ...options.var };
  const definition = readDefinition(compose, { service }, vars);
  const folder = options.file === '-' ? '.' : dirname(options.file);
  const files: Record<string, string> = {};
  for (const path of definition.files) {
    files[path] = (await readBytes(io, join(folder, path), configBytesMost)).toString('base64');
  }
  const body = { service, version, compose, files, vars, meta: { ...options.meta } };
  const view = await context.client().call('createRelease', { body, signal });
  terminal.result(view);
  for (const warning of view.warnings) terminal.warn(`${terminal.style.yellow('warning:')} ${printable(warning)}`);
  const what = view.created ? 'registered' : 'registered already, with the same content';
  terminal.say(`${terminal.style.green(what)}: ${renderRelease({ ...view, warnings: [] }, terminal.style, io.now())}`);
  return exitCode.done;
}

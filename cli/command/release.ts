import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { known } from '../../core/bom/answer.ts';
import { saidBy } from '../../core/bom/ci.ts';
import { unknownBuild, type BuildFacts } from '../../core/bom/build.ts';
import type { Act } from '../act.ts';
import { collectBuild } from '../build.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { UsageError } from '../failure.ts';
import { gatherRelease } from '../gather.ts';
import { adviseOnDockerfile } from '../lint.ts';
import { addPair, addText, parseName, parseVersion, wholeNumber, type Pairs } from '../option.ts';
import { renderRelease } from '../render/release.ts';
import { printable } from '../style.ts';
import { teach } from '../teach.ts';

interface Options {
  readonly file?: readonly string[];
  readonly profile?: readonly string[];
  readonly envFile?: readonly string[];
  readonly var?: Pairs;
  readonly meta?: Pairs;
  /** False with --no-collect. */
  readonly collect: boolean;
  readonly lines?: number;
  readonly dockerfile?: string;
  readonly lintErrorsFail?: boolean;
}

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
    .option(
      '-f, --file <file>',
      'the service definition, a Compose file; - reads standard input; given again, one more that is merged over it (default: compose.yaml)',
      addText,
    )
    .option('--profile <name>', "takes in the components of a profile; '*' all; may be repeated", addText)
    .option('--env-file <file>', 'variables in a file, as with --var, which wins; may be repeated', addText)
    .option(
      '--var <name=value>',
      'fixes a ${VARIABLE} of the definition for every environment; may be repeated',
      addPair,
    )
    .option('--meta <key=value>', 'anything else worth keeping; may be repeated', addPair)
    .option('--no-collect', 'tells nothing of the build: neither variables of the build system nor git are read')
    .option('--lines <number>', 'lines of code, where counting them here would not tell', wholeNumber(0, 1_000_000_000))
    .option('--dockerfile <path>', 'the Dockerfile that the image is built from: prints what dray lint says of it')
    .option('--lint-errors-fail', 'with --dockerfile: registers nothing when an error is found')
    .action((service: string, version: string, options: Options) =>
      act(command, async (context) => await release(context, service, version, options)),
    );
  teach(command, {
    notes: [
      'A variable that stays unset becomes a parameter that each environment supplies.',
      'Commit, repository, branch, build and its cause are found in git and in the variables of Jenkins, GitHub Actions and GitLab, and appended to the release as evidence; the server adds what the registry tells of its images. Names of persons are left out.',
      `Any other build system, or a script, tells of the build by ${Object.values(saidBy)
        .map(({ variable }) => variable)
        .join(
          ', ',
        )}; what these say goes before what a known build system tells, and commit and its time give way to what git sees. Times are ISO 8601 with a zone; DRAYAGE_BUILD_URL may be a file: address.`,
      'Signatures, provenance and SBOMs that lie beside an image at its registry (its referrers, the tags of cosign, and what BuildKit writes into its index) are appended as well; the same release once more appends what came since.',
      "Lines of code are counted for the defect rate: those that are not blank, of the source files that git tracks below the present folder (or the definition's own, when that lies elsewhere). Folders such as vendor and node_modules, minified and generated files, data and texts are left out.",
      "Files that the definition names (include, extends, env_file, label_file, configs) are sent along; they lie below the first file's folder. Your own environment and .env are not read.",
    ],
    examples: [
      ['dray release cart 1.4.2', 'from ./compose.yaml'],
      ['dray release cart 1.4.2 -f deploy/compose.yaml --var REGISTRY=registry.example.com', 'fixes a variable'],
      ['dray release cart 1.4.2 -f compose.yaml -f compose.prod.yaml --profile metrics', 'merges two files'],
      ['dray release cart 1.4.2 --dockerfile Dockerfile', 'with advice on the Dockerfile, which holds up nothing'],
      ['dray release cart 1.4.2 --meta ticket=SHOP-17', 'keeps what nobody can find out'],
    ],
    exits: [0, 1, 2, 3, 9, 11],
  });
}

/** Where git is asked: the folder of the first file. */
function folderOf(io: Context['io'], { file }: Options): string {
  const [first = 'compose.yaml'] = file ?? [];
  return first === '-' ? io.folder : dirname(resolve(io.folder, first));
}

/** What is told of the build; null: nothing. Lines that are given stand for those that were counted. */
async function buildOf(io: Context['io'], options: Options): Promise<BuildFacts | null> {
  const { collect, lines } = options;
  const build = collect ? await collectBuild(io, folderOf(io, options)) : null;
  return lines === undefined ? build : { ...(build ?? unknownBuild), lines: known(lines, '--lines') };
}

async function release(context: Context, service: string, version: string, options: Options): Promise<ExitCode> {
  const { terminal, io, signal } = context;
  if (options.dockerfile === undefined && options.lintErrorsFail === true) {
    throw new UsageError('--lint-errors-fail needs --dockerfile.', 'Name the Dockerfile.');
  }
  if (options.dockerfile !== undefined) {
    const hasErrors = await adviseOnDockerfile(context, options.dockerfile);
    if (hasErrors && options.lintErrorsFail === true) {
      terminal.warn(`Nothing is registered: ${printable(options.dockerfile)} has errors.`);
      return exitCode.failed;
    }
  }
  const { compose, overrides, sources, profiles, vars, files } = await gatherRelease(io, {
    service,
    files: options.file ?? ['compose.yaml'],
    profiles: options.profile ?? [],
    envFiles: options.envFile ?? [],
    vars: { ...options.var },
  });
  const body = {
    service,
    version,
    compose,
    overrides: [...overrides],
    sources: { ...sources },
    profiles: [...profiles],
    files: { ...files },
    vars: { ...vars },
    meta: { ...options.meta },
    build: await buildOf(io, options),
  };
  const view = await context.client().call('createRelease', { body, signal });
  terminal.result(view);
  for (const warning of view.warnings) terminal.warn(`${terminal.style.yellow('warning:')} ${printable(warning)}`);
  const what = view.created ? 'registered' : 'registered already, with the same content';
  terminal.say(`${terminal.style.green(what)}: ${renderRelease({ ...view, warnings: [] }, terminal.style, io.now())}`);
  return exitCode.done;
}

import { InvalidArgumentError, Option, type Command } from 'commander';
import { readDeployment } from '../core/document/deployment.ts';
import { namePattern } from '../core/name-patterns.ts';
import type { PlanRequest } from '../wire/plan.ts';
import type { Context } from './context.ts';
import { UsageError } from './failure.ts';
import { readSource } from './file.ts';
import { addName, addVersion, wholeNumber, type Pairs } from './option.ts';

/** The options of `plan` and `deploy` that say what is wanted. */
export interface WantedOptions {
  readonly set?: Pairs;
  readonly base?: number;
  readonly allowRemove?: readonly string[];
  readonly restart?: Restart;
}

/** As the request has it; the policies by service in the order given. */
type Restart = NonNullable<PlanRequest['restart']>;

export const targetArgument = '<file-or-environment>';

/** What the help says of the argument. */
export const targetHelp =
  'a Deployment document (a path with a dot or slash; - reads standard input), or an environment together with --set';

/** Adds `--set`, `--base`, `--allow-remove` and `--restart`. */
export function addWantedOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-s, --set <service=version>', 'run this version of a service; may be repeated').argParser(addVersion),
    )
    .addOption(
      new Option('--base <revision>', 'revision of the environment that the file was made from').argParser(
        wholeNumber(0, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addOption(
      new Option('--allow-remove <service>', 'this service may be removed; may be repeated').argParser(addName),
    )
    .addOption(
      new Option(
        '--restart <policy>',
        'whether newer versions of secrets restart what has older ones: changed; never: it keeps them until something else restarts it; of one service: cart=never; may be repeated (default: as definitions say, else changed)',
      )
        .choices(['never', 'changed'])
        .argParser(addRestart),
    );
}

/** Parses `POLICY` or `SERVICE=POLICY` and adds it; the same twice is refused. */
export function addRestart(text: string, before: Restart = { all: null, services: {} }): Restart {
  const at = text.indexOf('=');
  const [service, policy] = at < 0 ? [null, text] : [text.slice(0, at), text.slice(at + 1)];
  const isPolicy = policy === 'never' || policy === 'changed';
  if (!isPolicy || (service !== null && !namePattern.test(service))) {
    throw new InvalidArgumentError('It is never or changed, or of one service, such as cart=never.');
  }
  const isTwice = service === null ? before.all !== null : Object.hasOwn(before.services, service);
  if (isTwice) throw new InvalidArgumentError(`${service ?? 'That of all services'} is given twice.`);
  return service === null
    ? { ...before, all: policy }
    : { ...before, services: { ...before.services, [service]: policy } };
}

/** The request that the argument and the options mean. Reads the document, so that its mistakes show at once. */
export async function wantedOf(
  context: Context,
  target: string,
  options: WantedOptions,
): Promise<Pick<PlanRequest, 'wanted' | 'allowRemove' | 'restart'>> {
  const allowRemove = [...(options.allowRemove ?? [])];
  const rest = { allowRemove, ...(options.restart === undefined ? {} : { restart: options.restart }) };
  if (namePattern.test(target)) return { wanted: changeOf(target, options), ...rest };
  if (options.set !== undefined) {
    throw new UsageError(
      `--set changes what runs in an environment; ${target} is a file.`,
      'Name the environment instead of the file, or write the version into the file.',
    );
  }
  const document = await readSource(context.io, target);
  const { warnings } = readDeployment(document);
  for (const warning of warnings) context.terminal.warn(`${context.terminal.style.yellow('warning:')} ${warning}`);
  return { wanted: { kind: 'document', document, base: options.base ?? null }, ...rest };
}

function changeOf(environment: string, { set, base }: WantedOptions): PlanRequest['wanted'] {
  if (set === undefined) {
    throw new UsageError(
      `What shall change in ${environment}?`,
      `Add --set SERVICE=VERSION; or, if ${environment} is a file, write ./${environment}.`,
    );
  }
  if (base !== undefined) throw new UsageError('--base goes with a file.', 'Leave it out.');
  return { kind: 'change', environment, set };
}

import { Command, type OutputConfiguration } from 'commander';
import { addAttach } from './command/attach.ts';
import { addBackup } from './command/backup.ts';
import { addCompletion } from './command/completion.ts';
import { addDeploy } from './command/deploy.ts';
import { addDeployments } from './command/deployments.ts';
import { addCancel } from './command/cancel.ts';
import { addDoctor } from './command/doctor.ts';
import { addErase } from './command/erase.ts';
import { addInit } from './command/init.ts';
import { addLedger } from './command/ledger.ts';
import { addLint } from './command/lint.ts';
import { addLogs } from './command/logs.ts';
import { addPlan } from './command/plan.ts';
import { addRecover } from './command/recover.ts';
import { addRelease } from './command/release.ts';
import { addReleases } from './command/releases.ts';
import { addRestore } from './command/restore.ts';
import { addRollback } from './command/rollback.ts';
import { addSchema } from './command/schema.ts';
import { addSecret } from './command/secret.ts';
import { addServe } from './command/serve.ts';
import { addSignIn } from './command/sign-in.ts';
import { addShow } from './command/show.ts';
import { addStatus } from './command/status.ts';
import { addToken } from './command/token.ts';
import { addVariety } from './command/variety.ts';
import { addWaive } from './command/waive.ts';
import { addWhere } from './command/where.ts';
import type { Act } from './act.ts';
import { addCompare } from './command/compare.ts';
import { addComplete } from './command/complete.ts';
import { exitCode } from './exit-code.ts';
import { teach } from './teach.ts';

/** Where `dray serve` listens when nobody says otherwise. */
export const defaultUrl = 'http://127.0.0.1:4400';

const adders = [
  ['Begin:', [addInit, addServe, addDoctor]],
  ['Release and deploy:', [addRelease, addAttach, addSecret, addPlan, addDeploy, addCancel, addRollback, addWaive]],
  ['Look:', [addStatus, addShow, addCompare, addReleases, addDeployments, addLogs, addWhere, addVariety]],
  ['Run a server:', [addLedger, addErase, addBackup, addRestore, addRecover, addToken, addSignIn]],
  ['Tools:', [addLint, addSchema, addCompletion]],
] as const;

/** The whole command tree. It parses; how a command's work is carried out is up to `act`. */
export function createProgram(act: Act, version: string, output: OutputConfiguration = {}): Command {
  const program = new Command('dray')
    .description('Releases, plans, deploys and verifies services on container clusters, and keeps the record.')
    .version(version, '-V, --version', 'print the version')
    .option('--url <url>', `address of the server; else DRAYAGE_URL, else ${defaultUrl}`)
    .option('--token <token>', 'bearer token; else DRAYAGE_TOKEN, which ps does not show')
    .option('--json', 'one JSON document on standard output, messages on standard error')
    .option('--no-color', 'no colours; NO_COLOR and FORCE_COLOR are honoured too')
    .helpOption('-h, --help', 'show help')
    .addHelpCommand(
      new Command('help')
        .argument('[command]')
        .description('show the help of a command')
        .helpGroup('Tools:')
        .helpOption(false),
    )
    .configureHelp({ showGlobalOptions: true, subcommandTerm })
    .configureOutput(output)
    .exitOverride();
  teach(program, {
    examples: [
      ['dray init -o compose.yaml', 'a service definition to start from'],
      ['dray release cart 1.4.2 -f compose.yaml', 'register a version'],
      ['dray plan dev --set cart=1.4.2', 'what would change'],
      ['dray deploy dev --set cart=1.4.2', 'change it, and wait until it is verified'],
    ],
    exits: Object.values(exitCode),
  });
  for (const [group, members] of adders) {
    program.commandsGroup(group);
    for (const add of members) add(program, act);
  }
  addComplete(program, act);
  return program;
}

/** A command with its arguments; that it has options goes without saying. */
function subcommandTerm(command: Command): string {
  const words = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [command.name(), ...words].join(' ');
}

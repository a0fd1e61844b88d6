import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { parseListen, parsePublicUrl } from '../option.ts';
import { printable } from '../style.ts';
import { teach } from '../teach.ts';

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

interface Options {
  readonly platform?: string;
  readonly data: string;
  readonly key?: string;
  readonly secretKey?: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly logLevel: (typeof logLevels)[number];
  readonly publicUrl?: string;
}

/** `dray serve`: the server with its loops, in this process. */
export function addServe(program: Command, act: Act): void {
  const command = program
    .command('serve')
    .summary('run the server')
    .description(
      'Runs the server: HTTP API, drive loop and watch loop in one process. Ctrl-C ends it in order; what is under way goes on after the next start.',
    )
    .option('-p, --platform <file>', 'the Platform document to apply at start; without it the last one stays in force')
    .option('-d, --data <folder>', 'where the ledger is', '.drayage/data')
    .option('--key <file>', 'private key that signs the ledger; default: signing.key in the data folder')
    .option('--secret-key <file>', 'keys that seal secrets; default: secrets.key in the data folder')
    .addOption(
      new Option('-l, --listen <host:port>', 'address to listen on')
        .argParser(parseListen)
        .default({ host: '127.0.0.1', port: 4400 }, '127.0.0.1:4400'),
    )
    .addOption(
      new Option(
        '--public-url <url>',
        'address that people use when it is another; https makes cookies secure',
      ).argParser(parsePublicUrl),
    )
    .addOption(new Option('--log-level <level>', 'least level of what is logged').choices(logLevels).default('info'))
    .action((options: Options) => act(command, async (context) => await run(context, options)));
  teach(command, {
    notes: [
      'The first start on an empty data folder prints an admin token, once: keep it in DRAYAGE_TOKEN.',
      'On a terminal each start prints a link that signs a browser in to the dashboard, once, within 15 minutes.',
    ],
    examples: [
      ['dray serve --platform platform.yaml', 'on 127.0.0.1:4400'],
      ['dray serve -p platform.yaml -l 0.0.0.0:4400', 'for other machines: put TLS before it'],
      ['dray serve -p platform.yaml --public-url https://drayage.example.com', 'behind a proxy that ends TLS'],
    ],
    exits: [0, 1, 2, 9],
  });
}

async function run(context: Context, options: Options): Promise<ExitCode> {
  const { io, terminal, signal } = context;
  const { serve } = await import('../../server.ts');
  const running = await serve({
    ...(options.platform === undefined ? {} : { platform: resolve(io.folder, options.platform) }),
    data: resolve(io.folder, options.data),
    ...(options.key === undefined ? {} : { key: resolve(io.folder, options.key) }),
    ...(options.secretKey === undefined ? {} : { secretKey: resolve(io.folder, options.secretKey) }),
    listen: options.listen,
    logLevel: options.logLevel,
    publicUrl: options.publicUrl ?? null,
  });
  const { url, firstToken, platformRefused } = running;
  // Whoever reads a terminal may sign in as admin; what reads a log may not, but for the very first start.
  const signInUrl = io.stdout.isTerminal || firstToken !== null ? running.signInUrl : null;
  terminal.answer({ url, firstToken, signInUrl, platformRefused }, `Drayage listens on ${terminal.style.bold(url)}`);
  if (platformRefused !== null) {
    terminal.warn(`${terminal.style.yellow('warning:')} the platform document was refused, the last good one stays:`);
    terminal.warn(printable(platformRefused));
  }
  if (firstToken !== null && !terminal.json) {
    terminal.say('This is the first admin token; it is shown this once:');
    terminal.say(`  export DRAYAGE_URL=${url} DRAYAGE_TOKEN=${firstToken}`);
  }
  if (signInUrl !== null && !terminal.json) {
    terminal.say('The dashboard, for one browser, once, within 15 minutes ("dray sign-in" makes another link):');
    terminal.say(`  ${signInUrl}`);
  }
  await aborted(signal);
  const left = await running.close();
  // What did not stop keeps the process alive; the ledger is what it was after the last entry.
  if (left.length > 0) process.exit(exitCode.failed);
  return exitCode.done;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((wake) => signal.addEventListener('abort', () => wake(), { once: true }));
}

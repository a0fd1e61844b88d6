import { CommanderError, type Command } from 'commander';
import { createClient, type Client } from '../client/client.ts';
import type { Context } from './context.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { describeFailure, Interrupted } from './failure.ts';
import type { Io } from './io.ts';
import { createProgram, defaultUrl } from './program.ts';
import { createStyle, wantsColor } from './style.ts';
import { createTerminal, type Terminal } from './terminal.ts';

/** What commander gives for the options of the whole program. */
interface GlobalOptions {
  readonly url?: string;
  readonly token?: string;
  readonly json?: boolean;
  readonly color: boolean;
}

/** Carries out one command line; `args` are those after `dray`. Never rejects. */
export async function run(args: readonly string[], io: Io, version: string): Promise<ExitCode> {
  let code: ExitCode = exitCode.done;
  const act = async (command: Command, work: (context: Context) => Promise<ExitCode>): Promise<void> => {
    const options = command.optsWithGlobals<GlobalOptions>();
    const terminal = createTerminal(io, { json: options.json === true, color: options.color });
    try {
      code = await work(createContext(io, terminal, options));
    } catch (thrown) {
      code = tell(io, terminal, reasonOf(io, thrown));
    }
  };
  const program = createProgram(act, version, outputOf(io));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return endOfParsing(io, args, thrown);
    return tell(io, createTerminal(io, { json: args.includes('--json'), color: true }), thrown);
  }
}

function createContext(io: Io, terminal: Terminal, options: GlobalOptions): Context {
  const url = options.url ?? filled(io.env['DRAYAGE_URL']) ?? defaultUrl;
  const token = filled(options.token ?? io.env['DRAYAGE_TOKEN']) ?? null;
  let client: Client | null = null;
  return {
    io,
    terminal,
    url,
    client: () => (client ??= createClient({ url, token })),
    signal: io.signal,
  };
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** Whoever was interrupted may have thrown anything; the interruption is what happened. */
function reasonOf(io: Io, thrown: unknown): unknown {
  if (!io.signal.aborted || thrown instanceof Interrupted) return thrown;
  return io.signal.reason;
}

function tell(io: Io, terminal: Terminal, thrown: unknown): ExitCode {
  const style = createStyle(wantsColor(io.env, io.stderr.isTerminal, terminal.style.bold('x') === 'x'));
  const failure = describeFailure(thrown, style, io.env['DRAYAGE_DEBUG'] === '1');
  terminal.warn(failure.text);
  terminal.result(failure.json);
  return failure.code;
}

/** Help and version are no failure; everything else was told by commander already, on standard error. */
function endOfParsing(io: Io, args: readonly string[], error: CommanderError): ExitCode {
  if (error.exitCode === 0) return exitCode.done;
  if (args.includes('--json')) {
    const message = error.message.replace(/^error: /, '');
    const document = { error: { code: 'usage', message, next: 'dray help lists the commands.' } };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }
  return exitCode.usage;
}

function outputOf(io: Io) {
  return {
    writeOut: (text: string) => io.stdout.write(text),
    writeErr: (text: string) => io.stderr.write(text),
    getOutHelpWidth: () => Math.min(io.stdout.columns, 100),
    getErrHelpWidth: () => Math.min(io.stderr.columns, 100),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  };
}

import { exitCode } from '../../cli/exit-code.ts';
import { describeFailure, Interrupted } from '../../cli/failure.ts';
import { createStyle, wantsColor } from '../../cli/style.ts';
import { elapsed } from '../../cli/time.ts';
import { createNarrator } from './narrator.ts';
import { readOptions } from './options.ts';
import { show, stageCounts } from './stages.ts';

/** Ctrl-C, SIGTERM and a closed terminal end the demo in order; repeating them changes nothing. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const codes = { SIGINT: exitCode.interrupted, SIGTERM: exitCode.terminated, SIGHUP: exitCode.terminated } as const;
  for (const [name, code] of Object.entries(codes)) process.on(name, () => controller.abort(new Interrupted(code)));
  return controller.signal;
}

/** Says what went wrong; returns the exit code for it. */
function fail(thrown: unknown): number {
  const style = createStyle(wantsColor(process.env, process.stderr.isTTY, false));
  const failure = describeFailure(thrown, style, process.env['DRAYAGE_DEBUG'] === '1');
  process.stderr.write(`${failure.text}\n`);
  return failure.code;
}

async function main(args: readonly string[]): Promise<number> {
  // A terminal that was closed is no reason to leave anything running.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  const options = readOptions(args);
  const narrator = createNarrator(process.stdout, stageCounts[options.ground]);
  const stops: { readonly name: string | null; readonly stop: () => Promise<void> }[] = [];
  const onEnd = (name: string | null, stop: () => Promise<void>) => void stops.push({ name, stop });
  let code = 0;
  try {
    await show({ options, narrator, signal: interruption(), onEnd });
  } catch (thrown) {
    code = fail(thrown);
  }
  const names = stops.flatMap(({ name }) => name ?? []);
  if (names.length > 0) narrator.say(`Stopping ${names.toReversed().join(', ')} ...`);
  const beganMs = Date.now();
  let areStopped = true;
  for (const { stop } of stops.toReversed()) {
    await stop().catch((thrown: unknown) => {
      areStopped = false;
      code = fail(thrown);
    });
  }
  const took = elapsed(Date.now() - beganMs);
  if (names.length > 0 && areStopped) narrator.say(`Stopped in ${took}; nothing of it runs any more.`);
  return code;
}

process.exitCode = await main(process.argv.slice(2)).catch(fail);

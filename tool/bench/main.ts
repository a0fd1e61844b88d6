import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ending } from '../../bench/support/ending.ts';
import { untilQuiet } from '../../bench/support/quiet.ts';
import { describeMachine, describeSources } from '../soak/machine.ts';
import { readOptions, usage, type Options } from './options.ts';
import { drawReport } from './picture.ts';
import { keepResults, type RowResult } from './record.ts';
import { renderReport } from './report.ts';
import type { BenchContext, Scenario } from './row.ts';
import { runScenario } from './run-scenario.ts';
import { aboutRow, scenarios } from './scenarios.ts';
import { describeLimit, describeStanding, pairsLeast, standingOf } from './words.ts';

/** A measurement begins when the processors are as good as idle, or when that does not come about. */
const quiet = { busyMost: 0.15, windowMs: 200, limitMs: 4_000 };

const root = join(import.meta.dirname, '..', '..');

/** What every result says of where it comes from. */
type Origin = Pick<RowResult, 'sources' | 'machine' | 'command'>;

/** Runs one scenario: a result for each of its rows that was asked for. */
async function bench(
  scenario: Scenario,
  options: Options,
  { origin, say }: { readonly origin: Origin; readonly say: (line: string) => void },
): Promise<readonly RowResult[]> {
  const date = new Date().toISOString();
  const scratch = await mkdtemp(join(tmpdir(), 'drayage-bench-'));
  const kept = join(root, '.drayage', 'bench');
  const { isShort, pairs } = options;
  const { signal } = ending;
  const context: BenchContext = {
    root,
    scratch,
    kept,
    isShort,
    pairs,
    untilQuiet: async () => isShort || (await untilQuiet(quiet, signal)),
    signal,
    say,
  };
  try {
    const { ends, facts, durationMs, loadBefore } = await runScenario(scenario, obstacle(scenario), context);
    const about = { date, durationMs, loadBefore, ...origin };
    return [...ends]
      .filter(([row]) => options.rows.includes(row))
      .map(([row, end]) => ({ row, end, facts: [...facts], ...about }));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Writes the report and the picture, and keeps the figures that both are made of. */
async function writeReport(newest: readonly RowResult[]): Promise<void> {
  const folder = join(root, 'docs', 'bench');
  await mkdir(folder, { recursive: true });
  const all = keepResults(join(folder, 'results.jsonl'), newest);
  await writeFile(join(folder, 'REPORT.md'), renderReport(all, aboutRow));
  await writeFile(join(folder, 'report.svg'), drawReport(all, aboutRow));
}

/** Why a scenario cannot run here; null when it can. */
function obstacle({ onEngine }: Scenario): string | null {
  if (!onEngine) return null;
  if (process.platform !== 'linux') return 'private Docker Engines need Linux';
  if (process.getuid?.() !== 0) return 'private Docker Engines need root: sudo bin/bench';
  return existsSync('/usr/bin/dockerd') || existsSync('/usr/sbin/dockerd')
    ? null
    : 'no Docker Engine is installed: bin/setup --engine';
}

function exitCode(results: readonly RowResult[], isShort: boolean): number {
  const standings = results.map(({ row, end }) => standingOf(aboutRow(row), end));
  if (standings.includes('wrong') || (!isShort && standings.includes('missed'))) return 1;
  if (standings.includes('not-run')) return 3;
  return !isShort && standings.some((standing) => standing === 'no-verdict' || standing === 'direction') ? 3 : 0;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(usage);
    return 0;
  }
  if ('problem' in options) {
    console.error(`bench: ${options.problem}\n\n${usage}`);
    return 2;
  }
  const say = (line: string): void => (options.json ? console.error(line) : console.log(line));
  const [machine, sources] = await Promise.all([describeMachine(), describeSources(root)]);
  const origin = { sources: sources.text, machine, command: options.command };
  const results: RowResult[] = [];
  for (const scenario of scenarios) {
    const asked = scenario.rows.filter(({ name }) => options.rows.includes(name));
    if (asked.length === 0) continue;
    for (const about of asked) say(`${about.name}: ${describeLimit(about)}\n  A: ${about.ours}\n  B: ${about.theirs}`);
    const ended = await bench(scenario, options, { origin, say });
    for (const { row, end } of ended) {
      say(`${row}: ${describeStanding(aboutRow(row), end)}`);
      if (end.kind !== 'measured') say(end.reason);
    }
    results.push(...ended);
    // After each: what was measured is not lost when a later one is interrupted.
    if (!options.isShort && options.pairs >= pairsLeast) await writeReport(ended);
  }
  if (options.isShort || options.pairs < pairsLeast) say('direction only: no report was written');
  if (options.json) console.log(JSON.stringify(results, null, 2));
  return exitCode(results, options.isShort);
}

/** Ctrl-C and SIGTERM: what is under way is taken down in order; engines and servers are not left behind. */
const signals = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;
let interrupted: number | null = null;
for (const [signal, code] of signals) {
  process.on(signal, () => {
    interrupted = code;
    ending.abort(new Error(`ended by ${signal}`));
  });
}
try {
  process.exitCode = await main();
} catch (error) {
  if (interrupted === null) throw error;
  process.exitCode = interrupted;
}

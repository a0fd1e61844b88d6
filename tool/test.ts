import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import * as z from 'zod';
import { isTestFile, listPaths } from './project-files.ts';
import { addSearched, nothingSearched, searchedText } from './leak/record.ts';
import { endGroupsOnSignal } from './run-process.ts';
import { groupOf, judgeCount, testGroups } from './test-verdict.ts';
import type { TestGroup } from './test-verdict.ts';
import { runTestFiles } from './test-run.ts';
import type { FileReport } from './test-run.ts';

const root = join(import.meta.dirname, '..');
const minimumSchema = z.strictObject({
  unit: z.int().min(1),
  browser: z.int().min(0),
  engine: z.int().min(0),
  soak: z.int().min(0),
});
const skipSchema = z.strictObject({ file: z.string(), name: z.string(), reason: z.string().min(10) });

/** From outside, so that what hangs ends: far above what any file takes on a machine that is busy. */
const limitMs = { unit: 300_000, browser: 360_000, engine: 420_000, soak: 1_800_000 };
const atOnce = { unit: 2, browser: 2, engine: 2, soak: 1 };
const longest: readonly string[] = [
  'test/browser/live.test.ts',
  'test/engine/swarm-contract.test.ts',
  'test/engine/survival.test.ts',
  'test/engine/demo.test.ts',
  'test/engine/private-engine.test.ts',
  'test/engine/recover.test.ts',
  'test/engine/secrets.test.ts',
  'test/engine/outcomes.test.ts',
  'test/cli.e2e.test.ts',
  'test/api-fuzz.test.ts',
  'test/event-readers.test.ts',
  'app/app.test.ts',
  'tool/bench/direction.test.ts',
  'app/recover.test.ts',
  'test/shutdown.test.ts',
  'test/http-api.test.ts',
  'tool/seed/seeded-server.test.ts',
  'store/sqlite/store.test.ts',
  'test/secret-leak.test.ts',
  'test/backup.test.ts',
  'test/simulator/planted-bugs.test.ts',
  'test/access-walk.test.ts',
];
/** What these look at does not bear another engine or browser beside it. */
const alone: readonly string[] = ['test/engine/operations.test.ts'];

type Selection = { readonly files: readonly string[]; readonly wholeGroups: readonly TestGroup[] };

const usage = `usage: bin/test [GROUP|FILE|FOLDER]...
Runs tests. Without arguments all but soak.
  unit     pure parts, and servers with the simulated engine
  browser  the dashboard in Chromium; installs it
  engine   real Docker Engines of their own; needs Linux and root
  soak     the same for long; bin/soak runs it part by part
  FILE, FOLDER   only these, relative to the project's folder
Secrets that tests set are searched for in all that they leave behind. Ends with 0 when everything passed, with 1 when
anything failed, with 2 when it was called wrongly.`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage);
    return 0;
  }
  const minimum = minimumSchema.parse(readJson('test/minimum.json'));
  const allowedSkips = z.array(skipSchema).parse(readJson('test/allowed-skips.json'));
  const selection = select(listPaths(root).filter(isTestFile), args);
  if (selection.files.length === 0) {
    console.error(`test: no test file matches ${args.join(' ') || 'anything'}`);
    return 2;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'drayage-'));
  process.once('exit', () => removeScratch(scratch));
  const onStart = (file: string): void => {
    if (groupOf(file) !== 'unit') console.log(`run   ${file}`);
  };
  const reports = await runTestFiles(selection.files, {
    root,
    scratch,
    allowedSkips,
    limitMs,
    atOnce,
    longest,
    alone,
    onStart,
    onEnd: print,
  });
  return summarize(reports, selection.wholeGroups, minimum);
}

/** What is still mounted there keeps it from being removed. */
function removeScratch(scratch: string): void {
  try {
    rmSync(scratch, { recursive: true, force: true });
  } catch (error) {
    console.error(`test: ${scratch} stays: ${String(error)}`);
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

/** Without arguments everything but `soak`; `unit`, `browser`, `engine` and `soak` are groups; else files or folders. */
function select(files: readonly string[], args: readonly string[]): Selection {
  const isGroup = (name: string): name is TestGroup => testGroups.some((group) => group === name);
  const wholeGroups = args.length === 0 ? testGroups.filter((group) => group !== 'soak') : args.filter(isGroup);
  const paths = args.filter((arg) => !isGroup(arg)).map((arg) => relative(root, resolve(arg)).split(sep).join('/'));
  const isSelected = (file: string): boolean =>
    wholeGroups.includes(groupOf(file)) ||
    paths.some((path) => path === '' || file === path || file.startsWith(`${path}/`));
  return { files: files.filter(isSelected), wholeGroups };
}

function print(report: FileReport): void {
  const good = report.problems.length === 0;
  const tests = `${report.passed + report.failed} tests${report.skipped > 0 ? `, ${report.skipped} skipped` : ''}`;
  console.log(`${good ? 'ok   ' : 'FAIL '} ${report.file}  ${tests}  ${Math.round(report.durationMs)} ms`);
  if (good) return;
  // What failed must not drown in what passed.
  console.log(report.output.replace(/^ *✔.*\n/gm, '').trimEnd());
  for (const problem of report.problems) console.log(`FAIL  ${report.file}: ${problem}`);
}

function summarize(
  reports: readonly FileReport[],
  wholeGroups: readonly TestGroup[],
  minimum: Readonly<Record<TestGroup, number>>,
): number {
  const sum = (some: readonly FileReport[], key: 'passed' | 'failed'): number =>
    some.reduce((total, report) => total + report[key], 0);
  let failed = sum(reports, 'failed');
  for (const report of reports.filter((each) => each.problems.length > 0)) {
    for (const problem of report.problems) console.log(`${report.file}: ${problem}`);
  }
  for (const group of wholeGroups) {
    const ran = sum(
      reports.filter((report) => groupOf(report.file) === group),
      'passed',
    );
    const problem = judgeCount(group, ran, minimum[group]);
    if (problem !== undefined) {
      console.log(`FAIL  ${problem}`);
      failed += 1;
    } else if (ran > minimum[group]) {
      console.log(`note: ${ran} ${group} tests passed; test/minimum.json guards ${minimum[group]} of them`);
    }
  }
  tellLeaks(reports);
  console.log(`${sum(reports, 'passed')} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** What was searched for canaries; leaks are problems of their files. */
function tellLeaks(reports: readonly FileReport[]): void {
  for (const { file, leaks } of reports) {
    for (const what of leaks.skipped) console.log(`note: not searched for canaries: ${file}: ${what}`);
  }
  const searched = reports.reduce((sum, { leaks }) => addSearched(sum, leaks.searched), nothingSearched);
  console.log(searchedText(searched));
}

endGroupsOnSignal();
process.exitCode = await main(process.argv.slice(2));

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFileSearch, type FileSearch, type LeakVerdict } from './leak/file-search.ts';
import { runProcess } from './run-process.ts';
import type { ProcessEnd } from './run-process.ts';
import { groupOf, judgeFile } from './test-verdict.ts';
import type { AllowedSkip, FileVerdict, TestGroup, TestResult } from './test-verdict.ts';

export type TestRunOptions = {
  readonly root: string;
  /** An empty folder that the caller removes. */
  readonly scratch: string;
  readonly allowedSkips: readonly AllowedSkip[];
  readonly limitMs: Readonly<Record<TestGroup, number>>;
  /** How many files of a group run at the same time. */
  readonly atOnce: Readonly<Record<TestGroup, number>>;
  /** Files that take long, the longest first: they begin before the others. */
  readonly longest: readonly string[];
  /** Files that bear no other of their group beside them; they come after those. */
  readonly alone: readonly string[];
  /** Hears when a file starts, and when it has ended. */
  readonly onStart: (file: string) => void;
  readonly onEnd: (report: FileReport) => void;
};

export type FileReport = FileVerdict & {
  readonly file: string;
  readonly durationMs: number;
  readonly output: string;
  /** What was searched for canaries, and what could not be. */
  readonly leaks: Omit<LeakVerdict, 'problems'>;
};

/** Gives each file's folder a short name. */
let filesRun = 0;

const reporter = join(import.meta.dirname, 'test-reporter.ts');

/**
 * Runs test files, each in a process of its own. Those on browsers, and then those on real engines, mostly wait: beside
 * them one unit file after the other runs with what they leave of the processors, those that take long at the end. When
 * browsers and engines are over, unit files have the machine. The files of `soak` come last.
 */
export async function runTestFiles(files: readonly string[], options: TestRunOptions): Promise<FileReport[]> {
  const reports: FileReport[] = [];
  const inOrder = files.toSorted((a, b) => place(a, options.longest) - place(b, options.longest));
  const of = (...groups: readonly TestGroup[]) => inOrder.filter((file) => groups.includes(groupOf(file)));
  const units = of('unit');
  const isAlone = (file: string): boolean => options.alone.includes(file);
  const run = async (file: string, isModest: boolean): Promise<void> => {
    options.onStart(file);
    const report = await runTestFile(file, options, isModest);
    reports.push(report);
    options.onEnd(report);
  };
  const lane = async (waiting: string[]): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) await run(file, false);
  };
  const lanes = async (waiting: string[], atOnce: number): Promise<void> => {
    await Promise.all(Array.from({ length: atOnce }, async () => await lane(waiting)));
  };
  let isOver = of('browser', 'engine').length === 0;
  const nextBeside = (): string | undefined => (isOver ? undefined : units.pop());
  const beside = (async () => {
    for (let file = nextBeside(); file !== undefined; file = nextBeside()) await run(file, true);
    await lane(units);
  })();
  const others = (async () => {
    // One after the other: an engine that starts changes the machine's network, at which a browser drops what it loads.
    for (const group of ['browser', 'engine'] as const) {
      const own = of(group);
      await lanes(
        own.filter((file) => !isAlone(file)),
        options.atOnce[group],
      );
      await lanes(own.filter(isAlone), 1);
    }
    isOver = true;
    await lanes(units, options.atOnce.unit - 1);
  })();
  await Promise.all([beside, others]);
  await lanes(of('soak'), options.atOnce.soak);
  return reports;
}

function place(file: string, longest: readonly string[]): number {
  const at = longest.indexOf(file);
  return at === -1 ? longest.length : at;
}

async function runTestFile(file: string, options: TestRunOptions, isModest: boolean): Promise<FileReport> {
  const resultsFile = join(options.scratch, `${file.replaceAll('/', '+')}.jsonl`);
  const limitMs = options.limitMs[groupOf(file)];
  const search = startFileSearch(options.scratch, `t${(filesRun += 1)}`);
  const end = await runNode(file, resultsFile, { ...options, limitMs, isModest, search });
  const { problems: found, ...leaks } = search.end(end.output);
  const verdict = judgeFile(file, readResults(resultsFile), { ...end, limitMs }, options.allowedSkips);
  const problems = [...verdict.problems, ...found];
  const failed = verdict.failed + found.length;
  return { file, durationMs: end.durationMs, output: end.output, ...verdict, failed, problems, leaks };
}

/** Where Linux schedules by sessions, a process is modest only when its session is. */
const modestly = '{ echo 5 >/proc/self/autogroup; } 2>/dev/null; exec nice -n 5 "$0" "$@"';

interface NodeRun {
  readonly root: string;
  readonly limitMs: number;
  readonly isModest: boolean;
  readonly search: FileSearch;
}

function runNode(
  file: string,
  resultsFile: string,
  { root: cwd, limitMs, isModest, search }: NodeRun,
): Promise<ProcessEnd> {
  const args = [
    ...search.args,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${resultsFile}`,
    file,
  ];
  // A runner that itself runs inside a test must not make its children report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
  // Compiled code is kept, as bin/dray does: most of what a small file takes is reading the same sources again.
  const env = { NODE_COMPILE_CACHE: join(cwd, 'node_modules/.cache/compile'), ...rest, ...search.env };
  const node = process.execPath;
  return isModest
    ? runProcess('/bin/sh', ['-c', modestly, node, ...args], { cwd, limitMs, env })
    : runProcess(node, args, { cwd, limitMs, env });
}

function readResults(path: string): TestResult[] {
  const lines = readTextIfAny(path).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as TestResult);
}

/** A process that dies before its first test leaves no file. */
function readTextIfAny(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startFileSearch, type FileSearch, type LeakVerdict } from './leak/file-search.ts';
import { runProcess } from './run-process.ts';
import type { ProcessEnd } from './run-process.ts';
import { groupOf, judgeFile, testGroups } from './test-verdict.ts';
import type { AllowedSkip, FileVerdict, TestGroup, TestResult } from './test-verdict.ts';

export type TestRunOptions = {
  readonly root: string;
  /** An empty folder that the caller removes. */
  readonly scratch: string;
  readonly allowedSkips: readonly AllowedSkip[];
  readonly limitMs: Readonly<Record<TestGroup, number>>;
  /** How many files of a group run at the same time. */
  readonly atOnce: Readonly<Record<TestGroup, number>>;
  /** Files that need the machine for themselves; they come last in their group. */
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

/** Runs test files, each in a process of its own, group by group: those on real engines last. */
export async function runTestFiles(files: readonly string[], options: TestRunOptions): Promise<FileReport[]> {
  const reports: FileReport[] = [];
  for (const group of testGroups) {
    const own = files.filter((file) => groupOf(file) === group);
    const isAlone = (file: string): boolean => options.alone.includes(file);
    await runAtOnce(
      own.filter((file) => !isAlone(file)),
      options.atOnce[group],
      options,
      reports,
    );
    await runAtOnce(own.filter(isAlone), 1, options, reports);
  }
  return reports;
}

async function runAtOnce(
  files: readonly string[],
  atOnce: number,
  options: TestRunOptions,
  reports: FileReport[],
): Promise<void> {
  const waiting = [...files];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      options.onStart(file);
      const report = await runTestFile(file, options);
      reports.push(report);
      options.onEnd(report);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function runTestFile(file: string, options: TestRunOptions): Promise<FileReport> {
  const resultsFile = join(options.scratch, `${file.replaceAll('/', '+')}.jsonl`);
  const limitMs = options.limitMs[groupOf(file)];
  const search = startFileSearch(options.scratch, `t${(filesRun += 1)}`);
  const end = await runNode(file, resultsFile, { ...options, limitMs, search });
  const { problems: found, ...leaks } = search.end(end.output);
  const verdict = judgeFile(file, readResults(resultsFile), { ...end, limitMs }, options.allowedSkips);
  const problems = [...verdict.problems, ...found];
  const failed = verdict.failed + found.length;
  return { file, durationMs: end.durationMs, output: end.output, ...verdict, failed, problems, leaks };
}

function runNode(
  file: string,
  resultsFile: string,
  { root: cwd, limitMs, search }: { readonly root: string; readonly limitMs: number; readonly search: FileSearch },
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
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return runProcess(process.execPath, args, { cwd, limitMs, env: { ...env, ...search.env } });
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

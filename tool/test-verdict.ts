/** How one test, or one suite of tests, ended. A cancelled test has failed. */
export type TestResult = {
  readonly name: string;
  readonly kind: 'test' | 'suite';
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'todo';
};

/** How the process ended that ran a test file. */
export type FileEnd = {
  readonly code: number | undefined;
  readonly timedOut: boolean;
  readonly limitMs: number;
};

/** A test that may be left out on some machine, and why. */
export type AllowedSkip = { readonly file: string; readonly name: string; readonly reason: string };

export type FileVerdict = {
  readonly passed: number;
  readonly failed: number;
  /** Skipped with a reason in test/allowed-skips.json. */
  readonly skipped: number;
  /** What is wrong, a sentence each; empty means that the file is good. */
  readonly problems: readonly string[];
};

/**
 * Judges one test file. Each failed test counts as failed, and so does each test that was left out without an allowed
 * reason. A file with other troubles (no test in it, it did not end, it ended badly) counts as one more.
 */
export function judgeFile(
  file: string,
  results: readonly TestResult[],
  end: FileEnd,
  allowedSkips: readonly AllowedSkip[],
): FileVerdict {
  const tests = results.filter((result) => result.kind === 'test');
  const passed = tests.filter((result) => result.outcome === 'passed').length;
  const failedTests = tests.filter((result) => result.outcome === 'failed');
  const leftOut = results.filter((result) => result.outcome === 'skipped' || result.outcome === 'todo');
  const unexplained = leftOut.filter(
    (result) => !allowedSkips.some((skip) => skip.file === file && skip.name === result.name),
  );
  const trouble = failedTests.length > 0 && !end.timedOut ? [] : fileTrouble(tests.length, end);
  return {
    passed,
    failed: failedTests.length + unexplained.length + trouble.length,
    skipped: leftOut.length - unexplained.length,
    problems: [
      ...failedTests.map((result) => `failed: ${result.name}`),
      ...unexplained.map((result) => `${result.outcome} without a reason in test/allowed-skips.json: ${result.name}`),
      ...trouble,
    ],
  };
}

function fileTrouble(tests: number, end: FileEnd): string[] {
  if (end.timedOut) return [`did not end within ${end.limitMs / 1000} s: a test hangs, or something was left open`];
  if (end.code !== 0) return [`ended with ${end.code === undefined ? 'a signal' : `exit code ${end.code}`}`];
  return tests === 0 ? ['has no test'] : [];
}

/** The groups of tests, each with a minimum of its own; `soak` takes too long to run unless it is asked for. */
export const testGroups = ['unit', 'browser', 'engine', 'soak'] as const;
export type TestGroup = (typeof testGroups)[number];

export function groupOf(file: string): TestGroup {
  if (file.startsWith('test/browser/')) return 'browser';
  if (file.startsWith('test/soak/')) return 'soak';
  return file.startsWith('test/engine/') ? 'engine' : 'unit';
}

/** Says what is wrong with the number of tests that a whole group ran, so that tests cannot vanish unseen. */
export function judgeCount(group: TestGroup, ran: number, minimum: number): string | undefined {
  if (ran >= minimum) return undefined;
  return `${ran} ${group} tests ran, test/minimum.json asks for ${minimum}: tests have vanished`;
}

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { runTestFiles } from './test-run.ts';
import type { FileReport } from './test-run.ts';
import { judgeCount } from './test-verdict.ts';
import type { AllowedSkip } from './test-verdict.ts';

const head = "import { describe, test } from 'node:test';\n";
const pass = "test('good', () => {});\n";

type Planted = Readonly<Record<string, string>>;
type Settings = {
  readonly allowedSkips?: readonly AllowedSkip[];
  readonly unitMs?: number;
  readonly longest?: readonly string[];
  readonly alone?: readonly string[];
  readonly onRoot?: (path: string) => void;
};

/** Runs planted test files in a folder of their own, and gives each one's report. */
async function runPlanted(t: TestContext, planted: Planted, settings: Settings = {}): Promise<FileReport[]> {
  const root = mkdtempSync(join(tmpdir(), 'drayage-runner-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  settings.onRoot?.(root);
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  for (const [path, text] of Object.entries(planted)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), head + text);
  }
  return await runTestFiles(Object.keys(planted), {
    root,
    scratch: mkdtempSync(join(root, 'scratch-')),
    allowedSkips: settings.allowedSkips ?? [],
    limitMs: { unit: settings.unitMs ?? 60_000, browser: 60_000, engine: 60_000, soak: 60_000 },
    atOnce: { unit: 2, browser: 2, engine: 2, soak: 1 },
    longest: settings.longest ?? [],
    alone: settings.alone ?? [],
    onStart: () => {},
    onEnd: () => {},
  });
}

async function runOne(t: TestContext, text: string, settings: Settings = {}): Promise<FileReport> {
  const [report] = await runPlanted(t, { 'a.test.ts': text }, settings);
  assert.ok(report !== undefined);
  return report;
}

function counts(report: FileReport) {
  return { passed: report.passed, failed: report.failed, skipped: report.skipped };
}

test('a file whose tests pass is good', async (t) => {
  const report = await runOne(t, `${pass}describe('suite', () => { test('inner', () => {}); });\n`);
  assert.deepEqual(counts(report), { passed: 2, failed: 0, skipped: 0 });
  assert.deepEqual(report.problems, []);
});

test('a failed test is counted and its output is kept', async (t) => {
  const report = await runOne(t, `${pass}test('bad', () => { throw new Error('the reason'); });\n`);
  assert.deepEqual(counts(report), { passed: 1, failed: 1, skipped: 0 });
  assert.deepEqual(report.problems, ['failed: bad']);
  assert.match(report.output, /the reason/);
});

test('a cancelled test has failed', async (t) => {
  const report = await runOne(t, `${pass}test('slow', { timeout: 50 }, () => new Promise(() => {}));\n`);
  assert.deepEqual(counts(report), { passed: 1, failed: 1, skipped: 0 });
  assert.deepEqual(report.problems, ['failed: slow']);
});

for (const [what, source] of [
  ['a skipped test', `${pass}test.skip('left out', () => {});\n`],
  ['a test that skips itself', `${pass}test('left out', (t) => { t.skip('no wish'); });\n`],
  ['a skipped suite', `${pass}describe.skip('left out', () => { test('inner', () => {}); });\n`],
  ['a test still to be written', `${pass}test.todo('left out');\n`],
  ['a failing test that is marked as to be done', `${pass}test('left out', { todo: true }, () => { throw 1; });\n`],
] as const) {
  test(`${what} without an allowed reason fails`, async (t) => {
    const report = await runOne(t, source);
    assert.equal(report.failed, 1);
    assert.match(report.problems.join(), /without a reason in test\/allowed-skips.json: left out/);
  });
}

test('a skip with an allowed reason is let through and counted', async (t) => {
  const allowedSkips = [{ file: 'a.test.ts', name: 'left out', reason: 'needs a kernel with IP_VS' }];
  const report = await runOne(t, `${pass}test.skip('left out', () => {});\n`, { allowedSkips });
  assert.deepEqual(counts(report), { passed: 1, failed: 0, skipped: 1 });
});

test('a skip that is allowed in another file fails', async (t) => {
  const allowedSkips = [{ file: 'b.test.ts', name: 'left out', reason: 'needs a kernel with IP_VS' }];
  const report = await runOne(t, `${pass}test.skip('left out', () => {});\n`, { allowedSkips });
  assert.equal(report.failed, 1);
});

for (const [what, source, problem] of [
  ['a file without a test', '', /^has no test$/],
  ['a file that does not parse', 'const = 1;\n', /^ended with exit code 1$/],
  ['a file that throws', `${pass}throw new Error('x');\n`, /^ended with exit code [1-9]/],
  ['a file that exits in the middle', `${pass}process.exit(3);\n`, /^ended with exit code 3$/],
  ['a file that kills itself', `${pass}process.kill(process.pid, 'SIGKILL');\n`, /^ended with a signal$/],
] as const) {
  test(`${what} fails`, async (t) => {
    const report = await runOne(t, source);
    assert.equal(report.failed, 1);
    assert.equal(report.problems.length, 1);
    assert.match(report.problems[0] ?? '', problem);
  });
}

test('a file that leaves something open is ended and fails, though its tests passed', async (t) => {
  const report = await runOne(t, `${pass}setInterval(() => {}, 1000);\n`, { unitMs: 3000 });
  assert.deepEqual(counts(report), { passed: 1, failed: 1, skipped: 0 });
  assert.match(report.problems.join(), /did not end within 3 s/);
});

test('what a test file leaves running in its group is ended', async (t) => {
  const leave = `import { spawn } from 'node:child_process';
const child = spawn('sleep', ['600'], { stdio: 'inherit' });
child.unref();
console.log('PID ' + child.pid);\n`;
  const report = await runOne(t, `${leave}${pass}`);
  assert.deepEqual(report.problems, []);
  const pid = Number(/PID (\d+)/.exec(report.output)?.[1]);
  // An orphan that nobody has reaped yet still has a number, but no command line.
  const listing = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout;
  assert.doesNotMatch(listing, /sleep 600/);
});

/** Notes when it begins, how modest it is, and when it ends: not before other files have. */
const note = (
  file: string,
  after: readonly string[],
): string => `import { appendFileSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
test('notes', async () => {
  appendFileSync('notes', '${file} begins ' + getPriority() + '\\n');
  for (const other of ${JSON.stringify(after)}) {
    while (!readFileSync('notes', 'utf8').includes(other + ' ends')) await sleep(20);
  }
  appendFileSync('notes', '${file} ends\\n');
});
`;

async function notesOf(t: TestContext, files: readonly string[], settings: Settings): Promise<readonly string[]> {
  let root = '';
  const units = files.filter((file) => !file.startsWith('test/'));
  const planted = Object.fromEntries(files.map((file) => [file, note(file, file.includes('last') ? units : [])]));
  const reports = await runPlanted(t, planted, { ...settings, onRoot: (path) => (root = path) });
  assert.deepEqual(
    reports.map(({ file, passed }) => `${file} ${passed}`).toSorted(),
    files.map((file) => `${file} 1`),
  );
  return readFileSync(join(root, 'notes'), 'utf8').trim().split('\n');
}

test('unit files run modestly beside those on engines, the longest last, and as they are when nothing else runs', async (t) => {
  const own = getPriority();
  const files = ['a.test.ts', 'b.test.ts', 'c.test.ts', 'test/engine/last.test.ts'];
  const notes = await notesOf(t, files, { longest: ['c.test.ts'] });
  const modest = Math.min(own + 5, 19);
  assert.ok(notes.includes(`test/engine/last.test.ts begins ${own}`));
  assert.deepEqual(
    notes.filter((line) => line.includes(' begins ') && !line.startsWith('test/')),
    ['b', 'a', 'c'].map((name) => `${name}.test.ts begins ${modest}`),
  );
  const units = await notesOf(t, ['a.test.ts', 'b.test.ts'], {});
  assert.deepEqual(units.filter((line) => line.includes(' begins ')).toSorted(), [
    `a.test.ts begins ${own}`,
    `b.test.ts begins ${own}`,
  ]);
});

test('browsers come before engines, and a file that bears no other after the others of its group', async (t) => {
  const files = ['test/browser/a.test.ts', 'test/engine/alone.test.ts', 'test/engine/b.test.ts'];
  const notes = await notesOf(t, files, { alone: ['test/engine/alone.test.ts'] });
  assert.match(notes.slice(0, 2).join(), /^test\/browser\/a\.test\.ts begins \d+,test\/browser\/a\.test\.ts ends$/);
  assert.match(notes.at(-2) ?? '', /^test\/engine\/alone\.test\.ts begins/);
  assert.equal(notes.at(-1), 'test/engine/alone.test.ts ends');
});

test('fewer tests than the committed minimum are a failure, as many or more are not', () => {
  assert.match(judgeCount('unit', 9, 10) ?? '', /9 unit tests ran/);
  assert.equal(judgeCount('unit', 10, 10), undefined);
  assert.equal(judgeCount('engine', 11, 10), undefined);
});

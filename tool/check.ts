import { join } from 'node:path';
import { listPaths, readFiles } from './project-files.ts';
import { endGroupsOnSignal, runProcess } from './run-process.ts';
import { shellOf } from './tidy.ts';

/** A check passes when all its commands exit with 0. */
type Check = { readonly name: string; readonly commands: readonly (readonly string[])[] };
type CheckResult = { readonly name: string; readonly passed: boolean };

const root = join(import.meta.dirname, '..');
const limitMs = 120_000;

function tool(name: string, ...args: readonly string[]): readonly string[] {
  return [process.execPath, join(root, 'node_modules/.bin', name), ...args];
}

/** One checker, as everything is checked at once: each more would work out anew what several files share. What has not changed is known. */
function typesOf(project: string): readonly string[] {
  const known = join(root, 'node_modules/.cache/tsc', `${project === '.' ? 'root' : project}.tsbuildinfo`);
  return tool('tsc', '--noEmit', '--checkers', '1', '--incremental', '--tsBuildInfoFile', known, '-p', project);
}

const prettier = ['--cache', '--log-level=warn'];
const formatted = '**/*.{ts,tsx,mjs,json,yaml,yml,css,html}';

function listChecks(): readonly Check[] {
  return [
    { name: 'types', commands: ['.', 'dashboard'].map(typesOf) },
    { name: 'lint', commands: [tool('oxlint', '--type-aware', '--deny-warnings')] },
    { name: 'format', commands: [tool('prettier', '--check', ...prettier, formatted)] },
    { name: 'unused', commands: [tool('knip', '--no-progress')] },
    { name: 'layers', commands: [[process.execPath, 'test/layers.test.ts']] },
    { name: 'tidy', commands: [[process.execPath, 'test/tidy.test.ts']] },
    { name: 'api', commands: [[process.execPath, 'tool/openapi-lint.ts']] },
    { name: 'shell', commands: shellCommands() },
  ];
}

const fixes: readonly Check[] = [
  { name: 'lint --fix', commands: [tool('oxlint', '--type-aware', '--fix', '--quiet')] },
  { name: 'format --write', commands: [tool('prettier', '--write', ...prettier, formatted)] },
];

function shellCommands(): string[][] {
  return readFiles(root, listPaths(root)).flatMap((file) => {
    const shell = shellOf(file);
    return shell === undefined ? [] : [[shell, '-n', file.path]];
  });
}

async function runCheck(check: Check): Promise<CheckResult> {
  const startMs = performance.now();
  const outputs: string[] = [];
  let passed = true;
  for (const [command = '', ...args] of check.commands) {
    const end = await runProcess(command, args, { cwd: root, limitMs });
    if (end.code === 0) continue;
    passed = false;
    const ending = end.timedOut ? `did not end within ${limitMs / 1000} s\n` : '';
    outputs.push(`${end.output}${ending}`);
  }
  const durationMs = Math.round(performance.now() - startMs);
  console.log(`${passed ? 'ok   ' : 'FAIL '} ${check.name.padEnd(16)}${String(durationMs).padStart(6)} ms`);
  if (!passed) console.log(outputs.join('').trimEnd());
  return { name: check.name, passed };
}

const usage = `usage: bin/check [--fix]
Checks types, lint, format, unused code, layers, repository rules, the API's description and scripts, all at once.
--fix mends format and what lint can mend by itself, then checks. Ends with 0 when all pass, with 1 when one fails.`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage);
    return 0;
  }
  const unknown = args.find((arg) => arg !== '--fix');
  if (unknown !== undefined) {
    console.error(`check: unknown argument ${unknown}; the only one is --fix`);
    return 2;
  }
  if (args.includes('--fix')) {
    for (const fix of fixes) await runCheck(fix);
  }
  const startMs = performance.now();
  const results = await Promise.all(listChecks().map(runCheck));
  const failed = results.filter((result) => !result.passed).map((result) => result.name);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(failed.length === 0 ? `all checks pass, ${seconds} s` : `failed: ${failed.join(', ')}; ${seconds} s`);
  return failed.length === 0 ? 0 : 1;
}

endGroupsOnSignal();
process.exitCode = await main(process.argv.slice(2));

import { posix } from 'node:path';
import { isTestFile, isTypeScript } from './project-files.ts';
import type { ProjectFile } from './project-files.ts';
import { readSource } from './source.ts';
import type { SourceFacts } from './source.ts';
import type { Violation } from './violation.ts';

const linesMax = 400;

/** Files that must have a default export, since the tool that loads them asks for it. */
const defaultExportAllowed = new Set(['tool/test-reporter.ts', 'dashboard/vite.config.ts']);

const kebabCase = /^\.?[a-z0-9]+([.-][a-z0-9]+)*$/;
const conventionalNames = /^([A-Z]+(\.md)?|Dockerfile(\.[a-z]+)?)$/;
const unfinished = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);
const typeEscape = /@ts-(ignore|nocheck|expect-error)\b/;
const lintEscape = /\b(ox|es)lint-disable(?!.* -- \S)/;
const machinePath = new RegExp(`(?<![\\w.~-])/(${['work', 'root', 'home/[^/\\s]+', 'Users/[^/\\s]+'].join('|')})/`);
const textTypes = /\.(tsx?|js|mjs|css|html|sh|sql|ya?ml|json|md)$/;

/**
 * Checks all rules that are about files and not about types. `files` is the project's text, `paths` all that a link may
 * lead to, pictures too.
 */
export function tidyViolations(
  files: readonly ProjectFile[],
  paths: readonly string[] = files.map(({ path }) => path),
): Violation[] {
  const known = new Set(paths.flatMap((path) => [path, ...foldersOf(path)]));
  return files.flatMap((file) => [
    ...nameViolations(file),
    ...textViolations(file),
    ...(isTypeScript(file.path) ? typeScriptViolations(file) : []),
    ...(isShellScript(file) ? shellViolations(file) : []),
    ...(file.path.endsWith('.md') ? linkViolations(file, known) : []),
  ]);
}

/** The shell that a script asks for, or undefined for what is no shell script. */
export function shellOf(file: ProjectFile): 'sh' | 'bash' | undefined {
  const shebang = /^#!.*\b(ba)?sh$/.exec(file.text.split('\n', 1)[0] ?? '');
  if (shebang !== null) return shebang[1] === undefined ? 'sh' : 'bash';
  return file.path.endsWith('.sh') ? 'sh' : undefined;
}

function isShellScript(file: ProjectFile): boolean {
  return shellOf(file) !== undefined;
}

function violation(file: ProjectFile, line: number, rule: string, detail: string): Violation {
  return { path: file.path, line, rule, detail };
}

function nameViolations(file: ProjectFile): Violation[] {
  return file.path
    .split('/')
    .filter((part) => !kebabCase.test(part) && !conventionalNames.test(part))
    .map((part) => violation(file, 1, 'file name', `${part} is not kebab-case`));
}

function textViolations(file: ProjectFile): Violation[] {
  if (!textTypes.test(file.path) && !isShellScript(file)) return [];
  const found: Violation[] = [];
  for (const [index, line] of file.text.split('\n').entries()) {
    if (machinePath.test(line)) found.push(violation(file, index + 1, 'machine path', line.trim()));
    if (isTypeScript(file.path) || file.path.endsWith('.md')) continue;
    if (unfinished.test(line)) found.push(violation(file, index + 1, 'unfinished', line.trim()));
  }
  if (file.path.endsWith('package-lock.json') && file.text.includes('"resolved"')) {
    found.push(violation(file, 1, 'lockfile', 'names the registry it was made with; see .npmrc'));
  }
  return found;
}

function typeScriptViolations(file: ProjectFile): Violation[] {
  const found: Violation[] = [];
  const lines = file.text.split('\n').length - 1;
  if (lines > linesMax && !isTestCode(file.path)) {
    found.push(violation(file, lines, 'file size', `${lines} lines; one idea a file, ${linesMax} at most`));
  }
  const facts = readSource(file.path, file.text);
  if (facts.defaultExportLine !== undefined && !defaultExportAllowed.has(file.path)) {
    found.push(violation(file, facts.defaultExportLine, 'default export', 'export it by name'));
  }
  for (const { text, line } of facts.comments) {
    if (unfinished.test(text)) found.push(violation(file, line, 'unfinished', text.trim()));
    if (typeEscape.test(text)) found.push(violation(file, line, 'type escape', text.trim()));
    if (lintEscape.test(text)) found.push(violation(file, line, 'lint escape', 'give the reason: -- why'));
  }
  if (isTestFile(file.path) && !registersTests(facts)) {
    found.push(violation(file, 1, 'empty test', 'calls neither test nor a shared suite'));
  }
  return found;
}

function isTestCode(path: string): boolean {
  return isTestFile(path) || path.startsWith('test/') || path.split('/').includes('testing');
}

function registersTests(facts: SourceFacts): boolean {
  const called = new Set(facts.calls.map((call) => call.name));
  const testing = facts.imports.filter(
    (site) => site.specifier === 'node:test' || site.specifier.split('/').includes('testing'),
  );
  return testing.some((site) => site.names?.some((name) => called.has(name)) ?? false);
}

function shellViolations(file: ProjectFile): Violation[] {
  const found: Violation[] = [];
  if (!file.executable) found.push(violation(file, 1, 'shell script', 'is not executable'));
  const lines = file.text.split('\n');
  const first = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines[first]?.startsWith('set -eu') !== true) {
    found.push(violation(file, Math.max(first, 0) + 1, 'shell script', 'does not start with set -eu'));
  }
  return found;
}

function linkViolations(file: ProjectFile, known: ReadonlySet<string>): Violation[] {
  const found: Violation[] = [];
  let fenced = false;
  for (const [index, line] of file.text.split('\n').entries()) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    if (fenced) continue;
    for (const [, target = ''] of line.replace(/`[^`]*`/g, '').matchAll(/\]\(<?([^)\s>]+)/g)) {
      if (/^([a-z][a-z+.-]*:|#|\/)/i.test(target)) continue;
      const path = posix.join(posix.dirname(file.path), decodeURI(target.replace(/[#?].*$/, ''))).replace(/\/$/, '');
      if (path !== '.' && !known.has(path)) found.push(violation(file, index + 1, 'dead link', target));
    }
  }
  return found;
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

import { posix } from 'node:path';
import { isTestFile } from './project-files.ts';
import { readSource } from './source.ts';
import type { ImportSite } from './source.ts';
import { coreViolations } from './core-rules.ts';
import type { Violation } from './violation.ts';

/** Which layers of ours a layer may import, besides itself. `any` is for the places that put parts together. */
const arrows: Readonly<Record<string, readonly string[] | 'any'>> = {
  core: [],
  port: ['core'],
  wire: ['core'],
  store: ['core', 'port'],
  engine: ['core', 'port'],
  adapter: ['core', 'port'],
  app: ['core', 'port'],
  http: ['core', 'port', 'wire', 'app'],
  client: ['core', 'wire'],
  cli: ['core', 'wire', 'client'],
  dashboard: ['core', 'wire', 'client'],
  local: ['core', 'port'],
  examples: [],
  demo: 'any',
  bench: 'any',
  test: 'any',
  tool: 'any',
  'server.ts': 'any',
};

/** The commands that run a part of the server in their own process. */
const rootCallers = new Set([
  'cli/command/serve.ts',
  'cli/command/backup.ts',
  'cli/command/restore.ts',
  'cli/command/ledger-rebuild.ts',
  'cli/command/ledger-verify.ts',
  'cli/trial.ts',
]);

/** What a shared suite or fake in a `testing/` folder may import, besides its own layer. */
const testingArrows = ['core', 'port'];

/** Checks the imports of one source file, and what core must do without. Tests beside the code are free. */
export function layerViolations(path: string, text: string): Violation[] {
  if (isTestFile(path)) return [];
  const facts = readSource(path, text);
  const violations = facts.imports.flatMap((site) => importViolations(path, site));
  return isPureCore(path) ? [...violations, ...coreViolations(path, facts)] : violations;
}

function importViolations(path: string, site: ImportSite): Violation[] {
  const from = layerOf(path);
  const allowed = allowedFrom(path, from);
  if (allowed === undefined) {
    return [{ path, line: site.line, rule: 'layers', detail: `${from} is no layer: name it in tool/layers.ts` }];
  }
  if (allowed === 'any' || !site.specifier.startsWith('.')) return [];
  const target = posix.join(posix.dirname(path), site.specifier);
  const to = layerOf(target);
  if (to === 'server.ts' && rootCallers.has(path)) return [];
  if (to === from || allowed.includes(to) || to === 'package.json') return [];
  return [{ path, line: site.line, rule: 'layers', detail: `${from} may not import ${target}` }];
}

function allowedFrom(path: string, layer: string): readonly string[] | 'any' | undefined {
  const allowed = Object.hasOwn(arrows, layer) ? arrows[layer] : undefined;
  return allowed !== undefined && allowed !== 'any' && isTesting(path) ? testingArrows : allowed;
}

function isPureCore(path: string): boolean {
  return layerOf(path) === 'core' && !isTesting(path);
}

function isTesting(path: string): boolean {
  return path.split('/').includes('testing');
}

function layerOf(path: string): string {
  return path.split('/', 1)[0] ?? path;
}

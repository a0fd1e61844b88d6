import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { layerViolations } from '../tool/layers.ts';
import { isTypeScript, listPaths, readFiles } from '../tool/project-files.ts';
import { formatViolations } from '../tool/violation.ts';

const root = join(import.meta.dirname, '..');

test('every import of the project points down', () => {
  const files = readFiles(root, listPaths(root).filter(isTypeScript));
  assert.ok(files.length > 0, 'no source file was found');
  const violations = files.flatMap((file) => layerViolations(file.path, file.text));
  assert.equal(formatViolations(violations), '');
});

const forbiddenImports: readonly (readonly [path: string, source: string])[] = [
  ['core/a.ts', "import { b } from '../port/b.ts';"],
  ['core/a.ts', "export { b } from '../wire/b.ts';"],
  ['core/a.ts', "export * from '../app/b.ts';"],
  ['core/deep/a.ts', "import '../../store/b.ts';"],
  ['port/a.ts', "import type { B } from '../wire/b.ts';"],
  ['wire/a.ts', "import { b } from '../port/b.ts';"],
  ['store/a.ts', "import { b } from '../engine/b.ts';"],
  ['engine/swarm/a.ts', "import { b } from '../../app/b.ts';"],
  ['adapter/a.ts', "import { b } from '../store/b.ts';"],
  ['app/a.ts', "import { b } from '../store/b.ts';"],
  ['app/a.ts', "type B = import('../engine/b.ts').B;"],
  ['http/a.ts', "import { b } from '../store/b.ts';"],
  ['client/a.ts', "import { b } from '../app/b.ts';"],
  ['cli/a.ts', "import { b } from '../app/b.ts';"],
  ['cli/a.ts', "const b = await import('../server.ts');"],
  ['dashboard/a.tsx', "import { b } from '../http/b.ts';"],
  ['local/a.ts', "import { b } from '../engine/b.ts';"],
  ['store/testing/a.ts', "import { b } from '../../app/b.ts';"],
  ['nowhere/a.ts', "import { b } from '../core/b.ts';"],
  ['stray.ts', "import { b } from './core/b.ts';"],
];

for (const [path, source] of forbiddenImports) {
  test(`${path} may not contain: ${source}`, () => {
    const violations = layerViolations(path, source);
    assert.ok(violations.some((violation) => violation.rule === 'layers'));
  });
}

const impure: readonly string[] = [
  'const now = Date.now();',
  'const now = new Date();',
  'const now = Date();',
  'const now = performance.now();',
  'const die = Math.random();',
  "const die = Math['random']();",
  'const id = crypto.randomUUID();',
  'setTimeout(() => {}, 1);',
  'const later = setInterval;',
  'setImmediate(() => {});',
  'queueMicrotask(() => {});',
  'const home = process.env.HOME;',
  'const box = { process };',
  'const it = globalThis;',
  "console.log('x');",
  "await fetch('http://localhost');",
  "const b = await import('./b.ts');",
  "import { readFileSync } from 'node:fs';",
  "import { randomUUID } from 'node:crypto';",
  "import * as crypto from 'node:crypto';",
  "import crypto from 'node:crypto';",
  "export * from 'node:crypto';",
  "import { request } from 'undici';",
];

for (const source of impure) {
  test(`core may not contain: ${source}`, () => {
    const violations = layerViolations('core/a.ts', source);
    assert.ok(violations.some((violation) => violation.rule === 'core is pure'));
  });
}

const permitted: readonly (readonly [path: string, source: string])[] = [
  ['core/a.ts', "import { hash } from 'node:crypto'; import { b } from './b.ts';"],
  ['core/a.ts', 'type Step = { readonly process: string }; const a = { process: 1 }; export const p = a.process;'],
  ['core/a.ts', '// Date.now() is an argument here\nexport const at = new Date(0);'],
  ['core/a.test.ts', "import { b } from '../app/b.ts'; setTimeout(() => {}, 1);"],
  ['app/a.ts', "import { b } from '../core/b.ts'; import type { C } from '../port/c.ts';"],
  ['http/a.ts', "import { b } from '../app/b.ts'; import fastify from 'fastify';"],
  ['cli/a.ts', "import { b } from '../client/b.ts'; import pkg from '../package.json' with { type: 'json' };"],
  ['engine/testing/a.ts', "import { b } from '../simulated/b.ts'; import { c } from '../../core/c.ts';"],
  ['server.ts', "import { b } from './store/b.ts';"],
];

for (const [path, source] of permitted) {
  test(`${path} may contain: ${source}`, () => {
    assert.equal(formatViolations(layerViolations(path, source)), '');
  });
}

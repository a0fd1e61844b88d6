import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { listPaths, readFiles } from '../tool/project-files.ts';
import type { ProjectFile } from '../tool/project-files.ts';
import { tidyViolations } from '../tool/tidy.ts';
import { formatViolations } from '../tool/violation.ts';

const root = join(import.meta.dirname, '..');

test('the repository keeps its own rules', () => {
  const paths = listPaths(root);
  const files = readFiles(root, paths);
  assert.ok(files.length > 0, 'no file was found');
  assert.equal(formatViolations(tidyViolations(files, paths)), '');
});

function file(path: string, text: string, executable = false): ProjectFile {
  return { path, text, executable };
}

const todo = ['TO', 'DO'].join('');
const home = ['', 'home', 'somebody', 'x'].join('/');
const broken: readonly (readonly [name: string, rule: string, file: ProjectFile])[] = [
  ['a source file of 401 lines', 'file size', file('core/a.ts', '\n'.repeat(401))],
  ['an unfinished note in TypeScript', 'unfinished', file('core/a.ts', `// ${todo}: later\n`)],
  ['an unfinished note in a script', 'unfinished', file('bin/a', `#!/bin/sh\nset -eu\n# ${todo}\n`, true)],
  ['an unfinished note in SQL', 'unfinished', file('migrations/1.sql', `-- ${todo} index\n`)],
  ['a silenced type error', 'type escape', file('core/a.ts', '// @ts-ignore\nexport const a = 1;\n')],
  ['an expected type error', 'type escape', file('core/a.ts', '/* @ts-expect-error */\nexport const a = 1;\n')],
  ['a lint rule switched off without a reason', 'lint escape', file('core/a.ts', '// oxlint-disable-next-line no-x\n')],
  ['a script that is not executable', 'shell script', file('bin/a', '#!/bin/sh\nset -eu\n')],
  ['a script without set -eu', 'shell script', file('bin/a', '#!/bin/sh\n# x\necho hello\n', true)],
  ['a test file without a test', 'empty test', file('core/a.test.ts', "import { test } from 'node:test';\n")],
  ['a file name in camel case', 'file name', file('core/someFile.ts', '')],
  ['a folder name with an underscore', 'file name', file('core/some_folder/a.ts', '')],
  ['a default export', 'default export', file('core/a.ts', 'export default 1;\n')],
  ['a default export by another name', 'default export', file('core/a.ts', 'const a = 1;\nexport { a as default };\n')],
  ['a link to a file that is not there', 'dead link', file('docs/A.md', 'see [b](../b.md#c)\n')],
  ['a path of one machine', 'machine path', file('docs/A.md', `run ${home}\n`)],
  ['a path of one machine in a source file', 'machine path', file('core/a.ts', `export const a = '${home}';\n`)],
  ['a lockfile that names a registry', 'lockfile', file('package-lock.json', '{ "resolved": "x" }')],
];

for (const [name, rule, planted] of broken) {
  test(`${name} is found`, () => {
    const violations = tidyViolations([planted]);
    assert.deepEqual([...new Set(violations.map((violation) => violation.rule))], [rule]);
  });
}

const sound: readonly (readonly [name: string, file: ProjectFile])[] = [
  ['a source file of 400 lines', file('core/a.ts', '\n'.repeat(400))],
  [
    'a long test file',
    file('core/a.test.ts', `import { test } from 'node:test';\ntest('a', () => {});\n${'\n'.repeat(500)}`),
  ],
  [
    'a test file that runs a shared suite',
    file('store/a.test.ts', "import { suite } from './testing/b.ts';\nsuite();\n"),
  ],
  [
    'a lint rule switched off with a reason',
    file('core/a.ts', '// oxlint-disable-next-line no-x -- the format asks for it\n'),
  ],
  ['a script as it should be', file('bin/a', '#!/usr/bin/env bash\n# What it is for.\n\nset -euo pipefail\n', true)],
  [
    'a conventional document name',
    file('docs/NOMENCLATURE.md', '[here](#words) [web](https://example.com) [dir](.)\n'),
  ],
  ['a link in an example', file('docs/A.md', '```\n[b](b.md)\n```\n')],
];

for (const [name, planted] of sound) {
  test(`${name} is let through`, () => {
    assert.equal(formatViolations(tidyViolations([planted])), '');
  });
}

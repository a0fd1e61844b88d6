import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createMemoryIo, type MemoryOptions } from '../test/support/memory-io.ts';
import { run } from './run.ts';

const late =
  'FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm cache clean --force\nUSER node\nHEALTHCHECK NONE\nCMD ["node"]\n';
const better = late
  .replace('COPY . .\nRUN', 'COPY package.json package-lock.json ./\nRUN')
  .replace('--force\n', '--force\nCOPY . .\n');
const context = { '.dockerignore': 'node_modules\n.git\n', 'package.json': '{}', 'package-lock.json': '{}' };

async function folderOf(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'drayage-lint-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

async function dray(folder: string, args: readonly string[], options: MemoryOptions = {}) {
  const io = createMemoryIo({ folder, ...options });
  const code = await run(args, io, '0.0.0');
  return { code, ...io.written };
}

test('a finding is shown like a compiler does, with the reason, the cost and the better order; exit code 1', async (t) => {
  const folder = await folderOf(t, { Dockerfile: late, ...context });
  const { code, stdout } = await dray(folder, ['lint']);
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^Dockerfile:3:1: warning: the sources are copied before npm ci \(line 4\) \[sources-before-dep/,
  );
  assert.match(stdout, /\n {2}3 \| COPY \. \.\n {4}\| \^{8}\n {2}why /);
  assert.match(stdout, /cost {2}a change there makes 2 layers anew, npm ci among them; in the order below 1 layer/);
  assert.match(stdout, /\n {2}\+COPY package\.json package-lock\.json \.\/\n/);
  assert.match(stdout, /\nDockerfile: 1 warning\n$/);
  assert.ok(!stdout.includes('\u001b') && !stdout.includes('taken for granted'));
  assert.ok((await dray(folder, ['lint'], { isTerminal: true })).stdout.includes('\u001b[33mwarning:'));
});

test('--fix writes the better order, after which nothing is found', async (t) => {
  const folder = await folderOf(t, { Dockerfile: late, ...context });
  const { code, stdout, stderr } = await dray(folder, ['lint', '--fix']);
  assert.equal(code, 0);
  assert.match(stdout, /nothing found in 8 instructions in 1 stage/);
  assert.match(stderr, /is written in the order that costs less/);
  assert.equal(await readFile(join(folder, 'Dockerfile'), 'utf8'), better);
});

test('standard input is read as -, and --fix answers it on standard output', async (t) => {
  const folder = await folderOf(t, {});
  const { code, stdout } = await dray(folder, ['lint', '-'], { stdin: late });
  assert.equal(code, 1);
  assert.match(stdout, /\(standard input\):3:1/);
  assert.match(stdout, /taken for granted: npm ci reads nothing else of the project/);
  assert.deepEqual(await dray(folder, ['lint', '--fix', '-'], { stdin: late }), {
    code: 0,
    stdout: better,
    stderr: '',
  });
});

test('JSON and SARIF are one document each; several files stand in one', async (t) => {
  const folder = await folderOf(t, { Dockerfile: late, 'b/Dockerfile': better, ...context });
  for (const format of [['--json'], ['--format', 'json']]) {
    const { code, stdout } = await dray(folder, ['lint', 'Dockerfile', 'b/Dockerfile', ...format]);
    const { files } = JSON.parse(stdout);
    assert.equal(code, 1);
    assert.deepEqual([files[0].file, files[0].findings[0].rule], ['Dockerfile', 'sources-before-dependencies']);
    assert.equal(files[0].findings[0].correction.by, 'split');
  }
  const { stdout } = await dray(folder, ['lint', '--format', 'sarif']);
  assert.equal(JSON.parse(stdout).runs[0].results[0].ruleId, 'sources-before-dependencies');
});

test('--rule, --level and --context choose what is looked at', async (t) => {
  const notes = 'FROM a:1\nUSER 1\nCMD ["a"]\n';
  const folder = await folderOf(t, { 'docker/Dockerfile': late, Notes: notes, ...context });
  assert.equal((await dray(folder, ['lint', 'Notes'])).code, 1);
  assert.equal((await dray(folder, ['lint', 'Notes', '--level', 'warning'])).code, 0);
  assert.equal((await dray(folder, ['lint', 'Notes', '--rule', 'root-user'])).code, 0);
  assert.equal((await dray(folder, ['lint', '--rule', 'no-such-rule', 'Notes'])).code, 2);
  assert.match((await dray(folder, ['lint', 'docker/Dockerfile'])).stdout, /taken for granted/);
  assert.doesNotMatch(
    (await dray(folder, ['lint', 'docker/Dockerfile', '--context', '.'])).stdout,
    /taken for granted/,
  );
});

test('a .dockerignore of the Dockerfile itself comes before that of the folder', async (t) => {
  const files = { Dockerfile: better, 'package.json': '{}' };
  const without = await folderOf(t, files);
  assert.match((await dray(without, ['lint'])).stdout, /\[dockerignore-missing\]/);
  const own = await folderOf(t, { ...files, 'Dockerfile.dockerignore': '.git\n' });
  assert.equal((await dray(own, ['lint'])).code, 0);
});

test('what cannot be read is exit code 2, with its place', async (t) => {
  const folder = await folderOf(t, { Dockerfile: 'FROM a:1\nRUNN x\n' });
  const { code, stderr } = await dray(folder, ['lint']);
  assert.equal(code, 2);
  assert.match(stderr, /Dockerfile:2:1: 'RUNN' is no instruction[^]*Did you mean RUN\?/);
  assert.equal((await dray(folder, ['lint', 'nowhere'])).code, 2);
});

test('a release tells what is found in its Dockerfile, and fails for errors only when that is asked for', async (t) => {
  const folder = await folderOf(t, {
    Dockerfile: 'FROM a:1\nENV API_TOKEN=abc\nUSER 1\n',
    'compose.yaml': 'services: { cart: { image: a } }\n',
  });
  const release = ['release', 'cart', '1.0.0', '--dockerfile', 'Dockerfile'];
  const failing = await dray(folder, [...release, '--lint-errors-fail']);
  assert.equal(failing.code, 1);
  assert.match(failing.stderr, /error: API_TOKEN in ENV looks like a secret[^]*Nothing is registered/);
  assert.equal(failing.stdout, '');
  const going = await dray(folder, release, { env: { DRAYAGE_URL: 'http://127.0.0.1:1' } });
  assert.equal(going.code, 9);
  assert.match(going.stderr, /error: API_TOKEN in ENV looks like a secret/);
});

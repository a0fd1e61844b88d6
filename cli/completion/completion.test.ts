import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { createProgram } from '../program.ts';
import { candidatesFor } from './candidates.ts';
import { completionScript, filesMark, shells } from './script.ts';

const program = createProgram(async () => await Promise.resolve(), '0.0.0');

function wordsFor(...words: readonly string[]): readonly string[] {
  return candidatesFor(program, words).words.map(({ word }) => word);
}

test('commands are completed by their beginning, those of a group after it', () => {
  assert.deepEqual(wordsFor('dep'), ['deploy', 'deployments']);
  assert.deepEqual(wordsFor('token', 're'), ['revoke']);
  assert.ok(!wordsFor('').includes('complete'));
});

test('options are completed, those of the whole program too', () => {
  assert.deepEqual(wordsFor('plan', '--ex'), ['--exit-code']);
  assert.deepEqual(wordsFor('deploy', 'dev', '--js'), ['--json']);
});

test('what has choices is completed with them', () => {
  assert.deepEqual(wordsFor('schema', ''), ['deployment', 'platform']);
  assert.deepEqual(wordsFor('token', 'create', 'ci', '--role', 'v'), ['viewer']);
});

test('names are asked of the server where a name belongs, files where a file does', () => {
  const at = (...words: readonly string[]) => {
    const { names, files } = candidatesFor(program, words);
    return { names, files };
  };
  assert.deepEqual(at('status', ''), { names: ['environment'], files: false });
  assert.deepEqual(at('logs', 'dev', ''), { names: ['service'], files: false });
  assert.deepEqual(at('cancel', ''), { names: ['deployment'], files: false });
  assert.deepEqual(at('deploy', ''), { names: ['environment'], files: true });
  assert.deepEqual(at('rollback', 'dev', '--to', ''), { names: ['deployment'], files: false });
  assert.deepEqual(at('serve', '--platform', ''), { names: [], files: true });
  assert.deepEqual(at('logs', 'dev', 'cart', ''), { names: [], files: false });
});

test('the value of an option is not taken for an argument', () => {
  assert.deepEqual(candidatesFor(program, ['logs', '--tail', '5', '']).names, ['environment']);
  assert.deepEqual(candidatesFor(program, ['logs', '--tail=5', '']).names, ['environment']);
  assert.deepEqual(candidatesFor(program, ['logs', '-f', '']).names, ['environment']);
});

test('every script asks dray complete and knows the mark for files', async () => {
  for (const shell of shells) {
    const script = await completionScript(shell);
    assert.match(script, / complete -- /, shell);
    assert.ok(script.includes(filesMark), shell);
  }
});

test('the bash script completes in a real bash', async () => {
  const script = await completionScript('bash');
  const lines = [
    'dray() { printf "%s\\n" "deploy\tbring" "deployments\tlist"; printf "%s|" "$@" >&2; }',
    script.replace('2>/dev/null)', ')'),
    'COMP_WORDS=(dray token dep) COMP_CWORD=2',
    '_dray',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ];
  const { status, stdout, stderr } = spawnSync('bash', ['-c', lines.join('\n')], { encoding: 'utf8', timeout: 10_000 });
  assert.deepEqual(
    { status, stdout, stderr },
    { status: 0, stdout: 'deploy\ndeployments\n', stderr: 'complete|--|token|dep|' },
  );
});

test('the scripts parse in those shells that are here', async () => {
  for (const shell of shells) {
    const { error, status, stderr } = spawnSync(shell, ['-n'], {
      input: await completionScript(shell),
      encoding: 'utf8',
      timeout: 10_000,
    });
    if (error === undefined) assert.equal(status, 0, stderr);
    else assert.notEqual(shell, 'bash');
  }
});

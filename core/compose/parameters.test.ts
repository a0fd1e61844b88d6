import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '../fault.ts';
import { sha256 } from '../hash.ts';
import type { ReleaseManifest } from '../release.ts';
import { codeOf } from '../testing/code-of.ts';
import { instantiate, readDefinition } from './definition.ts';
import { readTemplateFile } from './template-file.ts';

const service = 'services:\n  web:\n    image: a\n    environment: { LEVEL: "${LEVEL}", PORT: "${PORT:-80}" }\n';

function read(extension: string, rest = '', vars: Record<string, string> = {}) {
  const text = `${service}${rest}x-drayage:\n  parameters:\n${extension}`;
  return readDefinition({ name: 'compose.yaml', text }, { service: 'web' }, vars);
}

/** The places and messages of what is wrong. */
function problemsOf(extension: string, rest = ''): readonly string[] {
  try {
    read(extension, rest);
  } catch (error) {
    if (!isFault(error, 'document.invalid')) throw error;
    return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  }
  return assert.fail('nothing is wrong with it');
}

function manifestOf(extension: string, rest = ''): ReleaseManifest {
  const { definition, parameters, inline, templates } = read(extension, rest);
  const images = { web: 'a@sha256:0' };
  const files = Object.fromEntries(Object.entries(inline).map(([path, content]) => [path, sha256(content)]));
  return {
    identity: { service: 'web', version: '1', definition, images, files },
    parameters,
    images: {},
    source: { name: 'compose.yaml', text: '' },
    meta: {},
    warnings: [],
    templates,
  };
}

test('what is declared goes with what the file uses, and what is not declared stays as it was', () => {
  const { parameters } = read(
    '    LEVEL: { type: enum, values: [info, warn], default: info, description: How much is said }\n    EXTRA: { type: url }\n',
  );
  assert.deepEqual(parameters, [
    { name: 'EXTRA', type: 'url', required: true, declared: true },
    {
      name: 'LEVEL',
      type: 'enum',
      required: false,
      declared: true,
      description: 'How much is said',
      default: 'info',
      values: ['info', 'warn'],
    },
    { name: 'PORT', type: 'text', required: false },
  ]);
});

test('a default that names a parameter, itself or another, is refused at its place: there are no circles', () => {
  assert.deepEqual(problemsOf('    LEVEL: { default: "${PORT}" }\n    PORT:\n      default: "${LEVEL:-x}"\n'), [
    '7:23 a default is a value by itself, and this one names ${PORT}',
    '9:16 a default is a value by itself, and this one names ${LEVEL}',
  ]);
});

test('what a declaration says against itself is told at its place', () => {
  assert.deepEqual(
    problemsOf(
      [
        '    A: { type: enum }',
        '    B: { type: integer, min: 3, max: 1 }',
        '    C: { default: x, required: true }',
        '    D: { pattern: "(" }',
        '    E: { type: integer, min: 3, default: 2 }',
        '    F: { typ: integer }',
        '    "G-": {}',
        '    LEVEL: { required: false }',
        '',
      ].join('\n'),
    ).map((it) => it.replace(/, found.*/, '')),
    [
      "7:10 an enum needs 'values'",
      '8:33 nothing lies from 3 to 1',
      '9:22 what has a default is never required',
      '10:19 expected a regular expression',
      '11:33 the default of E is no value for it: it is less than 3',
      "12:10 unknown key 'typ'",
      "13:5 'G-' is no name of a parameter: letters, digits and underscores",
      '14:14 LEVEL is not required and has no default, and yet the file needs a value',
    ],
  );
});

test('a value is checked before it is used, and a default stands in where there is none', () => {
  const manifest = manifestOf(
    '    LEVEL: { default: info, pattern: "[a-z]+" }\n    PORT: { type: integer, min: 1, max: 65535, required: true }\n',
  );
  const values = (given: Record<string, string>) => instantiate(manifest, given).components['web']?.variables;
  assert.deepEqual(values({ PORT: '81' }), { LEVEL: 'info', PORT: '81' });
  assert.equal(
    codeOf(() => values({ PORT: '81', LEVEL: 'Info' })),
    'plan.parameter-wrong',
  );
  assert.equal(
    codeOf(() => values({ PORT: '0' })),
    'plan.parameter-wrong',
  );
  assert.equal(
    codeOf(() => values({ PORT: 'eighty' })),
    'plan.parameter-wrong',
  );
  // Needed by its declaration, although the file has a default for it.
  assert.equal(
    codeOf(() => values({})),
    'plan.parameter-missing',
  );
});

const configs = [
  '    configs: [{ source: said, target: /said }, { source: filed, target: /filed }, { source: fixed, target: /fixed }]',
  'configs:',
  '  said: { content: "level=${LEVEL} $$5" }',
  '  filed: { file: conf/app.conf }',
  '  fixed: { content: always }',
  '',
].join('\n');

test('a config that is a template has its parameters filled in, another stays frozen, and each content has its digest', () => {
  const manifest = manifestOf('    LEVEL: {}\n  templates: [said, filed]\n', configs);
  assert.deepEqual([manifest.templates, Object.keys(manifest.identity.files)], [['conf/app.conf'], ['inline:fixed']]);
  const templates = { 'conf/app.conf': 'log ${LEVEL}; proxy $host $${LEVEL} $$ ${PORT:-80}\n' };
  const { components, rendered } = instantiate(manifest, { LEVEL: 'warn' }, templates);
  const texts = ['level=warn $5', 'log warn; proxy $host ${LEVEL} $$ 80\n'];
  assert.deepEqual(Object.values(rendered ?? {}).toSorted(), texts);
  assert.deepEqual(
    components['web']?.configs.map(({ content }) => content),
    [...texts, 'always'].map((text) => sha256(text)),
  );
});

test('inline content that is no template cannot hold what is not known yet, and a template has to be a config', () => {
  assert.match(problemsOf('    LEVEL: {}\n', configs)[0] ?? '', /^7:20 \$\{LEVEL\} must be known when/);
  assert.match(
    problemsOf('    LEVEL: {}\n  templates: [sayed]\n', configs)[1] ?? '',
    /'sayed' is not declared under configs/,
  );
});

test('a template file that names what is no parameter, or is none, is told at its place in that file', () => {
  const parameters = [{ name: 'LEVEL', type: 'text', required: true }] as const;
  const problemsIn = (text: string | Uint8Array) => {
    try {
      readTemplateFile('a.conf', typeof text === 'string' ? Buffer.from(text) : text, parameters);
    } catch (error) {
      if (!isFault(error, 'document.invalid')) throw error;
      return error.problems.map(({ file, line, column, message, hint }) => [
        `${file}:${line}:${column}`,
        message,
        hint,
      ]);
    }
    return [];
  };
  assert.deepEqual(problemsIn('ok ${LEVEL} $host\n'), []);
  assert.deepEqual(problemsIn('one\n  $${LEVLE} ${LEVLE}\n'), [
    ['a.conf:2:13', '${LEVLE} is no parameter of the release', 'did you mean LEVEL?'],
  ]);
  assert.equal(problemsIn('one\n${LEVEL')[0]?.[0], 'a.conf:2:1');
  assert.match(problemsIn(Buffer.from([0xff, 0x00]))[0]?.[1] ?? '', /no text/);
  assert.match(problemsIn(Buffer.alloc(300_000, 'a'))[0]?.[1] ?? '', /at most 262144 bytes/);
});

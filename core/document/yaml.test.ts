import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Document } from 'yaml';
import { isFault, type Fault } from '../fault.ts';
import type { Json } from '../json.ts';
import { entryOf, jsonOfNode, nodeOfJson, type DocumentNode } from './node.ts';
import { parseDocument } from './yaml.ts';

function read(text: string): DocumentNode {
  return parseDocument({ name: 'a.yaml', text });
}

function faultOf(text: string): Fault {
  try {
    read(text);
  } catch (error) {
    assert.ok(isFault(error), String(error));
    return error;
  }
  assert.fail('the document was read');
}

test('every part of the tree knows its line and column', () => {
  const root = read('a:\n  b: [1, "x"]\n');
  assert.ok(root.kind === 'map');
  const a = entryOf(root, 'a');
  assert.ok(a?.value.kind === 'map');
  const b = entryOf(a.value, 'b');
  assert.ok(b?.value.kind === 'list');
  assert.deepEqual([a.line, a.column, b.line, b.column], [1, 1, 2, 3]);
  assert.deepEqual(
    b.value.items.map((item) => [item.line, item.column]),
    [
      [2, 7],
      [2, 10],
    ],
  );
});

test('a scalar keeps the text that it was written as', () => {
  const root = read('[1.10, 0440, 0o440, 1e3, ~, "1.10", TRUE]');
  assert.ok(root.kind === 'list');
  const sources = root.items.map((item) => (item.kind === 'scalar' ? item.source : null));
  assert.deepEqual(sources, ['1.10', '0440', '0o440', '1e3', '~', '1.10', 'TRUE']);
  assert.deepEqual(jsonOfNode(root), ['1.10', '0440', '0o440', '1e3', null, '1.10', true]);
});

test('merge keys and aliases are expanded, and the keys of the map itself win', () => {
  const root = read('x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}\nz: {<<: [{a: 9}, *x]}\n');
  assert.deepEqual(jsonOfNode(root), { x: { a: 1, b: 2 }, y: { b: 3, a: 1 }, z: { a: 9, b: 2 } });
});

test('an empty document is nothing', () => {
  assert.equal(jsonOfNode(read('')), null);
});

test('a key named __proto__ is a key like any other', () => {
  const json = jsonOfNode(read('__proto__: 1\nconstructor: 2'));
  assert.deepEqual(Object.keys(json ?? {}), ['__proto__', 'constructor']);
});

test('a key that stands twice is told with both places', () => {
  const { code, problems } = faultOf('a: 1\nb: 2\na: 3\n');
  assert.equal(code, 'document.invalid');
  assert.equal(problems[0]?.line, 3);
  assert.match(problems[0]?.message ?? '', /line 1, column 1/);
});

const wrong: readonly (readonly [string, string, number, number])[] = [
  ['a second document', 'a: 1\n---\nb: 2\n', 2, 1],
  ['an unclosed list', 'a: [1, 2\n', 2, 1],
  ['an alias without an anchor', 'a: *b\n', 1, 4],
  ['an alias within its own anchor', 'a: &b [*b]\n', 1, 8],
  ['an unknown tag', 'a: !secret x\n', 1, 12],
  ['a list as a key', '? [1]\n: 2\n', 1, 3],
  ['a merge of a number', '<<: 3\n', 1, 1],
  ['another version of YAML', '%YAML 1.1\n---\na: 1\n', 1, 1],
  ['a lone surrogate', 'a: "\\ud800"\n', 1, 4],
  ['a lone surrogate in a comment', 'a: 1\n# \ud83d\n', 2, 3],
  ['a NUL', 'a: "\\0"\n', 1, 4],
];

for (const [what, text, line, column] of wrong) {
  test(`${what} is refused at its place`, () => {
    const { code, problems } = faultOf(text);
    assert.equal(code, 'document.invalid');
    assert.deepEqual([problems[0]?.line, problems[0]?.column], [line, column]);
  });
}

function bomb(): string {
  const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x]'];
  for (let level = 1; level < 11; level += 1) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(',')}]`);
  }
  return lines.join('\n');
}

const large: readonly (readonly [string, string])[] = [
  ['of 10 MB', 'a'.repeat(10_000_000)],
  ['with 1 MiB of bytes in fewer characters', `a: ${'\u{1f4a5}'.repeat(270_000)}`],
  ['with 40,000 keys in 400 kB', Array.from({ length: 40_000 }, (_, at) => `k${at}: 1`).join('\n')],
  ['with 40,000 keys in one flow map', `{${Array.from({ length: 40_000 }, (_, at) => `k${at}: 1`).join(',')}}`],
  ['that grows by aliases', bomb()],
  [
    'that grows by merge keys',
    `a: &a {${Array.from({ length: 900 }, (_, at) => `k${at}: 1`).join(',')}}\n${Array.from({ length: 30 }, (_, at) => `m${at}: {<<: *a}`).join('\n')}`,
  ],
  ['with 101 aliases', `a: &a 1\nb: [${Array.from({ length: 101 }, () => '*a').join(',')}]`],
  ['of 65 levels of flow lists', `${'['.repeat(65)}${']'.repeat(65)}`],
  ['of 1000 levels of block lists', `${'- '.repeat(1000)}a`],
  ['of 10,000 open brackets', '['.repeat(10_000)],
  ['of 1,000,000 open brackets', '['.repeat(1_000_000)],
  ['of 500,000 empty items', '-\n'.repeat(500_000)],
  ['of 1,000,000 blank lines', '\n'.repeat(1_000_000)],
  ['whose aliases are deep', `a: &a ${'['.repeat(40)}${']'.repeat(40)}\nb: ${'['.repeat(40)}*a${']'.repeat(40)}`],
];

for (const [what, text] of large) {
  test(`a document ${what} is refused as too large`, () => {
    assert.equal(faultOf(text).code, 'document.too-large');
  });
}

test('a document of 64 levels and one of 19,000 nodes are read', () => {
  assert.ok(read(`${'['.repeat(64)}${']'.repeat(64)}`));
  assert.ok(read(Array.from({ length: 9_500 }, (_, at) => `k${at}: 1`).join('\n')));
});

test('at most fifty problems are told of one document', () => {
  const { problems, facts } = faultOf(Array.from({ length: 90 }, () => 'a: 1').join('\n'));
  assert.equal(problems.length, 50);
  assert.equal(facts['problems'], 50);
});

const json = fc.jsonValue({ maxDepth: 5, noUnicodeString: false }).map((value) => value as Json);

test('any JSON tree written as YAML reads back as the same, or as a Fault', () => {
  fc.assert(
    fc.property(json, (value) => {
      const text = new Document(value).toString();
      try {
        // Numbers are kept as text where YAML and JSON write them differently.
        const back = JSON.stringify(jsonOfNode(read(text)), numbersAsText);
        assert.equal(back, JSON.stringify(value, numbersAsText));
      } catch (error) {
        if (!isFault(error)) throw error;
      }
    }),
    { numRuns: 500 },
  );
});

function numbersAsText(_: string, value: unknown): unknown {
  return typeof value === 'number' ? String(value === 0 ? 0 : value) : value === '-0' ? '0' : value;
}

test('a tree made of JSON gives that JSON again', () => {
  fc.assert(
    fc.property(json, (value) => {
      assert.equal(JSON.stringify(jsonOfNode(nodeOfJson(value)), numbersAsText), JSON.stringify(value, numbersAsText));
    }),
  );
});

test('any text is read or refused with a Fault', () => {
  const pieces = [
    'a',
    ':',
    ' ',
    '\n',
    '- ',
    '? ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&a ',
    '*a',
    '!t ',
    '|',
    '>',
    '"',
    "'",
    '#',
    '<<: ',
    '%',
    '---\n',
    '\t',
    '\\x',
    '$',
    '\r',
    '@',
    '`',
    '  ',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 60 }), (parts) => {
      try {
        read(parts.join(''));
      } catch (error) {
        if (!isFault(error)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createProblems } from '../document/problems.ts';
import { readEnvFile, type EnvFormat } from './env-file.ts';
import { printTemplate } from './template.ts';

type Values = { readonly [name: string]: string };

function read(text: string, known: Values = {}, format: EnvFormat = 'compose') {
  const file = { name: 'app.env', text };
  const problems = createProblems(file);
  const lookup = (name: string) => {
    const value = known[name];
    return value === undefined ? undefined : ([{ kind: 'text', text: value }] as const);
  };
  const found = readEnvFile(file, format, lookup, problems);
  return {
    values: Object.fromEntries([...found].map(([name, { value }]) => [name, printTemplate(value)])),
    places: [...found.values()].map(({ place }) => `${place.line}:${place.column}`),
    problems: problems.findings.map(({ problem }) => `${problem.line}:${problem.column} ${problem.message}`),
    warnings: problems.warnings,
  };
}

/** Values are shown as templates: $$ is a dollar sign. */
const cases: readonly (readonly [string, string, Values])[] = [
  ['a plain value', 'A=b', { A: 'b' }],
  ['no value', 'A=\nB=', { A: '', B: '' }],
  ['blanks around', '  A = b c \t\r\nB=2', { A: 'b c', B: '2' }],
  ['a colon in place of the sign', 'A: b\nC:d=e', { A: 'b', C: 'd=e' }],
  ['export', 'export A=b\nexport\tB=c', { A: 'b', B: 'c' }],
  ['a name that begins with export', 'exported=1', { exported: '1' }],
  ['comments and blank lines', '# a\n\n  # b\nA=b\n#C=d', { A: 'b' }],
  ['a comment behind a value', 'A=b # c\nB=b# c\nC=a#b #', { A: 'b', B: 'b# c', C: 'a#b' }],
  ['a comment in place of a value', 'A= # c\nB=#c', { A: '', B: '#c' }],
  ['double quotes', 'A="b # c" # d\nB="x"#e', { A: 'b # c', B: 'x' }],
  ['single quotes', "A='$B ${C} \\n' # d", { A: '$$B $${C} \\n' }],
  [
    'quotes within quotes',
    `A='Let\\'s go!'\nB="{\\"hello\\": \\"json\\"}"\nC="it's"`,
    { A: "Let's go!", B: '{"hello": "json"}', C: "it's" },
  ],
  ['several lines', 'A="b\nc"\nB=\'d\n  e\'\nC=f', { A: 'b\nc', B: 'd\n  e', C: 'f' }],
  [
    'escapes in double quotes alone',
    'A="a\\tb\\nc\\\\d\\x"\nB=a\\tb\nC=\'a\\tb\'',
    { A: 'a\tb\nc\\d\\x', B: 'a\\tb', C: 'a\\tb' },
  ],
  ['an octal escape', 'A="\\0101"', { A: 'A' }],
  ['escaped dollar signs', 'A="\\$B"\nC=$$D', { A: '$$B', C: '$$D' }],
  ['variables of lines before', 'A=1\nB=$A-${A}x\nC="${A}"\nD=\'$A\'', { A: '1', B: '1-1x', C: '1', D: '$$A' }],
  [
    'all forms of variables',
    'E=\nA=${X:-d}${X-e}${E:-f}${E-g}${K:+h}${X+i}${X:-${Y:-j}}',
    { E: '', A: '${X:-d}${X-e}fh${X+i}${X:-${Y:-j}}' },
  ],
  ['the value from outside before that of a line before', 'K=mine\nA=$K', { K: 'mine', A: 'known' }],
  ['a name alone has the value from outside', 'K\nA=1', { K: 'known', A: '1' }],
  ['a name alone without one is left out', 'A=1\nB', { A: '1' }],
  ['the last line stands', 'A=1\nA=2', { A: '2' }],
  ['dots, hyphens and brackets in names', 'a.b-c[0]=1', { 'a.b-c[0]': '1' }],
  ['a byte order mark', '\ufeffA=1', { A: '1' }],
  ['an open variable stays open', 'A=$B', { A: '${B}' }],
  ['an open variable of a line before goes on', 'A=${B:-1}\nC=x$A', { A: '${B:-1}', C: 'x${B:-1}' }],
];

for (const [what, text, expected] of cases) {
  test(`an env file with ${what} is read`, () => {
    const { values, problems } = read(text, { K: 'known' });
    assert.deepEqual(problems, []);
    assert.deepEqual(values, expected);
  });
}

test('a raw env file has its values as they stand', () => {
  const text = '# c\n\n  A="b" # d\nB=$X\\n \nC=\nK\nD=a=b\r\n';
  const { values, problems } = read(text, { K: 'known' }, 'raw');
  assert.deepEqual(problems, []);
  assert.deepEqual(values, { A: '"b" # d', B: '$$X\\n ', C: '', K: 'known', D: 'a=b' });
});

const wrong: readonly (readonly [string, string, string])[] = [
  ['a quote that is not closed', 'A=1\nB="x\ny\n', '2:1 a " is not closed'],
  ['a blank in a name', 'A B=1', "1:1 'A B' is no name of a variable"],
  ['a sign in a name', '  a*b=1\nC=2', "1:3 'a*b' is no name of a variable"],
  ['no name', '=1', "1:1 '' is no name of a variable"],
  ['more behind the closing quote', 'A="b"c', '1:6 after the closing quote stands more than a comment'],
  ['a brace that is not closed', 'A=${B', '1:1 ${B has no closing brace'],
  [
    'half of a character',
    'A=1\n# \ud83d\n',
    '2:3 a character that no text may hold (U+0000 or half of a surrogate pair)',
  ],
  ['a dollar sign alone', 'A=a$', '1:1 no name follows the $'],
];

for (const [what, text, problem] of wrong) {
  test(`an env file with ${what} is refused at its place`, () => {
    assert.deepEqual(read(text).problems, [problem]);
  });
}

test('values that grow by each other are refused before they are large', () => {
  const known = `A=${'x'.repeat(100)}\n${'A=$A$A\n'.repeat(60)}`;
  const open = `A=$X\n${'A=$A$A\n'.repeat(60)}B=\${Y:-$A}`;
  const many = `A=x\nB=${'$A'.repeat(5_000)}`;
  for (const text of [known, open, many]) assert.match(read(text).problems[0] ?? '', /a value of more than/);
});

test('every variable knows its line and column', () => {
  assert.deepEqual(read('A=1\n\n  B="x\ny"\nC=3').places, ['1:1', '3:3', '5:1']);
});

test('a name alone without a value is warned of', () => {
  assert.deepEqual(read('B').warnings, ['app.env:1:1: B has no value here and is left out']);
});

test('any text is read or told of, and reading ends', () => {
  const pieces = [
    'A',
    '=',
    ' ',
    '\n',
    '"',
    "'",
    '#',
    '\\',
    '$',
    '{',
    '}',
    'export ',
    ':',
    '\r',
    '\t',
    '-',
    '${A:-',
    '\0',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (parts) => {
      read(parts.join(''));
      read(parts.join(''), {}, 'raw');
    }),
    { numRuns: 2000 },
  );
});

test('what is written in single quotes reads back as it was', () => {
  const value = fc.string({ unit: fc.constantFrom('a', ' ', '"', '$', '#', '\n', '=', '{') });
  fc.assert(
    fc.property(value, (text) => {
      assert.deepEqual(read(`A='${text}'`).values, { A: text.replaceAll('$', '$$$$') });
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../fault.ts';
import { renderDockerfile, stageNamed, type ContentOf, type Instruction, type Keyword } from './instruction.ts';
import { parseDockerfile } from './parse.ts';

function parse(...lines: readonly string[]) {
  return parseDockerfile({ name: 'Dockerfile', text: `${lines.join('\n')}\n` });
}

/** The instructions of one keyword, typed. */
function all<K extends Keyword>(keyword: K, ...lines: readonly string[]) {
  type Of = Instruction & { readonly content: ContentOf<K> };
  const isOf = (instruction: Instruction): instruction is Of => instruction.content.keyword === keyword;
  return parse('FROM a', ...lines)
    .entries.map((entry) => entry.instruction)
    .filter(isOf);
}

function problemsOf(...lines: readonly string[]): readonly string[] {
  try {
    parse(...lines);
  } catch (error) {
    if (isFault(error, 'document.invalid')) return error.problems.map((it) => `${it.line}:${it.column} ${it.message}`);
    throw error;
  }
  return [];
}

test('an instruction knows its line and column, and goes on over continuations, comments and blank lines', () => {
  const [run] = all(
    'RUN',
    '',
    '  RUN apt-get update \\',
    '    # why',
    '',
    '    && apt-get install -y \\',
    '       curl',
    'USER x',
  );
  assert.ok(run?.content.command.form === 'shell');
  assert.equal(run.content.command.text, 'apt-get update     && apt-get install -y        curl');
  assert.deepEqual([run.line, run.column, run.endLine], [3, 3, 7]);
});

test('an escape that is itself escaped ends no line, and white space behind one does not matter', () => {
  const runs = all('RUN', 'RUN echo a\\\\', 'RUN echo b \\  ', '  c');
  assert.deepEqual(
    runs.map((run) => run.text),
    ['RUN echo a\\\\', 'RUN echo b   c'],
  );
});

test('the directive escape changes what goes on, and only above everything else', () => {
  const file = parse('# syntax=docker/dockerfile:1', '# escape=`', 'FROM a', 'COPY a `', ' c:\\b\\');
  assert.equal(file.escape, '`');
  assert.equal(file.entries[1]?.instruction.text, 'COPY a  c:\\b\\');
  assert.equal(parse('# a comment', '# escape=`', 'FROM a').escape, '\\');
  assert.deepEqual(problemsOf('# escape=x', 'FROM a'), ['1:1 the escape character is neither \\ nor `']);
  assert.deepEqual(problemsOf('# escape=`', '# escape=`', 'FROM a'), ['2:1 the parser directive escape stands twice']);
});

test('here-documents: several at once, quoted delimiters, tabs taken away, and instructions within them are text', () => {
  const [run, next] = all(
    'RUN',
    'RUN <<ONE cat > a && 3<<-"TWO" cat',
    'FROM text',
    'ONE',
    '\tRUN $x',
    '\tTWO',
    'RUN echo',
  );
  assert.deepEqual(
    run?.heredocs.map(({ name, content, expand, contentLine }) => [name, content, expand, contentLine]),
    [
      ['ONE', 'FROM text\n', true, 3],
      ['TWO', 'RUN $x\n', false, 5],
    ],
  );
  assert.equal(next?.line, 7);
  const [copy] = all('COPY', 'COPY <<EOF <<-EOF2 /etc/', 'a', 'EOF', '\tb', '\tEOF2');
  assert.deepEqual(
    copy?.heredocs.map((it) => it.content),
    ['a\n', 'b\n'],
  );
  assert.deepEqual(problemsOf('FROM a', 'RUN <<EOF', 'never'), ['2:5 the here-document EOF does not end']);
});

test('what looks like a here-document and is none: a shift, a here-string, quotes, JSON', () => {
  const runs = ['echo $((1<<3))', 'cat <<< x', 'echo "a <<EOF b"', '["echo", "<<EOF"]'].map((text) => `RUN ${text}`);
  for (const run of all('RUN', ...runs)) assert.deepEqual(run.heredocs, []);
});

test('commands are in exec form when they are a JSON array of strings, and a text for the shell otherwise', () => {
  const forms = ['["a", "b c"]', '[ "a" ]', "['a']", '["a", 1]', '[a'].map((text) => `CMD ${text}`);
  assert.deepEqual(
    all('CMD', ...forms).map((it) => it.content.command.form),
    ['exec', 'exec', 'shell', 'shell', 'shell'],
  );
});

test('flags are read with their values and places, in any number', () => {
  const [copy, run] = parse(
    'FROM --platform=$BUILDPLATFORM a AS b',
    'COPY --from=b --chown=1:1 --link ["x y", "/z"]',
    'RUN --mount=type=cache,target=/var/.npm  --network="none" npm ci',
  ).entries.slice(1);
  assert.deepEqual(copy?.instruction.flags, [
    { line: 2, column: 6, name: 'from', value: 'b' },
    { line: 2, column: 15, name: 'chown', value: '1:1' },
    { line: 2, column: 27, name: 'link', value: null },
  ]);
  const { content } = copy.instruction;
  assert.ok(content.keyword === 'COPY');
  assert.deepEqual(
    [content.from, content.sources.map((it) => it.text), content.destination.text],
    ['b', ['x y'], '/z'],
  );
  assert.deepEqual(run?.instruction.flags[1], { line: 3, column: 42, name: 'network', value: 'none' });
});

test('pairs: both forms of ENV, quotes and escapes, ARG with and without a value', () => {
  const read = all('ENV', 'ENV A="b c" D=e\\ f G=', 'ENV H i  j=k').flatMap((it) => it.content.pairs);
  assert.deepEqual(
    read.map(({ name, value, rawValue }) => [name, value, rawValue]),
    [
      ['A', 'b c', '"b c"'],
      ['D', 'e f', 'e\\ f'],
      ['G', '', ''],
      ['H', 'i  j=k', 'i  j=k'],
    ],
  );
  assert.deepEqual(
    all('ARG', 'ARG A B=c').flatMap((it) => it.content.pairs.map(({ value }) => value)),
    [null, 'c'],
  );
});

test('stages are found by name, whatever its case, and by number, among those before', () => {
  const { stages, globals } = parse('ARG V=1', 'FROM a AS One', 'RUN x', 'FROM one', 'FROM scratch AS two');
  assert.equal(globals.length, 1);
  assert.equal(stageNamed(stages, 'ONE', 2)?.index, 0);
  assert.equal(stageNamed(stages, '1', 2)?.index, 1);
  assert.equal(stageNamed(stages, 'two', 2), null);
  assert.equal(stageNamed(stages, '2', 2), null);
});

test('ONBUILD holds an instruction, with its flags and here-documents', () => {
  const [onbuild] = all('ONBUILD', 'ONBUILD RUN --mount=type=cache,target=/x <<EOF', 'npm ci', 'EOF');
  assert.equal(onbuild?.content.trigger.keyword, 'RUN');
  assert.equal(onbuild.content.triggerFlags[0]?.name, 'mount');
  assert.equal(onbuild.heredocs[0]?.content, 'npm ci\n');
  assert.deepEqual(problemsOf('FROM a', 'ONBUILD ONBUILD RUN x'), ['2:9 ONBUILD cannot stand behind ONBUILD']);
});

test('every wrong place is named at once', () => {
  assert.deepEqual(
    problemsOf('RUNN x', 'FROM a b', 'COPY a', 'ENV A', 'FROM a AS 1', 'HEALTHCHECK x', 'SHELL bash', 'CMD'),
    [
      "1:1 'RUNN' is no instruction",
      '2:6 FROM takes an image, and AS with a name',
      '3:6 COPY takes at least a source and a destination',
      '4:5 ENV has no value',
      "5:11 '1' cannot name a stage",
      '6:13 HEALTHCHECK takes CMD with a command, or NONE',
      '7:7 SHELL takes a JSON array',
      '8:3 CMD names no command',
    ],
  );
  assert.deepEqual(problemsOf('RUN x', 'FROM a'), ['1:1 RUN stands before the first FROM']);
  assert.deepEqual(problemsOf(''), ['1:1 there is no instruction']);
  assert.deepEqual(problemsOf('ARG A=1'), ['1:1 there is no FROM']);
  assert.deepEqual(problemsOf('FROM a', 'RUN \0'), ['2:1 this is no text: it holds a zero byte']);
});

test('what is too large is refused, and what is long on purpose takes no long time', () => {
  const code = (text: string): string => {
    try {
      parseDockerfile({ name: 'Dockerfile', text });
    } catch (error) {
      if (isFault(error)) return error.code;
      throw error;
    }
    return 'none';
  };
  assert.equal(code('x'.repeat(1_048_577)), 'document.too-large');
  assert.equal(code(`FROM a\n${'RUN x\n'.repeat(2_001)}`), 'document.too-large');
  const begun = performance.now();
  const long = 240_000;
  assert.equal(code(`FROM a\nRUN x${' '.repeat(long)}y\n`), 'none');
  assert.equal(code(`FROM a\nRUN ${'--a=b '.repeat(long / 6)}y\n`), 'none');
  assert.equal(code(`FROM a\nRUN ${'\\\n'.repeat(long / 2)}y\n`), 'none');
  assert.equal(code(`FROM a\nENV ${'A='.repeat(long / 2)}\n`), 'none');
  assert.equal(code(`FROM a\nCMD ${'['.repeat(long)}\n`), 'none');
  assert.equal(code(`FROM a\nRUN ${'<<A '.repeat(long / 8)}\n${'A\n'.repeat(long / 8)}`), 'document.invalid');
  assert.ok(performance.now() - begun < 5_000);
});

const pieces = fc.constantFrom(
  'FROM',
  'a',
  ' AS ',
  'RUN',
  'COPY',
  'ENV',
  'ARG',
  'ONBUILD',
  'HEALTHCHECK',
  'SHELL',
  'A=',
  '"',
  "'",
  '[',
  ']',
  '\\',
  '`',
  '\n',
  '\r\n',
  ' ',
  '\t',
  '#',
  '# escape=`',
  '<<EOF',
  '<<-"X"',
  'EOF',
  'X',
  '--mount=',
  '--',
  '\ufeff',
  '$',
  '\0',
);

test('whatever the text, it is read and renders back to itself, or it is a fault with a place', () => {
  let readCount = 0;
  const text = fc.oneof(
    { weight: 3, arbitrary: fc.array(pieces, { maxLength: 30, size: 'max' }).map((some) => some.join('')) },
    {
      weight: 3,
      arbitrary: fc.array(pieces, { maxLength: 30, size: 'max' }).map((some) => `FROM a\nRUN ${some.join('')}`),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  );
  fc.assert(
    fc.property(text, (source) => {
      try {
        const file = parseDockerfile({ name: 'f', text: source });
        assert.equal(renderDockerfile(file), source);
        readCount += 1;
      } catch (error) {
        if (!isFault(error, 'document.invalid')) throw error;
        assert.ok(error.problems.every(({ line, column }) => line >= 1 && column >= 1));
      }
    }),
    { numRuns: 800 },
  );
  assert.ok(readCount > 80, `only ${readCount} were read`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evaluate, fill, parseTemplate, printTemplate, TemplateError, variablesOf, type Template } from './template.ts';

function filled(text: string, values: Record<string, string>): string | readonly string[] {
  const result = evaluate(parseTemplate(text), new Map(Object.entries(values)));
  return result.kind === 'text' ? result.text : result.missing.map((one) => one.name);
}

test('every form of the Compose Specification gives what it says', () => {
  const set = { A: 'x', EMPTY: '' };
  const known: readonly (readonly [string, string | readonly string[]])[] = [
    ['$A-${A}', 'x-x'],
    ['$$A', '$A'],
    ['$$$A', '$x'],
    ['${NO}', ['NO']],
    ['${NO:-d}${EMPTY:-d}', 'dd'],
    ['${NO-d}${EMPTY-d}', 'd'],
    ['${NO:-}', ''],
    ['${A:+r}${EMPTY:+r}${NO:+r}', 'r'],
    ['${A+r}${EMPTY+r}${NO+r}', 'rr'],
    ['${NO:?why}', ['NO']],
    ['${EMPTY:?why}', ['EMPTY']],
    ['${EMPTY?why}', ''],
    ['${NO:-${A}}', 'x'],
    ['${NO:-${NO2:-${A:-y}}z}', 'xz'],
    ['${NO:-http://h:80/?a=b}', 'http://h:80/?a=b'],
  ];
  for (const [text, result] of known) assert.deepEqual(filled(text, set), result, text);
});

test('the reason of a required variable is kept', () => {
  const result = evaluate(parseTemplate('${A:?see the runbook}'), new Map());
  assert.deepEqual(result, { kind: 'open', missing: [{ name: 'A', why: 'see the runbook' }] });
});

test('a dollar sign that begins nothing is no template', () => {
  for (const text of [
    '$',
    '$1',
    '${}',
    '${A',
    '${A!b}',
    '${A:b}',
    'a $ b',
    '${A:-${B}',
    '${1}',
    `${'${A:-'.repeat(40)}`,
  ]) {
    assert.throws(() => parseTemplate(text), TemplateError, text);
  }
});

const name = fc.constantFrom('A', 'B', 'C_1');
const literal = fc.string({ unit: fc.constantFrom('a', '$', ' ', ':', '-', '{', 'é'), maxLength: 6 });
const { template } = fc.letrec<{ template: Template }>((tie) => ({
  template: fc.array(
    fc.oneof(
      { maxDepth: 3 },
      literal.map((text) => ({ kind: 'text' as const, text })),
      name.map((of) => ({ kind: 'variable' as const, name: of })),
      fc.record({
        kind: fc.constant('choice' as const),
        name,
        operator: fc.constantFrom('-', ':-', '?', ':?', '+', ':+'),
        argument: tie('template'),
      }),
    ),
    { maxLength: 4 },
  ),
}));
const values = fc.dictionary(name, fc.string({ unit: fc.constantFrom('v', '$', 'w'), maxLength: 3 }));

test('a template that was printed evaluates to the same', () => {
  fc.assert(
    fc.property(template, values, (of, given) => {
      const known = new Map(Object.entries(given));
      assert.deepEqual(evaluate(parseTemplate(printTemplate(of)), known), evaluate(of, known));
    }),
    { numRuns: 1000 },
  );
});

test('values given in two goes fill a template like values given at once', () => {
  fc.assert(
    fc.property(template, values, values, (of, early, late) => {
      const all = new Map([...Object.entries(late), ...Object.entries(early)]);
      const first = parseTemplate(printTemplate(fill(of, new Map(Object.entries(early)))));
      const twice = evaluate(first, all);
      const once = evaluate(of, all);
      assert.equal(twice.kind, once.kind);
      if (twice.kind === 'text' && once.kind === 'text') assert.equal(twice.text, once.text);
    }),
    { numRuns: 1000 },
  );
});

test('a variable is required unless something stands in for it', () => {
  const uses = variablesOf(parseTemplate('${A} ${B:-${C}} ${D:?e} ${E:+f}'));
  assert.deepEqual(
    uses.map((use) => `${use.name}${use.required ? '!' : ''}`),
    ['A!', 'B', 'C', 'D!', 'E'],
  );
});

test('any text is a template or a TemplateError', () => {
  const text = fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', ':', '-', '?', '+', '1') });
  fc.assert(
    fc.property(text, (written) => {
      try {
        parseTemplate(written);
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});

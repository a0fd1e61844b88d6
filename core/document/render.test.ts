import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../fault.ts';
import { renderProblems } from './render.ts';

const place = { file: 'prod.yaml', line: 12, column: 3, text: '\tx replica: 3', message: "unknown key 'replica'" };

test('a problem is shown with its place, its line, a caret and the hint', () => {
  const fault = new Fault('document.invalid', 'wrong', {
    problems: [{ ...place, hint: "did you mean 'replicas'?" }],
    next: 'Mend it.',
  });
  assert.equal(
    renderProblems(fault),
    [
      "prod.yaml:12:3: unknown key 'replica'",
      '  12 | \tx replica: 3',
      '     | \t ^',
      "  hint: did you mean 'replicas'?",
      '',
      'Mend it.',
    ].join('\n'),
  );
});

test('a place beyond the shown part of a line gets no caret', () => {
  const fault = new Fault('document.invalid', 'wrong', { problems: [{ ...place, column: 300, hint: null }] });
  assert.ok(!renderProblems(fault).includes('^'));
});

test('control characters of a document never reach a terminal', () => {
  const problem = { ...place, text: 'a\u001b[31mb', message: 'x\u009by', hint: null };
  const shown = renderProblems(new Fault('document.invalid', 'wrong', { problems: [problem] }));
  assert.ok(!shown.includes('\u001b') && !shown.includes('\u009b'));
});

test('a fault without places is shown as its message', () => {
  assert.equal(renderProblems(new Fault('document.too-large', 'big')), 'big');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renewPage, type Result } from './record.ts';

function resultOf(part: Result['part'], date: string, problems: readonly string[] = []): Result {
  const about = { sources: 'abc', machine: '2 cores', command: `bin/soak ${part}`, durationMs: 125_000 };
  return { part, passed: problems.length === 0, facts: [`${part} of ${date}`], problems, date, ...about };
}

test('a result takes the place of its own part, and the page tells of the others what it told before', () => {
  const first = renewPage('', resultOf('pace', 'Monday'));
  const both = renewPage(first, resultOf('kills', 'Tuesday', ['one\ndied']));
  const renewed = renewPage(both, resultOf('pace', 'Friday'));
  assert.equal(
    renewed,
    [
      '# The last soak',
      '',
      'Written by `bin/soak`, which runs what does not fit into continuous integration.',
      '',
      '## kills: FAILED',
      '',
      '- Tuesday, 2 min 5 s: `bin/soak kills`',
      '- commit abc',
      '- 2 cores',
      '- kills of Tuesday',
      '- **wrong**: one died',
      '',
      '## pace: passed',
      '',
      '- Friday, 2 min 5 s: `bin/soak pace`',
      '- commit abc',
      '- 2 cores',
      '- pace of Friday',
      '',
    ].join('\n'),
  );
  assert.equal(renewPage(renewed, resultOf('pace', 'Friday')), renewed);
});

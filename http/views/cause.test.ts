import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cause } from '../../core/outcome.ts';
import { causeView as wire } from '../../wire/deployment.ts';
import { causeView } from './cause.ts';

const step = 'fe/cart/web';

const sentences: readonly (readonly [cause: Cause, sentence: string])[] = [
  [
    {
      kind: 'task-failed',
      step,
      task: 'dev_cart_web.1',
      node: 'n1',
      message: 'out of memory',
      exitCode: 137,
      logs: 'a',
      hint: 'Raise it.',
    },
    'A task of fe/cart/web failed on n1 (exit code 137): out of memory.',
  ],
  [
    {
      kind: 'task-failed',
      step,
      task: 'dev_cart_web.1',
      node: null,
      message: 'No such image: x',
      exitCode: null,
      logs: null,
      hint: null,
    },
    'A task of fe/cart/web failed: No such image: x.',
  ],
  [
    { kind: 'deadline', step, deadlineMs: 90_000, message: '1 of 2 running', task: null, logs: null, hint: null },
    'fe/cart/web was not healthy within 1 min 30 s: 1 of 2 running.',
  ],
  [
    { kind: 'engine-refused', step, code: 'engine.refused', message: 'invalid mount!' },
    'The engine refused the change of fe/cart/web: invalid mount!',
  ],
  [
    { kind: 'engine-unreachable', step, cluster: 'fe', message: 'connect ECONNREFUSED', budgetMs: 600_000 },
    'The cluster fe did not answer for 10 min while fe/cart/web was under way: connect ECONNREFUSED.',
  ],
  [{ kind: 'cancelled', by: 't-1', left: false }, 't-1 cancelled it.'],
  [{ kind: 'cancelled', by: 't-1', left: true }, 't-1 cancelled it and left the changes in place.'],
  [
    { kind: 'stale', message: 'cart runs 1.1.0 now' },
    'What runs has changed since the plan was made: cart runs 1.1.0 now.',
  ],
  [{ kind: 'superseded', by: 'd-2' }, 'The newer deployment d-2 took its place.'],
];

for (const [cause, sentence] of sentences) {
  test(`a cause of kind ${cause.kind} reads: ${sentence}`, () => {
    const view = causeView(cause, { excerpts: new Map(), names: new Map() });
    assert.equal(view.summary, sentence);
    assert.deepEqual(wire.parse(view), view);
  });
}

test('a failed task shows its kept log lines, and none when they were erased', () => {
  const [failed] = sentences[0] ?? [];
  assert.ok(failed !== undefined);
  const lines = [{ stream: 'stderr', text: 'boom' }] as const;
  const view = causeView(failed, {
    excerpts: new Map([['a', { salt: 's', task: 'dev_cart_web.1', lines }]]),
    names: new Map(),
  });
  assert.deepEqual(view.logs, lines);
  assert.deepEqual(
    [view.step, view.task, view.node, view.exitCode, view.hint],
    [step, 'dev_cart_web.1', 'n1', 137, 'Raise it.'],
  );
  assert.equal(causeView(failed, { excerpts: new Map(), names: new Map() }).logs, null);
  assert.equal(causeView(failed, { excerpts: new Map(), names: new Map() }).logsErased, false);
  const erased = causeView(failed, { excerpts: new Map([['a', 'erased']]), names: new Map() });
  assert.deepEqual([erased.logs, erased.logsErased], [null, true]);
});

test('who cancelled is called by name', () => {
  const parts = { excerpts: new Map(), names: new Map([['t-1', 'Ada']]) };
  assert.equal(causeView({ kind: 'cancelled', by: 't-1', left: false }, parts).summary, 'Ada cancelled it.');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeenTask } from '../../core/sighting.ts';
import { createNotes } from './notes.ts';

function task(name: string, changedAtMs: number, wanted: boolean): SeenTask {
  return {
    id: name,
    name,
    node: null,
    state: wanted ? 'starting' : 'stopped',
    wanted,
    current: true,
    workload: null,
    message: '',
    exitCode: null,
    createdAtMs: 0,
    changedAtMs,
  };
}

test('of tens of thousands of tasks the twenty that changed last are told, the newest first and the first of equals', () => {
  const notes = createNotes();
  const tasks = Array.from({ length: 30_000 }, (_, index) => task(`task-${index}`, (index * 7_919) % 10_007, true));
  notes.setProgress('d-1', 'fe/a/a', '', tasks);
  const newest = tasks.toSorted((a, b) => b.changedAtMs - a.changedAtMs).slice(0, 20);
  assert.deepEqual(notes.progress('d-1').get('fe/a/a')?.tasks, newest);
});

test('of many tasks the wanted ones are told first, then those that ended last, and twenty at most', () => {
  const notes = createNotes();
  const ended = Array.from({ length: 30 }, (_, index) => task(`ended-${index}`, 100 + index, false));
  notes.setProgress('d-1', 'fe/a/a', '1 of 2 running', [task('old', 1, true), ...ended, task('new', 2, true)]);
  const told = notes.progress('d-1').get('fe/a/a');
  assert.equal(told?.text, '1 of 2 running');
  assert.deepEqual(
    told?.tasks.slice(0, 3).map(({ name }) => name),
    ['new', 'old', 'ended-29'],
  );
  assert.equal(told?.tasks.length, 20);
});

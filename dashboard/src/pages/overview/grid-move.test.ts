import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moveInGrid } from './grid-move.ts';

const last = { row: 30, column: 4 };
const at = (row: number, column: number) => ({ row, column });
const move = (row: number, column: number, key: string, withControl = false) =>
  moveInGrid(at(row, column), key, withControl, last);

test('arrow keys go one place and stop at the edges', () => {
  assert.deepEqual(move(2, 2, 'ArrowUp'), at(1, 2));
  assert.deepEqual(move(2, 2, 'ArrowDown'), at(3, 2));
  assert.deepEqual(move(2, 2, 'ArrowLeft'), at(2, 1));
  assert.deepEqual(move(2, 2, 'ArrowRight'), at(2, 3));
  assert.equal(move(30, 2, 'ArrowDown'), null);
  assert.equal(move(2, 4, 'ArrowRight'), null);
  assert.equal(move(2, 0, 'ArrowLeft'), null);
  assert.equal(move(0, 2, 'ArrowUp'), null);
});

test('the empty corner is never reached', () => {
  assert.equal(move(1, 0, 'ArrowUp'), null);
  assert.equal(move(0, 1, 'ArrowLeft'), null);
  assert.deepEqual(move(0, 3, 'Home'), at(0, 1));
});

test('Home and End go to the ends of a row, and with Control to the ends of the grid', () => {
  assert.deepEqual(move(7, 2, 'Home'), at(7, 0));
  assert.deepEqual(move(7, 2, 'End'), at(7, 4));
  assert.deepEqual(move(7, 2, 'Home', true), at(1, 0));
  assert.deepEqual(move(7, 2, 'End', true), at(30, 4));
});

test('page keys go ten rows and stay below the heads', () => {
  assert.deepEqual(move(5, 1, 'PageUp'), at(1, 1));
  assert.deepEqual(move(5, 1, 'PageDown'), at(15, 1));
  assert.deepEqual(move(25, 1, 'PageDown'), at(30, 1));
});

test('other keys mean nothing to the grid', () => {
  assert.equal(move(5, 1, 'Enter'), null);
  assert.equal(move(5, 1, 'a'), null);
});

test('a grid without rows lets nobody out of its heads', () => {
  assert.equal(moveInGrid(at(0, 1), 'ArrowDown', false, { row: 0, column: 4 }), null);
  assert.equal(moveInGrid(at(0, 1), 'ArrowLeft', false, { row: 0, column: 4 }), null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '../port/logger.ts';
import { stopInOrder } from './stop-in-order.ts';

const silent: Logger = { info: () => {}, warn: () => {}, error: () => {} };
const limits = { totalMs: 50, leastMs: 20 };

test('parts are stopped one after the other', async () => {
  const seen: string[] = [];
  const part = (name: string) => ({
    name,
    stop: async () => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
    },
  });
  assert.deepEqual(await stopInOrder([part('http'), part('store')], silent, limits), []);
  assert.deepEqual(seen, ['http begins', 'http ends', 'store begins', 'store ends']);
});

test('a part that fails or hangs does not keep the others from being stopped', async () => {
  const stopped: string[] = [];
  const left = await stopInOrder(
    [
      { name: 'http', stop: () => new Promise<void>(() => {}) },
      { name: 'app', stop: () => Promise.reject(new Error('no')) },
      { name: 'registry', stop: () => new Promise<void>(() => {}) },
      { name: 'store', stop: async () => void stopped.push(await Promise.resolve('store')) },
    ],
    silent,
    limits,
  );
  assert.deepEqual(left, ['http', 'app', 'registry']);
  assert.deepEqual(stopped, ['store']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../core/fault.ts';
import type { PreparedRequest } from '../prepare.ts';
import type { Written } from './message.ts';
import { WriteQueue } from './queue.ts';

const mebibyte = 1024 * 1024;
const never = new AbortController().signal;

function request(weightBytes: number): PreparedRequest {
  return { timeMs: 0, appends: [], blobs: [], erasable: [], lease: null, weightBytes };
}

function appended(count: number): readonly Written[] {
  return Array.from({ length: count }, () => ({ kind: 'appended', placed: [] }));
}

/** A queue whose writer says yes to everything, and the sizes of the batches that it was given. */
function recordingQueue(): { readonly queue: WriteQueue; readonly batches: readonly number[] } {
  const batches: number[] = [];
  const write = async (requests: readonly PreparedRequest[]): Promise<readonly Written[]> => {
    batches.push(requests.length);
    return appended(requests.length);
  };
  return { queue: new WriteQueue({ write }), batches };
}

test('what waits goes together, at most 256 requests a transaction', async () => {
  const { queue, batches } = recordingQueue();
  await Promise.all(Array.from({ length: 600 }, () => queue.append(request(10), never)));
  assert.deepEqual(batches, [256, 256, 88]);
});

test('a transaction holds at most 1 MiB, and a larger request goes alone', async () => {
  const { queue, batches } = recordingQueue();
  const weights = [0.5, 0.5, 0.25, 5, 0.25, 0.25];
  await Promise.all(weights.map((weight) => queue.append(request(weight * mebibyte), never)));
  assert.deepEqual(batches, [2, 1, 1, 2]);
});

test('the queue holds at most 64 MiB', async () => {
  const { queue } = recordingQueue();
  const settled = await Promise.allSettled(
    Array.from({ length: 5 }, () => queue.append(request(15 * mebibyte), never)),
  );
  assert.deepEqual(
    settled.map((result) => result.status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected'],
  );
  await queue.append(request(15 * mebibyte), never);
});

test('callers stop waiting for a writer that does not answer, and the queue goes on when it does', async () => {
  const stuck = Promise.withResolvers<readonly Written[]>();
  const answers = [stuck.promise, Promise.resolve(appended(1))];
  const queue = new WriteQueue({
    write: () => answers.shift() ?? Promise.reject(new Error('asked again')),
    stallMs: 5,
  });
  await assert.rejects(queue.append(request(1), never), { code: 'store.failed' });
  const next = queue.append(request(1), never);
  stuck.resolve(appended(1));
  assert.deepEqual(await next, []);
});

test('when the writer has ended every caller is told, now and later', async () => {
  const queue = new WriteQueue({ write: () => Promise.reject(new Fault('store.failed', 'The thread has ended.')) });
  const settled = await Promise.allSettled([1, 2, 3].map(() => queue.append(request(1), never)));
  assert.ok(settled.every((result) => result.status === 'rejected'));
  await assert.rejects(queue.append(request(1), never), { code: 'store.failed' });
});

test('what is withdrawn while it waits makes room and is not written', async () => {
  const { queue, batches } = recordingQueue();
  const abort = new AbortController();
  const waiting = Array.from({ length: 1_024 }, () => queue.append(request(1), abort.signal));
  await assert.rejects(queue.append(request(1), never), { code: 'store.busy' });
  abort.abort(new Error('enough'));
  const settled = await Promise.allSettled(waiting);
  assert.ok(settled.every((result) => result.status === 'rejected'));
  await queue.append(request(1), never);
  assert.deepEqual(batches, [1]);
});

test('a turn runs after what was accepted before it and before what came later', async () => {
  const order: string[] = [];
  const write = async (requests: readonly PreparedRequest[]): Promise<readonly Written[]> => {
    order.push(`${requests.length} written`);
    return appended(requests.length);
  };
  const queue = new WriteQueue({ write });
  await Promise.all([
    queue.append(request(1), never),
    queue.append(request(1), never),
    queue.turn(async () => order.push('turn')),
    queue.append(request(1), never),
  ]);
  assert.deepEqual(order, ['2 written', 'turn', '1 written']);
});

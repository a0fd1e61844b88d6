import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../app/api.ts';
import type { EraseInput } from '../app/ledger-api.ts';
import { startHttpServer } from '../test/support/http-server.ts';
import { createMemoryIo } from '../test/support/memory-io.ts';
import { adminToken, plainApp, viewerToken } from '../test/support/plain-app.ts';
import { exitCode } from './exit-code.ts';
import { run } from './run.ts';

const hash = 'a'.repeat(64);

/** An application that remembers what was to be erased, and finds `contents` of it. */
function erasing(contents: number) {
  const orders: EraseInput[] = [];
  const erase: App['erase'] = async (_, input) => {
    orders.push(input);
    return await Promise.resolve({ contents, receipt: contents === 0 ? null : { sequence: 7, hash } });
  };
  return { orders, app: plainApp({ erase, proof: async () => await Promise.resolve('the proof') }) };
}

async function dray(url: string, args: readonly string[], token = adminToken) {
  const io = createMemoryIo({ env: { DRAYAGE_URL: url, DRAYAGE_TOKEN: token } });
  return { code: await run(args, io, '1.2.3'), ...io.written };
}

test('what is to be erased is asked of the server when that is confirmed, and its receipt is told', async (t) => {
  const { orders, app } = erasing(2);
  const { url } = await startHttpServer(t, app);
  const unconfirmed = await dray(url, ['erase', '--logs', 'd-1']);
  assert.deepEqual([unconfirmed.code, orders], [exitCode.usage, []]);
  const logs = await dray(url, ['--json', 'erase', '--logs', 'd-1', '--yes']);
  assert.equal(logs.code, exitCode.done);
  const receipt = { sequence: 7, hash, proof: 'the proof' };
  assert.deepEqual(JSON.parse(logs.stdout), { contents: 2, receipt });
  const person = await dray(url, ['erase', '--person', 't-1', '-y']);
  assert.match(person.stdout, /Erased the name of t-1: 2 contents \(entry 7\)\./);
  assert.deepEqual(orders, [
    { kind: 'logs', of: 'd-1' },
    { kind: 'person', of: 't-1' },
  ]);
});

test('that nothing was left to erase is no failure', async (t) => {
  const { url } = await startHttpServer(t, erasing(0).app);
  const again = await dray(url, ['erase', '--logs', 'd-1', '--yes']);
  assert.equal(again.code, exitCode.done);
  assert.match(again.stdout, /Nothing of the log excerpts of d-1 is left to erase\./);
});

test('one thing is erased at a time, by an admin', async (t) => {
  const { orders, app } = erasing(1);
  const { url } = await startHttpServer(t, app);
  assert.equal((await dray(url, ['erase', '--yes'])).code, exitCode.usage);
  assert.equal((await dray(url, ['erase', '--logs', 'd', '--person', 't', '--yes'])).code, exitCode.usage);
  assert.equal((await dray(url, ['erase', '--logs', 'd', '--yes'], viewerToken)).code, exitCode.notAllowed);
  assert.deepEqual(orders, []);
});

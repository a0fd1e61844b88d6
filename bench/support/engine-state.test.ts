import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { connectToEngine, type EngineApi } from '../../local/engine-api.ts';
import { hasFailed, isUpdating } from './engine-state.ts';

/** An engine that answers with the same lists whoever asks. */
async function engineOf(t: TestContext, lists: Readonly<Record<string, readonly object[]>>): Promise<EngineApi> {
  const directory = await mkdtemp(join(tmpdir(), 'drayage-engine-state-'));
  const server = createServer(({ url = '' }, response) => {
    const kind = new URL(url, 'http://engine').pathname.split('/').at(-1) ?? '';
    response.setHeader('content-type', 'application/json').end(JSON.stringify(lists[kind] ?? []));
  });
  const socket = join(directory, 'engine.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const api = connectToEngine(socket);
  t.after(async () => {
    await api.close();
    server.close();
    await rm(directory, { recursive: true });
  });
  return api;
}

const specOf = (version: string) => ({ ContainerSpec: { Env: [`VERSION=${version}`] } });

test('bad health is what has failed since then, and not what the engine still tells of the time before', async (t) => {
  const task = { ServiceID: 's', DesiredState: 'shutdown', Spec: specOf('3') };
  const failedAt = '2026-01-01T12:00:00.123456789Z';
  const api = await engineOf(t, { tasks: [{ ...task, Status: { State: 'failed', Timestamp: failedAt } }] });
  const at = Date.parse(failedAt);
  assert.equal(await hasFailed(api, 'theirs', { version: '3', sinceAt: at - 1 }), true);
  assert.equal(await hasFailed(api, 'theirs', { version: '3', sinceAt: at + 1 }), false);
  assert.equal(await hasFailed(api, 'theirs', { version: '1', sinceAt: at - 1 }), false);
});

test('an engine is at rest when none of the services is being updated: an update that was paused or is done is over', async (t) => {
  const serviceOf = (state: string | null) => ({
    ID: 's',
    Version: { Index: 1 },
    CreatedAt: '2026-01-01T12:00:00Z',
    ...(state === null ? {} : { UpdateStatus: { State: state } }),
    Spec: { Name: 's', TaskTemplate: specOf('3') },
  });
  const resting = await engineOf(t, { services: ['paused', 'completed', null].map(serviceOf) });
  const updating = await engineOf(t, { services: ['completed', 'updating'].map(serviceOf) });
  assert.deepEqual([await isUpdating(resting, 'theirs'), await isUpdating(updating, 'theirs')], [false, true]);
});

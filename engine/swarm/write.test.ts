import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call, DockerClient } from './client.ts';
import { label } from './labels.ts';
import { renewCredentials } from './write.ts';

const signal = AbortSignal.timeout(10_000);
const request = {
  writer: { installation: 'here', deployment: 'deployment-1', generation: 2 },
  environment: 'dev',
  spot: { cluster: 'fe', service: 'cart', component: 'web' },
  credentials: { username: 'shop', password: 'two', serverAddress: 'registry.test', id: '2'.repeat(32) },
};

/** An engine with one service, whose update is in this state. */
function clientOf(state: string): { readonly client: DockerClient; readonly calls: readonly Call[] } {
  const calls: Call[] = [];
  const body = {
    ID: 's1',
    Version: { Index: 7 },
    Spec: { Name: 'dev_cart_web', Labels: { [label.installation]: 'here', [label.generation]: '1' } },
    ...(state === '' ? {} : { UpdateStatus: { State: state } }),
  };
  const client: DockerClient = {
    address: { cluster: 'fe', endpoint: 'unix:///nowhere.sock' },
    async call(call) {
      calls.push(call);
      return await Promise.resolve({ kind: 'ok', body });
    },
    stream: () => assert.fail('nothing is followed'),
    close: async () => await Promise.resolve(),
  };
  return { client, calls };
}

test('credentials are renewed only where the engine carries out no update and waits with none', async () => {
  for (const [state, written] of [
    ['', 'updated'],
    ['completed', 'updated'],
    ['rollback_completed', 'updated'],
    ['updating', 'unchanged'],
    ['paused', 'unchanged'],
    ['rollback_started', 'unchanged'],
    ['rollback_paused', 'unchanged'],
  ] as const) {
    const { client, calls } = clientOf(state);
    assert.equal(await renewCredentials(client, request, signal), written, state);
    const methods = calls.map(({ method }) => method);
    assert.deepEqual(methods, written === 'updated' ? ['GET', 'POST'] : ['GET'], state);
  }
});

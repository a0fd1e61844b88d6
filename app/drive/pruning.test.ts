import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { rollbackWindow } from '../../core/rollout/needed.ts';
import { createHouses, registerRelease, testAdmin as actor, type House } from '../../test/support/app-house.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

/** A service whose only config holds its version. */
async function release(it: House, version: string): Promise<void> {
  const extra = `    configs: [{ source: list, target: /list }]\nconfigs: { list: { content: 'of ${version}' } }\n`;
  await registerRelease(it, actor, { service: 'cart', version, extra }, signal);
}

async function deploy(it: House, wanted: Parameters<House['running']['app']['plan']>[0]['wanted']): Promise<string> {
  const input = { wanted, allowRemove: [], allowOlder: [], expectPlan: null, idempotencyKey: null };
  const answer = await it.running.app.deploy(actor, input, signal);
  assert.ok(answer.kind === 'accepted', answer.kind);
  for (;;) {
    const { row } = await it.running.app.deployment(answer.deployment, signal);
    if (row.phase !== 'ended') {
      await clock.sleep(200, signal);
      continue;
    }
    assert.equal(row.outcome, 'succeeded');
    return row.id;
  }
}

const to = (version: string) => ({
  kind: 'document' as const,
  document: {
    name: 'd.yaml',
    text: `apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\nservices: { cart: '${version}' }\n`,
  },
  base: null,
});

const configsOf = ({ engine }: House) => engine.objects('dev').filter((name) => name.startsWith('dev_cart_list_'));

async function comesTo(it: House, count: number): Promise<void> {
  while (configsOf(it).length !== count) await clock.sleep(200, signal);
}

test('ten changes of a config leave those on the engine that a rollback reaches, and one from before comes back', async () => {
  const it = await houses.house('environments: { dev: { clusters: [fe] } }\n');
  const versions = Array.from({ length: 10 }, (_, at) => `1.${at}`);
  const ids: string[] = [];
  for (const version of versions) {
    await release(it, version);
    ids.push(await deploy(it, to(version)));
  }
  const [oldest = ''] = configsOf(it);
  assert.notEqual(oldest, '');
  await comesTo(it, rollbackWindow + 1);
  await deploy(it, { kind: 'rollback', environment: 'dev', to: ids[0] ?? '' });
  await comesTo(it, rollbackWindow + 1);
  assert.deepEqual(it.errors, []);
});

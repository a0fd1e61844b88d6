import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { EngineNode } from '../../local/engine-node.ts';
import { startPrivateNetwork } from '../../local/private-network.ts';
import { startPrivateRegistry } from '../../local/registry.ts';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';
import type { DeploymentView } from '../../wire/deployment.ts';
import { deployBy, submitBy, waitFor, waitForPhase } from '../engine/support/deployments.ts';
import { buildImages } from '../engine/support/ground.ts';
import { assertAnswers, register, servicesOn } from '../engine/support/shop-floor.ts';

const signal = AbortSignal.timeout(240_000);
const undo: (() => Promise<unknown>)[] = [];
let fe: EngineNode;
let be: EngineNode;
let server: ServerProcess;

before(async () => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'drayage-two-')));
  undo.push(async () => await rm(directory, { recursive: true, force: true }));
  const network = await startPrivateNetwork({ directory: join(directory, 'engines'), signal });
  undo.push(async () => await network.stop());
  [fe, be] = await Promise.all([
    network.startEngine({ name: 'fe', signal }),
    network.startEngine({ name: 'be', signal }),
  ]);
  const registry = await startPrivateRegistry({ directory: join(directory, 'registry'), engine: network, signal });
  undo.push(async () => await registry.stop());
  const images = await buildImages({ engine: fe, registry, directory, tags: ['one'], signal });
  const platform = join(directory, 'platform.yaml');
  const cluster = ({ endpoint, address }: EngineNode, role: string) => {
    return { engine: 'swarm', endpoint, address, roles: [role] };
  };
  const document = {
    apiVersion: 'drayage/v1',
    kind: 'Platform',
    clusters: { fe: cluster(fe, 'front-end'), be: cluster(be, 'back-end') },
    registries: { [registry.host]: { credentials: 'none', insecure: true } },
    environments: { prod: { clusters: ['fe', 'be'], waves: [['be'], ['fe']] } },
  };
  // JSON is YAML.
  await writeFile(platform, JSON.stringify(document));
  server = await startServerProcess({ platform, data: join(directory, 'data') });
  undo.push(async () => await server.stop());
  const image = images.get('one')?.reference.replace(/@.*/, '') ?? '';
  const catalog = { service: 'catalog', image, role: 'back-end', port: 8081, exported: true } as const;
  const site = { service: 'site', image, role: 'front-end', needs: ['catalog'] };
  for (const version of ['1', '2', '3']) await register(server.client, { ...catalog, version });
  await register(server.client, { ...site, version: '1' });
  await register(server.client, { ...site, version: '2', mode: 'broken' });
});

after(async () => {
  for (const step of undo.toReversed()) await step();
});

const catalogAnswers = async (version: string) => {
  const of = { environment: 'prod', service: 'catalog:8081', from: 'site' };
  await assertAnswers(fe.api, of, new RegExp(`catalog ${version} of`));
};

const statesOf = ({ waves }: DeploymentView) => waves.map((wave) => wave.map(({ id, state }) => `${id} ${state}`));

const namesOn = async ({ api }: EngineNode) => (await servicesOn(api, 'prod')).map(({ Spec }) => Spec.Name);

test('each service runs on the cluster of its role, and is reached from the other one by its name', async () => {
  const { code, view } = await deployBy(server, ['prod', '--set', 'catalog=1', '--set', 'site=1', '--yes']);
  assert.equal(code, 0, JSON.stringify(view.cause));
  assert.deepEqual(statesOf(view), [['be/catalog/catalog verified'], ['fe/site/site verified']]);
  assert.deepEqual(view.waves[1]?.[0]?.notes, [`catalog is reached at ${be.address}:8081`]);
  assert.deepEqual(await namesOn(fe), ['prod_site_site']);
  assert.deepEqual(await namesOn(be), ['prod_catalog_catalog']);
  await catalogAnswers('1');
});

test('while one engine is silent the other is deployed to, and what is over both waits and then has one outcome', async () => {
  process.kill(fe.pid(), 'SIGSTOP');
  try {
    const alone = await deployBy(server, ['prod', '--set', 'catalog=2', '--yes', '--timeout', '60s']);
    assert.equal(alone.code, 0, JSON.stringify(alone.view.cause));
    const both = await submitBy(server, ['prod', '--set', 'catalog=3', '--set', 'site=2', '--yes']);
    const isHeld = ({ holds, waves }: DeploymentView) =>
      waves[0]?.[0]?.state === 'verified' && holds.some((hold) => hold.includes('fe'));
    const { holds } = await waitFor(server.client, both.deployment, isHeld, signal);
    assert.match(holds.join(), /fe/);
    process.kill(fe.pid(), 'SIGCONT');
    const view = await waitForPhase(server.client, both.deployment, 'ended', signal);
    assert.equal(view.outcome, 'rolled-back');
    assert.equal(view.cause?.step, 'fe/site/site');
    assert.deepEqual(statesOf(view), [['be/catalog/catalog reverted'], ['fe/site/site reverted']]);
  } finally {
    process.kill(fe.pid(), 'SIGCONT');
  }
  await catalogAnswers('2');
});

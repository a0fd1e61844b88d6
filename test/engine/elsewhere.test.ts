import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { label } from '../../engine/swarm/labels.ts';
import { runCommand } from '../../local/command.ts';
import { buildAndPush } from '../../local/images.ts';
import { startPrivateNetwork, type PrivateNetwork } from '../../local/private-network.ts';
import { startPrivateSwarm, type PrivateSwarm } from '../../local/private-swarm.ts';
import { startPrivateRegistry, type PrivateRegistry } from '../../local/registry.ts';
import { waitUntil } from '../../local/wait.ts';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';
import { deployBy } from './support/deployments.ts';

/*
 * What Drayage does not keep itself: a secret that somebody made on the engine, and the password of a registry, which
 * nodes need that pull later. Two nodes, so that one of them has not pulled.
 */

const signal = AbortSignal.timeout(240_000);
const access = {
  user: 'shop',
  password: 'wharf-one',
  bcrypt: '$2b$04$abcdefghijklmnopqrstuuUpXwBgpjrg93fGje7dcnb5ZJ3O3CPLO',
};
const rotated = { password: 'wharf-two', bcrypt: '$2b$04$abcdefghijklmnopqrstuup3yDtlCcokYmPrHJtIi6k6GqvBzBHA6' };

const services = z.array(
  z.object({
    ID: z.string(),
    Version: z.object({ Index: z.number() }),
    Spec: z.looseObject({ Labels: z.record(z.string(), z.string()) }),
  }),
);
const tasks = z.array(
  z.object({
    ID: z.string(),
    NodeID: z.string().optional(),
    Status: z.object({ State: z.string(), Err: z.string().optional() }),
  }),
);

let directory: string;
let network: PrivateNetwork;
let registry: PrivateRegistry;
let swarm: PrivateSwarm;
let server: ServerProcess;

before(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'drayage-elsewhere-')));
  network = await startPrivateNetwork({ directory: join(directory, 'net'), signal });
  registry = await startPrivateRegistry({ directory: join(directory, 'registry'), engine: network, access, signal });
  swarm = await startPrivateSwarm({ network, name: 'fe', managers: 1, workers: 1, signal });
  const image = await buildReader();
  await writePlatform('shop-db-1');
  server = await startServerProcess({ platform: join(directory, 'platform.yaml'), data: join(directory, 'data') });
  await setPassword(access.password);
  const compose = { name: 'compose.yaml', text: composeOf(image) };
  await server.client.call('createRelease', { body: { service: 'reader', version: '1', compose } });
});

after(async () => {
  await server.stop();
  await registry.stop();
  await network.stop();
  await rm(directory, { recursive: true, force: true });
});

async function buildReader(): Promise<string> {
  const contextDirectory = join(directory, 'image');
  await mkdir(contextDirectory);
  const script = '#!/bin/sh\nsha256sum < /run/secrets/password\nexec httpd -f -p 8000\n';
  await writeFile(join(contextDirectory, 'read.sh'), script, { mode: 0o755 });
  await writeFile(join(contextDirectory, 'Dockerfile'), 'FROM busybox:stable\nCOPY read.sh /\nCMD ["/read.sh"]\n');
  const [manager] = swarm.managers;
  const pushed = await buildAndPush(manager, registry, { name: 'reader', tag: '1', contextDirectory, signal });
  return pushed.reference.replace(/@.*/, '');
}

/** On the manager first, so that the worker has the image only by pulling it later. */
function composeOf(image: string): string {
  return `services:
  reader:
    image: ${image}
    init: true
    healthcheck: { test: [CMD, 'true'], interval: 1s }
    secrets: [password]
    stop_grace_period: 1s
    deploy:
      endpoint_mode: dnsrr
      placement: { max_replicas_per_node: 1 }
      update_config: { monitor: 1s }
secrets: { password: { external: true, name: db-password } }
x-drayage: { deadline: 60s }
`;
}

async function writePlatform(secret: string): Promise<void> {
  await writeFile(
    join(directory, 'platform.yaml'),
    `apiVersion: drayage/v1
kind: Platform
clusters: { fe: { engine: swarm, endpoint: '${swarm.managers[0].endpoint}' } }
registries:
  '${registry.host}': { insecure: true, credentials: { username: shop, environment: prod, secret: registry-password } }
environments: { prod: { clusters: [fe], secrets: { db-password: { engine: ${secret} } } } }
`,
  );
}

async function setPassword(value: string): Promise<void> {
  const { code, stderr } = await server.dray(['secret', 'set', 'prod', 'registry-password'], { stdin: value });
  assert.equal(code, 0, stderr);
}

/** Makes a secret as an operator does, without Drayage. */
async function makeSecret(name: string, value: string): Promise<void> {
  const file = join(directory, name);
  await writeFile(file, value);
  await runCommand('docker', ['-H', swarm.managers[0].endpoint, 'secret', 'create', name, file], signal);
}

async function readsInside(value: string): Promise<void> {
  const digest = createHash('sha256').update(value).digest('hex');
  const isThere = async () => (await server.dray(['logs', 'prod', 'reader', '--tail', '50'])).stdout.includes(digest);
  assert.ok(await waitUntil(isThere, { deadlineMs: 30_000, signal }), value);
}

async function live() {
  const { api } = swarm.managers[0];
  const [service] = services.parse(await api.ask({ method: 'GET', path: '/services', signal }));
  assert.ok(service !== undefined);
  const list = tasks.parse(await api.ask({ method: 'GET', path: '/tasks', signal }));
  return { service, tasks: list, running: list.filter(({ Status }) => Status.State === 'running') };
}

async function answersTo(password: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`shop:${password}`).toString('base64')}`;
  return (await fetch(`${registry.url}/v2/`, { headers: { authorization }, signal: AbortSignal.timeout(5_000) }))
    .status;
}

test('a secret that the engine has not is refused with what to do; once it was made by hand, a container reads it', async () => {
  const { code, view } = await deployBy(server, ['prod', '--set', 'reader=1', '--timeout', '90s']);
  assert.notEqual(code, 0);
  assert.match(view.cause?.summary ?? '', /cluster fe has no secret shop-db-1, of which db-password is made/);
  await makeSecret('shop-db-1', 'made by hand');
  const again = await deployBy(server, ['prod', '--set', 'reader=1', '--timeout', '90s']);
  assert.equal(again.code, 0, again.view.cause?.summary ?? '');
  await readsInside('made by hand');
});

test('a registry password that was changed reaches the engine: a node that pulls later has it, and nothing restarts', async () => {
  const before = await live();
  assert.equal(before.running.length, 1);
  const [first] = before.running;
  await writeFile(join(directory, 'registry', 'htpasswd'), `shop:${rotated.bcrypt}\n`);
  assert.ok(await waitUntil(async () => (await answersTo(access.password)) === 401, { deadlineMs: 10_000, signal }));
  assert.equal(await answersTo(rotated.password), 200);
  await setPassword(rotated.password);
  const isRenewed = async () =>
    (await live()).service.Spec.Labels[label.credentials] !== before.service.Spec.Labels[label.credentials];
  assert.ok(await waitUntil(isRenewed, { deadlineMs: 90_000, signal }), 'the engine was given the new one');
  const renewed = await live();
  assert.deepEqual(
    renewed.running.map(({ ID }) => ID),
    [first?.ID],
    'the task of before runs on',
  );
  // By hand and without credentials, as the engine itself goes on when it moves a task.
  const { service } = renewed;
  const body = { ...service.Spec, Mode: { Replicated: { Replicas: 2 } } };
  const path = `/services/${service.ID}/update?version=${service.Version.Index}`;
  await swarm.managers[0].api.ask({ method: 'POST', path, body, signal });
  const runsTwice = async () => (await live()).running.length === 2;
  const all = async () => JSON.stringify((await live()).tasks.map(({ Status }) => Status));
  assert.ok(await waitUntil(runsTwice, { deadlineMs: 60_000, signal }), await all());
  const { running } = await live();
  assert.equal(new Set(running.map(({ NodeID }) => NodeID)).size, 2, 'on a node that had not pulled before');
  assert.ok(running.some(({ ID }) => ID === first?.ID));
});

test('another secret made by hand is another reference: it is deployed, and the container reads it', async () => {
  await makeSecret('shop-db-2', 'made by hand, later');
  await writePlatform('shop-db-2');
  await server.kill();
  await server.start();
  const { code, view } = await deployBy(server, ['prod', '--set', 'reader=1', '--timeout', '90s']);
  assert.equal(code, 0, view.cause?.summary ?? '');
  await readsInside('made by hand, later');
  const { items } = await server.client.call('listSecrets', { params: { environment: 'prod' } });
  assert.deepEqual(
    items.map(({ secret, from }) => [secret, from]),
    [
      ['db-password', 'engine'],
      ['registry-password', 'drayage'],
    ],
  );
});

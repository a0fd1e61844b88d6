import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { isFault } from '../../core/fault.ts';
import type { EngineNode } from '../../local/engine-node.ts';
import { namespaceInode, namespacesOf } from '../../local/host-network.ts';
import { buildAndPush } from '../../local/images.ts';
import { findProcesses } from '../../local/leftovers.ts';
import { startPrivateNetwork, type PrivateNetwork } from '../../local/private-network.ts';
import { startPrivateSwarm, type PrivateSwarm } from '../../local/private-swarm.ts';
import { startPrivateRegistry } from '../../local/registry.ts';
import { waitUntil } from '../../local/wait.ts';

const signal = AbortSignal.timeout(150_000);
const nodes = z.array(
  z.object({ Description: z.object({ Hostname: z.string() }), Status: z.object({ State: z.string() }) }),
);

let directory: string;
let network: PrivateNetwork;
let fe: PrivateSwarm;
let be: PrivateSwarm;
let image: string;

before(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'drayage-net-')));
  network = await startPrivateNetwork({ directory: join(directory, 'net'), signal });
  const registry = await startPrivateRegistry({ directory: join(directory, 'registry'), engine: network, signal });
  [fe, be] = await Promise.all([
    startPrivateSwarm({ network, name: 'fe', managers: 1, workers: 1, signal }),
    startPrivateSwarm({ network, name: 'be', managers: 1, workers: 0, signal }),
  ]);
  const contextDirectory = join(directory, 'image');
  await mkdir(contextDirectory);
  // What /ask answers is what /cgi-bin/name of the host in its query answers: one container asks another.
  const script = (line: string) => `#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\n${line}\n`;
  const files = {
    Dockerfile: 'FROM busybox:stable\nCOPY name ask /www/cgi-bin/\nCMD ["httpd", "-f", "-h", "/www"]\n',
    name: script('echo "I am $NAME"'),
    ask: script('wget -q -O - "http://$QUERY_STRING/cgi-bin/name"'),
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(contextDirectory, name), text, { mode: 0o755 });
  }
  image = (await buildAndPush(be.managers[0], registry, { name: 'ask', tag: '1', contextDirectory, signal })).reference;
  await serve(fe, 'front');
  await serve(be, 'back');
});

after(async () => {
  await network.stop();
  assert.deepEqual(await namespacesOf(network.network), []);
  await rm(directory, { recursive: true, force: true });
});

/** A container on every node of a swarm, on an overlay network, at port 8080 of its node. */
async function serve({ managers: [{ api }] }: PrivateSwarm, name: string): Promise<void> {
  await api.ask({ method: 'POST', path: '/networks/create', body: { Name: 'net', Driver: 'overlay' }, signal });
  const body = {
    Name: name,
    TaskTemplate: {
      ContainerSpec: { Image: image, Init: true, Env: [`NAME=${name}`] },
      Networks: [{ Target: 'net', Aliases: [name] }],
    },
    Mode: { Global: {} },
    EndpointSpec: {
      Mode: 'dnsrr',
      Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'host' }],
    },
  };
  await api.ask({ method: 'POST', path: '/services/create', body, signal });
}

async function get({ address }: EngineNode, page: string): Promise<string> {
  try {
    const answer = await fetch(`http://${address}:8080/cgi-bin/${page}`, { signal: AbortSignal.timeout(3_000) });
    return await answer.text();
  } catch (error) {
    return String(error);
  }
}

async function assertAnswers(node: EngineNode, page: string, expected: string): Promise<void> {
  let said = '';
  const isThere = async () => {
    said = await get(node, page);
    return said.includes(expected);
  };
  assert.ok(await waitUntil(isThere, { deadlineMs: 40_000, signal }), `${node.name} ${page}: ${said}`);
}

async function stateOf(node: EngineNode): Promise<string | undefined> {
  const list = nodes.parse(await fe.managers[0].api.ask({ method: 'GET', path: '/nodes', signal }));
  return list.find(({ Description }) => Description.Hostname === node.name)?.Status.State;
}

test('the host reaches a published port of every node of every swarm', async () => {
  for (const node of fe.nodes) await assertAnswers(node, 'name', 'I am front');
  for (const node of be.nodes) await assertAnswers(node, 'name', 'I am back');
});

test('a container reaches a port of the other swarm at its node, and its own swarm by name', async () => {
  const [back] = be.managers;
  for (const node of fe.nodes) {
    await assertAnswers(node, `ask?${back.address}:8080`, 'I am back');
    await assertAnswers(node, 'ask?front', 'I am front');
  }
  await assertAnswers(back, `ask?${fe.managers[0].address}:8080`, 'I am front');
});

test('a node that is cut off is reached by nobody, runs on, and is there again once its link is mended', async () => {
  const [worker] = fe.workers;
  assert.ok(worker !== undefined);
  await worker.cut();
  assert.doesNotMatch(await get(worker, 'name'), /I am front/);
  const containers = z.array(z.unknown()).parse(await worker.api.ask({ method: 'GET', path: '/containers/json' }));
  assert.equal(containers.length, 1);
  await worker.mend();
  await assertAnswers(worker, 'name', 'I am front');
});

test('a node that lost its power leaves no process, and comes back with its disk', async () => {
  const [worker] = fe.workers;
  assert.ok(worker !== undefined);
  const inode = await namespaceInode(worker.plug);
  assert.ok(inode !== null);
  await worker.crash();
  const controlGroup = `${network.network.namespace}/${worker.name}`;
  assert.deepEqual(await findProcesses({ namespaceInodes: [inode], controlGroup, folders: [] }), []);
  assert.equal(await namespaceInode(worker.plug), null);
  assert.equal(worker.isUp(), false);
  await worker.restart(signal);
  assert.ok(await waitUntil(async () => (await stateOf(worker)) === 'ready', { deadlineMs: 30_000, signal }));
  await assertAnswers(worker, 'name', 'I am front');
});

test('two nodes of one name are refused', async () => {
  const second = network.startEngine({ name: 'fe-m0', signal });
  await assert.rejects(second, (error) => isFault(error, 'local.failed'));
});

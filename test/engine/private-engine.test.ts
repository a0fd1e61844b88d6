import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { request } from 'undici';
import { z } from 'zod';
import { isFault } from '../../core/fault.ts';
import { startPrivateEngine } from '../../local/docker-engine.ts';
import type { PrivateEngine } from '../../local/docker-engine.ts';
import { namespaceInode, namespacesOf } from '../../local/host-network.ts';
import { buildAndPush, removeImage } from '../../local/images.ts';
import type { PushedImage } from '../../local/images.ts';
import { findMounts, findProcesses } from '../../local/leftovers.ts';
import { startPrivateRegistry } from '../../local/registry.ts';
import type { PrivateRegistry } from '../../local/registry.ts';
import { waitUntil } from '../../local/wait.ts';
import { registryAccess } from '../support/registry-access.ts';

const limitMs = 150_000;
const access = registryAccess;
const auth = Buffer.from(JSON.stringify({ username: access.user, password: access.password })).toString('base64url');

const signal = AbortSignal.timeout(limitMs);
const created = z.object({ ID: z.string() });
const tasks = z.array(
  z.object({
    ID: z.string(),
    Status: z.object({
      State: z.string(),
      Err: z.string().optional(),
      ContainerStatus: z.object({ ExitCode: z.int().optional() }).optional(),
    }),
  }),
);

/** An image whose page `stock` shows its config, and whose page `desk` shows what the service `stock` answers. */
function imageFiles(tag: string): Readonly<Record<string, string>> {
  const head = "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\n";
  return {
    Dockerfile: [
      'FROM busybox:stable',
      `ENV IMAGE=${tag}`,
      'COPY stock desk /www/cgi-bin/',
      'CMD ["httpd", "-f", "-h", "/www"]',
      '',
    ].join('\n'),
    stock: `${head}echo "stock of image $IMAGE: $(cat /etc/list || echo nothing)"\n`,
    desk: `${head}echo "desk asks $(wget -q -O - http://stock/cgi-bin/stock)"\n`,
  };
}

interface Config {
  readonly id: string;
  readonly name: string;
  readonly path: string;
}

let directory: string;
let engine: PrivateEngine;
let registry: PrivateRegistry;
const images = new Map<string, PushedImage>();

before(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'drayage-test-')));
  engine = await startPrivateEngine({ directory, signal });
  registry = await startPrivateRegistry({ directory: join(directory, 'registry'), engine, access, signal });
});

after(async () => {
  await registry.stop();
  await engine.stop();
  await rm(directory, { recursive: true, force: true });
});

test('images are built, pushed, and have the same digest when built again', async () => {
  for (const tag of ['one', 'gone']) {
    const contextDirectory = join(directory, 'images', tag);
    await mkdir(contextDirectory, { recursive: true });
    for (const [name, text] of Object.entries(imageFiles(tag))) {
      await writeFile(join(contextDirectory, name), text, { mode: 0o755 });
    }
    const options = { name: 'shop/stock', tag, contextDirectory, signal };
    const image = await buildAndPush(engine, registry, options);
    assert.match(image.digest, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(await buildAndPush(engine, registry, options), image);
    images.set(tag, image);
  }
});

test('services find each other by name, and a host port answers on the host', async () => {
  await engine.api.ask({
    method: 'POST',
    path: '/networks/create',
    body: { Name: 'shop', Driver: 'overlay', CheckDuplicate: true },
    signal,
  });
  await create('stock', { replicas: 2, config: await createConfig('list', 'Teapot', '/etc/list') });
  await create('desk', { replicas: 1, publish: 8080 });
  await shopAnswers();
});

test('two engines run side by side and publish the same port', async () => {
  const other = await mkdtemp(join(tmpdir(), 'drayage-test-'));
  const neighbour = await startPrivateEngine({ directory: other, signal });
  try {
    assert.notEqual(neighbour.address, engine.address);
    const theirs = await startPrivateRegistry({ directory: join(other, 'registry'), engine: neighbour, signal });
    const options = { name: 'shop/stock', tag: 'one', contextDirectory: join(directory, 'images', 'one'), signal };
    const { reference } = await buildAndPush(neighbour, theirs, options);
    await neighbour.api.ask({
      method: 'POST',
      path: '/services/create',
      body: {
        Name: 'stock',
        TaskTemplate: { ContainerSpec: { Image: reference, Init: true } },
        EndpointSpec: {
          Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'host' }],
        },
      },
      signal,
    });
    const isServed = async () => (await get(neighbour, 'stock')).includes('stock of image one: nothing');
    assert.ok(await waitUntil(isServed, { deadlineMs: 30_000, signal }));
    await theirs.stop();
  } finally {
    await neighbour.stop();
    await rm(other, { recursive: true, force: true });
  }
  await shopAnswers();
});

test('a release that crashes leaves its exit code and its last log line', async () => {
  const id = await create('bad', { replicas: 1, command: ['sh', '-c', 'echo no prices >&2; exit 7'] });
  const isFailed = async () => (await tasksOf(id)).some(({ Status }) => Status.State === 'failed');
  assert.ok(await waitUntil(isFailed, { deadlineMs: 30_000, signal }));
  const failed = (await tasksOf(id)).find(({ Status }) => Status.State === 'failed');
  assert.equal(failed?.Status.ContainerStatus?.ExitCode, 7);
  const path = `/tasks/${failed?.ID}/logs?stdout=1&stderr=1&tail=1`;
  const { body } = await engine.api.call({ method: 'GET', path, signal });
  assert.match(String(body), /no prices/);
  await engine.api.ask({ method: 'DELETE', path: `/services/${id}`, signal });
});

test('a deleted manifest cannot be pulled any more', async () => {
  const image = images.get('gone');
  assert.ok(image !== undefined);
  await registry.deleteManifest('shop/stock', image.digest);
  const isGone = (error: unknown) => isFault(error, 'image.unresolved');
  await assert.rejects(registry.deleteManifest('shop/stock', image.digest), isGone);
  await removeImage(engine, image.reference.replace(/@.*/, ''));
  await removeImage(engine, image.reference.replace(/:[^:@]*@/, '@'));
  const known = await engine.api.call({ method: 'GET', path: `/images/${image.reference}/json`, signal });
  assert.equal(known.status, 404);
});

test('the directory of a running engine is refused to another process', async () => {
  const second = startPrivateEngine({ directory, signal });
  await assert.rejects(
    second,
    (error) => isFault(error, 'local.failed') && /uses the private engine/.test(error.message),
  );
});

test('a killed daemon starts again and the services are there again', async () => {
  const before = engine.pid();
  await engine.kill();
  assert.equal(existsSync(`/proc/${before}`), false);
  await engine.restart(signal);
  assert.notEqual(engine.pid(), before);
  await shopAnswers();
});

test('stopping leaves no process, mount, interface, namespace or control group', async () => {
  const inodes = await Promise.all([namespaceInode(engine.network), namespaceInode(engine.plug)]);
  const marks = {
    namespaceInodes: inodes.filter((inode) => inode !== null),
    controlGroup: engine.network.namespace,
    folders: [directory],
  };
  assert.equal(marks.namespaceInodes.length, 2);
  assert.ok((await findProcesses(marks)).length > 4);
  assert.ok((await findMounts(marks.folders)).length > 4);
  await registry.stop();
  await engine.stop();
  assert.deepEqual(await findProcesses(marks), []);
  assert.deepEqual(await findMounts(marks.folders), []);
  assert.deepEqual(await namespacesOf(engine.network), []);
  assert.equal(existsSync(`/sys/class/net/${engine.network.hostInterface}`), false);
  assert.equal(existsSync(engine.socketPath), false);
  const groups = await readdir('/sys/fs/cgroup', { recursive: true });
  assert.deepEqual(
    groups.filter((path) => path.includes(engine.network.namespace)),
    [],
  );
});

test('what a killed run left is cleared by the next start, which keeps images and can forget services', async () => {
  const first = await startPrivateEngine({ directory, signal });
  const isBack = async () => (await containerCount(first)) >= 3;
  assert.ok(await waitUntil(isBack, { deadlineMs: 60_000, signal }));
  await first.kill();
  await first.api.close();
  await rm(join(directory, 'owner.json'));
  const said: string[] = [];
  engine = await startPrivateEngine({ directory, signal, fresh: true, onProgress: (sentence) => said.push(sentence) });
  assert.match(said.join(), /Ended \d+ processes/);
  assert.deepEqual(await engine.api.ask({ method: 'GET', path: '/services', signal }), []);
  const reference = images.get('one')?.reference;
  assert.equal((await engine.api.call({ method: 'GET', path: `/images/${reference}/json`, signal })).status, 200);
});

async function containerCount(of: PrivateEngine): Promise<number> {
  const list = await of.api.ask({ method: 'GET', path: '/containers/json', signal });
  return z.array(z.unknown()).parse(list).length;
}

/** What answers at an engine's port 8080, or why nothing did. */
async function get(from: PrivateEngine, page: string): Promise<string> {
  try {
    const answer = await request(`http://${from.address}:8080/cgi-bin/${page}`, { signal: AbortSignal.timeout(5_000) });
    return `${answer.statusCode} ${await answer.body.text()}`;
  } catch (error) {
    return String(error);
  }
}

/** The desk asks the stock by its name, and the stock reads its config. */
async function shopAnswers(): Promise<void> {
  let seen = '';
  const isServed = async () => {
    seen = await get(engine, 'desk');
    return seen.includes('desk asks stock of image one: Teapot');
  };
  assert.ok(await waitUntil(isServed, { deadlineMs: 45_000, signal }), seen);
}

async function createConfig(name: string, text: string, path: string): Promise<Config> {
  const body = { Name: name, Data: Buffer.from(text).toString('base64') };
  const answer = await engine.api.ask({ method: 'POST', path: '/configs/create', body, signal });
  return { id: created.parse(answer).ID, name, path };
}

async function tasksOf(id: string): Promise<z.infer<typeof tasks>> {
  const filters = encodeURIComponent(JSON.stringify({ service: [id] }));
  return tasks.parse(await engine.api.ask({ method: 'GET', path: `/tasks?filters=${filters}`, signal }));
}

async function create(
  name: string,
  of: {
    readonly replicas: number;
    readonly command?: readonly string[];
    readonly publish?: number;
    readonly config?: Config;
  },
): Promise<string> {
  const second = 1_000_000_000;
  const body = {
    Name: name,
    TaskTemplate: {
      ContainerSpec: {
        Image: images.get('one')?.reference,
        ...(of.command === undefined ? {} : { Command: of.command }),
        Init: true,
        ReadOnly: true,
        StopGracePeriod: 3 * second,
        Healthcheck: {
          Test: ['CMD', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1/cgi-bin/stock'],
          Interval: 2 * second,
          Timeout: 5 * second,
          Retries: 3,
        },
        Configs: (of.config === undefined ? [] : [of.config]).map((config) => ({
          ConfigID: config.id,
          ConfigName: config.name,
          File: { Name: config.path, UID: '0', GID: '0', Mode: 0o444 },
        })),
      },
      Networks: [{ Target: 'shop', Aliases: [name] }],
    },
    Mode: { Replicated: { Replicas: of.replicas } },
    EndpointSpec: {
      Mode: 'dnsrr',
      Ports:
        of.publish === undefined
          ? []
          : [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: of.publish, PublishMode: 'host' }],
    },
  };
  const headers = { 'x-registry-auth': auth };
  return created.parse(await engine.api.ask({ method: 'POST', path: '/services/create', body, headers, signal })).ID;
}

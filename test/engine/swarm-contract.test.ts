import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { sha256 } from '../../core/hash.ts';
import { engineContract } from '../../engine/testing/contract.ts';
import type { EngineHarness } from '../../engine/testing/stage.ts';
import { sampleTarget, sampleWorkload } from '../../engine/testing/sample.ts';
import { openSwarmEngine } from '../../engine/swarm/engine.ts';
import { at, integer, list, record, text } from '../../engine/swarm/json.ts';
import { assess } from '../../core/rollout/assess.ts';
import { codeOfAsync } from '../../core/testing/code-of.ts';
import type { SeenTask } from '../../core/sighting.ts';
import type { Workload } from '../../core/workload.ts';
import type { ApplyRequest, Engine } from '../../port/engine.ts';
import { startPrivateEngine, type PrivateEngine } from '../../local/docker-engine.ts';
import { buildAndPush } from '../../local/images.ts';
import { startPrivateRegistry, type PrivateRegistry } from '../../local/registry.ts';

const signal = AbortSignal.timeout(300_000);

const healthy = 'HEALTHCHECK --interval=1s --timeout=2s --retries=2 CMD ["true"]';
const dockerfiles = {
  good: [healthy, 'CMD ["sh", "-c", "while true; do echo alive; sleep 1; done"]'],
  next: [healthy, 'CMD ["sh", "-c", "while true; do echo alive again; sleep 1; done"]'],
  crashing: ['CMD ["sh", "-c", "echo starting; sleep 1; echo lost the database >&2; exit 7"]'],
  sick: ['HEALTHCHECK --interval=1s --timeout=2s --retries=2 CMD ["false"]', 'CMD ["sleep", "1000"]'],
} as const;

interface Ground {
  readonly engine: PrivateEngine;
  readonly registry: PrivateRegistry;
  readonly directory: string;
  readonly images: ReadonlyMap<string, string>;
}

let ground: Ground;

before(async () => {
  ground = await prepare();
});

after(async () => {
  await ground.registry.stop();
  await ground.engine.stop();
  await rm(ground.directory, { recursive: true, force: true });
});

function imageOf(name: string): string {
  const image = ground.images.get(name);
  assert.ok(image !== undefined);
  return image;
}

/** One private engine and registry for the whole file, with every image. */
async function prepare(): Promise<Ground> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'drayage-contract-')));
  const engine = await startPrivateEngine({ directory, signal });
  const registry = await startPrivateRegistry({ directory: join(directory, 'registry'), engine, signal });
  const images = new Map<string, string>();
  for (const [name, lines] of Object.entries(dockerfiles)) {
    const contextDirectory = join(directory, name);
    await mkdir(contextDirectory);
    await writeFile(join(contextDirectory, 'Dockerfile'), ['FROM busybox:stable', ...lines, ''].join('\n'));
    const pushed = await buildAndPush(engine, registry, { name: 'contract', tag: name, contextDirectory, signal });
    images.set(name, pushed.reference);
  }
  return { engine, registry, directory, images };
}

async function namesOf(path: string, filters: object, ...name: readonly string[]): Promise<readonly string[]> {
  const query = `?filters=${encodeURIComponent(JSON.stringify(filters))}`;
  const { body } = await ground.engine.api.call({ method: 'GET', path: path + query });
  const items = list(path === '/volumes' ? at(body, 'Volumes') : body);
  return items.map((item) => text(item, ...name) ?? '');
}

function openHere(endpoint = ground.engine.endpoint): Engine {
  return openSwarmEngine({ cluster: 'fe', endpoint, clock: Date });
}

async function setUp(): Promise<EngineHarness> {
  const { registry, directory } = ground;
  const engine = openHere();
  return await Promise.resolve({
    engine,
    images: {
      good: imageOf('good'),
      goodNext: imageOf('next'),
      crashing: imageOf('crashing'),
      unhealthy: imageOf('sick'),
      missing: `${registry.host}/contract:gone@sha256:${sha256('gone')}`,
    },
    pass: async (ms: number) => await setTimeout(ms),
    leftovers: async (environment: string) => {
      const filters = { label: [`drayage.environment=${environment}`] };
      const networks = await namesOf('/networks', filters, 'Name');
      const configs = await namesOf('/configs', filters, 'Spec', 'Name');
      return [...networks, ...configs].toSorted();
    },
    volumes: async () => await namesOf('/volumes', {}, 'Name'),
    unreachable: async () => await Promise.resolve(openHere(`unix://${directory}/nobody.sock`)),
    tearDown: async () => await engine.close(),
  });
}

engineContract('swarm', setUp, 4);

const products = Buffer.from('["tea"]');

function request(environment: string, change: Partial<Workload>, generation = 1): ApplyRequest {
  const of = { environment, cluster: 'fe', image: imageOf('good') };
  return {
    writer: { installation: 'here', deployment: 'deployment-1', generation },
    target: sampleTarget(sampleWorkload(of, change)),
    files: new Map([[sha256(products), products]]),
    credentials: null,
    whenTasksFail: 'pause',
  };
}

/** Looks until a task of the environment runs. */
async function runningTask(engine: Engine, environment: string): Promise<SeenTask> {
  for (;;) {
    const { workloads } = await engine.observe({ installation: 'here', environment }, signal);
    const task = workloads.flatMap(({ tasks }) => tasks).find(({ state }) => state === 'running');
    if (task !== undefined) return task;
    await setTimeout(250, undefined, { signal });
  }
}

test('a container has its config, a read-only root, a writable tmpfs, its variables and its user', async () => {
  const engine = openHere();
  const script = 'cat /etc/list.json; echo; touch /x || echo no; echo $(touch /t/x && echo yes) $LEVEL $(id -u)';
  const change: Partial<Workload> = {
    entrypoint: ['/bin/sh', '-c'],
    command: [`${script}; exec sleep 1000`],
    variables: { LEVEL: 'warn' },
    user: '1000:1000',
    tmpfs: [{ target: '/t', sizeBytes: 65_536, mode: 0o1777 }],
    configs: [
      { config: 'list', content: sha256(products), target: '/etc/list.json', mode: 0o440, uid: '1000', gid: '1000' },
    ],
  };
  await engine.apply(request('inside', change), signal);
  const task = await runningTask(engine, 'inside');
  const lines = await engine.taskLogs(task.id, 20, signal);
  const texts = lines.filter(({ stream }) => stream === 'stdout').map((line) => line.text);
  assert.deepEqual(texts, ['["tea"]', 'no', 'yes warn 1000']);
  assert.ok(lines.some(({ stream, text: said }) => stream === 'stderr' && /Read-only file system/.test(said)));
  await engine.close();
});

test('a change that somebody made by hand is written over, and the same again changes nothing', async () => {
  const engine = openHere();
  const wanted = request('byhand', {});
  await engine.apply(wanted, signal);
  const { body } = await ground.engine.api.call({ method: 'GET', path: '/services/byhand_cart_web' });
  const spec = at(body, 'Spec');
  const changed = { ...record(spec), Mode: { Replicated: { Replicas: 2 } } };
  const path = `/services/byhand_cart_web/update?version=${integer(body, 'Version', 'Index') ?? 0}`;
  await ground.engine.api.ask({ method: 'POST', path, body: changed });
  assert.equal(await engine.apply(wanted, signal), 'updated');
  assert.equal(await engine.apply(wanted, signal), 'unchanged');
  const of = { installation: 'here', environment: 'byhand' };
  assert.equal((await engine.observe(of, signal)).workloads[0]?.replicas, 1);
  await engine.close();
});

test('many writers of one generation at the same time all come through', async () => {
  const engine = openHere();
  const placement = { constraints: ['node.labels.nowhere==yes'], spreadOver: [], maxPerNode: null };
  const counts = [1, 2, 3, 4];
  const writes = counts.map(async (replicas) => await engine.apply(request('crowd', { replicas, placement }), signal));
  const results = await Promise.all(writes);
  assert.equal(results.filter((result) => result === 'created').length, 1);
  assert.equal(results.filter((result) => result === 'updated').length, 3);
  await engine.close();
});

test('a service with every member that an engine can refuse is taken as it is meant', async () => {
  const engine = openHere();
  const wanted = request('full', {
    health: {
      kind: 'command',
      test: ['CMD', 'true'],
      intervalMs: 2000,
      timeoutMs: 1000,
      retries: 2,
      startPeriodMs: 500,
    },
    volumes: [{ volume: 'data', target: '/data', readOnly: true }],
    ports: [{ target: 80, published: 18080, protocol: 'tcp', mode: 'host' }],
    limits: { nanoCpus: 500_000_000, memoryBytes: 64 * 1024 * 1024, pids: 50 },
    reservations: { nanoCpus: 10_000_000, memoryBytes: 8 * 1024 * 1024, pids: null },
    restart: { condition: 'on-failure', delayMs: 1000, maxAttempts: 3, windowMs: 5000 },
    placement: { constraints: ['node.role==manager'], spreadOver: ['node.labels.zone'], maxPerNode: 1 },
  });
  assert.equal(await engine.apply(wanted, signal), 'created');
  assert.equal(await engine.apply(wanted, signal), 'unchanged');
  await runningTask(engine, 'full');
  await engine.close();
});

test('what few components ask for reaches the container, and the same again changes nothing', async () => {
  const engine = openHere();
  const seen = join(ground.directory, 'seen');
  await writeFile(seen, 'from the node\n');
  const asks = 'hostname; pwd; grep db.test /etc/hosts; ulimit -n; id -G; cat /seen /proc/sys/net/core/somaxconn';
  const wanted = request('extras', {
    entrypoint: ['/bin/sh', '-c'],
    command: [`${asks}; grep CapEff /proc/self/status; exec sleep 1000`],
    workingDir: '/tmp',
    hostname: 'cart-{{.Task.Slot}}',
    stopSignal: 'SIGTERM',
    groups: ['4321'],
    hosts: [{ name: 'db.test', address: '10.9.8.7' }],
    dns: { servers: ['127.0.0.1'], search: ['a.test'], options: ['ndots:1'] },
    sysctls: { 'net.core.somaxconn': '77' },
    ulimits: [{ name: 'nofile', soft: 99, hard: 100 }],
    addedCapabilities: ['CHOWN'],
    droppedCapabilities: ['ALL'],
    labels: { tier: 'front' },
    serviceLabels: { team: 'us' },
    logging: { driver: 'json-file', options: { 'max-size': '1m' } },
    binds: [{ source: seen, target: '/seen', readOnly: true, propagation: 'rprivate' }],
    isolation: 'default',
  });
  assert.equal(await engine.apply(wanted, signal), 'created');
  assert.equal(await engine.apply(wanted, signal), 'unchanged');
  const task = await runningTask(engine, 'extras');
  const lines = (await engine.taskLogs(task.id, 20, signal)).map((line) => line.text.replace(/\s+/g, ' '));
  assert.deepEqual(lines, [
    'cart-1',
    '/tmp',
    '10.9.8.7 db.test',
    '99',
    '0 4321',
    'from the node',
    '77',
    'CapEff: 0000000000000001',
  ]);
  await engine.close();
});

test('labels of the service restart nothing', async () => {
  const engine = openHere();
  await engine.apply(request('labelled', {}), signal);
  const task = await runningTask(engine, 'labelled');
  const wanted = request('labelled', { serviceLabels: { team: 'us' } });
  assert.equal(await engine.apply(wanted, signal), 'updated');
  const { workloads } = await engine.observe({ installation: 'here', environment: 'labelled' }, signal);
  const tasks = workloads.flatMap((workload) => workload.tasks);
  assert.deepEqual(
    tasks.map(({ id, workload, wanted: isWanted }) => [id, workload, isWanted]),
    [[task.id, wanted.target.hash, true]],
  );
  await engine.close();
});

test('a global service on the network of its node counts its tasks, and is made anew as a replicated one', async () => {
  const engine = openHere();
  const everywhere = request('global', { mode: 'global', hostNetwork: true, networks: [], endpointMode: 'vip' });
  assert.equal(await engine.apply(everywhere, signal), 'created');
  assert.equal(await engine.apply(everywhere, signal), 'unchanged');
  await runningTask(engine, 'global');
  const of = { installation: 'here', environment: 'global' };
  const [seen] = (await engine.observe(of, signal)).workloads;
  assert.ok(seen !== undefined);
  assert.deepEqual([seen.replicas, assess('deployment-1', everywhere.target, seen).kind], [1, 'reached']);
  const replicated = request('global', { replicas: 2 });
  assert.equal(await engine.apply(replicated, signal), 'created');
  assert.equal((await engine.observe(of, signal)).workloads[0]?.replicas, 2);
  await engine.close();
});

test('a network is made encrypted, and is not taken for one that is not', async () => {
  const engine = openHere();
  const network = { network: 'sealed_shared', internal: false, aliases: ['cart'] };
  const sealed = request('sealed', { replicas: 0, networks: [{ ...network, encrypted: true }] });
  assert.equal(await engine.apply(sealed, signal), 'created');
  assert.equal(await engine.apply(sealed, signal), 'unchanged');
  const { body } = await ground.engine.api.call({ method: 'GET', path: '/networks/sealed_shared' });
  assert.ok(Object.hasOwn(record(at(body, 'Options')), 'encrypted'));
  const open = request('sealed', { replicas: 0, networks: [network] });
  assert.equal(await codeOfAsync(async () => await engine.apply(open, signal)), 'engine.refused');
  await engine.close();
});

import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../cli/failure.ts';
import { Fault } from '../../core/fault.ts';
import { label } from '../../engine/swarm/labels.ts';
import { connectToEngine, type EngineApi } from '../../local/engine-api.ts';
import { baseImage, removeImage } from '../../local/images.ts';
import { startPrivateRegistry } from '../../local/registry.ts';
import { waitUntil } from '../../local/wait.ts';
import { missingRates, type Building, type Ground } from './ground.ts';
import { requireFreePort } from './server.ts';
import { writeSboms } from './sbom.ts';
import { buildShop, imagesOfShop } from './shop.ts';
import { shorten } from './state.ts';

/** The ports of the machine at which the shop of both environments is published. */
const shopPorts = [8080, 8081, 8082, 8090, 8091, 8092];
const clearMs = 60_000;

const info = z.object({
  ServerVersion: z.string(),
  Swarm: z.object({ LocalNodeState: z.string(), ControlAvailable: z.boolean() }),
});
const listed = z.array(z.looseObject({ ID: z.string().optional(), Id: z.string().optional() }));

/** The machine's own engine with a registry of the demo's on 127.0.0.1; both environments share the one swarm. */
export async function startDockerGround({ narrator, options, record, signal, onEnd }: Building): Promise<Ground> {
  const endpoint = readEndpoint(process.env['DOCKER_HOST']);
  const api = connectToEngine(endpoint.slice('unix://'.length));
  onEnd(null, () => api.close());
  await narrator.stage({
    name: 'engine',
    about: `this machine's own Docker Engine, ${endpoint}`,
    work: async () => {
      const found = await requireSwarm(api, endpoint, signal);
      for (const port of shopPorts) await requireFreePort(port, 'the shop publishes it');
      return found;
    },
    result: ({ ServerVersion }) =>
      `Docker ${ServerVersion}, a swarm manager; all that is made on it is removed at the end`,
  });
  const registry = await narrator.stage({
    name: 'registry',
    about: 'a private image registry on 127.0.0.1, which the engine takes without TLS',
    work: async () => {
      const started = await startPrivateRegistry({ directory: join(options.state, 'registry'), signal });
      onEnd('registry', () => started.stop());
      return started;
    },
    result: ({ host }) => host,
  });
  const sboms = await narrator.stage({
    name: 'build',
    about: 'the images of examples/shop, pushed to the registry',
    work: async () => {
      const { status } = await api.call({ method: 'GET', path: `/images/${baseImage}/json`, signal });
      const images = [...imagesOfShop(registry.host), ...(status === 200 ? [] : [baseImage])];
      onEnd('images', async () => await removeImages(api, images));
      const say = (line: string) => narrator.say(line);
      const shop = await buildShop({ engine: { api }, registry, say, note: record.note, signal });
      return await writeSboms(options.state, shop);
    },
    result: () => `four good ones and a bad one; what the builder printed is in ${shorten(record.logFile)}`,
  });
  return {
    registryHost: registry.host,
    platform: {
      clusters: { local: { engine: 'swarm', endpoint, roles: ['front-end', 'back-end'] } },
      registries: { [registry.host]: { credentials: 'none', insecure: true } },
      environments: { dev: { clusters: ['local'] }, prod: { clusters: ['local'] } },
    },
    specs: { dev: 'examples/shop/dev.yaml', prod: 'examples/shop/prod-one-cluster.yaml' },
    storefronts: { dev: 'http://127.0.0.1:8080/', prod: 'http://127.0.0.1:8090/' },
    lastWords: missingRates,
    sboms,
    clear: async (installation) => await clearEngine(api, installation),
  };
}

/** Throws `UsageError` for an engine elsewhere: it could not reach a registry on 127.0.0.1. */
function readEndpoint(host: string | undefined): string {
  const endpoint = host === undefined || host === '' ? 'unix:///var/run/docker.sock' : host;
  if (endpoint.startsWith('unix:///')) return endpoint;
  const next = 'Unset DOCKER_HOST, or name a unix socket: DOCKER_HOST=unix:///var/run/docker.sock bin/demo --docker.';
  throw new UsageError(`DOCKER_HOST is ${endpoint}: the demo needs an engine of this very machine.`, next);
}

async function requireSwarm(api: EngineApi, endpoint: string, signal: AbortSignal): Promise<z.infer<typeof info>> {
  const found = info.parse(await api.ask({ method: 'GET', path: '/info', signal }).catch(rethrow(endpoint)));
  if (found.Swarm.ControlAvailable) return found;
  const command = `${process.env['DOCKER_HOST'] === undefined ? '' : `DOCKER_HOST=${endpoint} `}docker swarm init --advertise-addr 127.0.0.1`;
  const isWorker = found.Swarm.LocalNodeState === 'active';
  throw new UsageError(
    isWorker ? 'This Docker Engine is a worker of a swarm, and no manager.' : 'This Docker Engine is not in a swarm.',
    isWorker
      ? 'Run the demo on a manager.'
      : `Make it a swarm of one node: ${command} (docker swarm leave --force undoes it).`,
  );
}

function rethrow(endpoint: string): (cause: unknown) => never {
  return (cause) => {
    const next = 'Start it, or name another with DOCKER_HOST; whoever runs the demo must be allowed to use its socket.';
    throw new Fault('local.failed', `No Docker Engine answers at ${endpoint}.`, { next, cause });
  };
}

/** Removes what bears the installation's label: services, and when their tasks are gone, networks and configs. */
async function clearEngine(api: EngineApi, installation: string): Promise<void> {
  for (const kind of ['services', 'networks', 'configs'] as const) {
    const isGone = async () => {
      for (const id of await idsOf(api, kind, installation)) {
        await api.call({ method: 'DELETE', path: `/${kind}/${id}` });
      }
      return (await idsOf(api, kind, installation)).length === 0;
    };
    if (await waitUntil(isGone, { deadlineMs: clearMs })) continue;
    const filter = `--filter label=${label.installation}=${installation}`;
    throw new Fault('local.failed', `Not all ${kind} of the demo could be removed.`, {
      next: `Look at them: docker ${kind.slice(0, -1)} ls ${filter}.`,
    });
  }
}

async function idsOf(api: EngineApi, kind: string, installation: string): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${label.installation}=${installation}`] }));
  const list = listed.parse(await api.ask({ method: 'GET', path: `/${kind}?filters=${filters}` }));
  return list.flatMap(({ ID, Id }) => ID ?? Id ?? []);
}

/** Containers of removed services go a moment after them, and hold their images until then. */
async function removeImages(api: EngineApi, images: readonly string[]): Promise<void> {
  await delay(1_000);
  for (const image of images) await removeImage({ api }, image);
}

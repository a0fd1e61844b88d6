import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, type Client } from '../../client/client.ts';
import { startPrivateEngine } from '../../local/docker-engine.ts';
import { startPrivateRegistry } from '../../local/registry.ts';
import { waitUntil } from '../../local/wait.ts';
import { serve } from '../../server.ts';
import { root } from '../demo/dray.ts';
import { badRelease, betterRelease, buildShop, goodReleases, type ShopRelease } from '../demo/shop.ts';
import { renewData, writePlatform } from '../demo/state.ts';
import type { Studio } from './studio.ts';

const deadlineMs = 120_000;

interface Shop {
  readonly studio: Studio;
  readonly url: string;
  readonly token: string;
  readonly client: Client;
  readonly signal: AbortSignal;
}

/** Takes the shop of examples/shop on a private Docker Swarm: under way, well, rolled back. */
export async function takeShop(of: {
  readonly studio: Studio;
  /** A folder for the engine, its registry and the ledger. */
  readonly state: string;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { studio, state, tell, signal } = of;
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const engine = await startPrivateEngine({ directory: join(state, 'engine'), fresh: true, signal });
    undo.push(async () => await engine.stop());
    const registry = await startPrivateRegistry({ directory: join(state, 'registry'), engine, signal });
    undo.push(async () => await registry.stop());
    await buildShop({ engine, registry, say: tell, note: async () => {}, signal });
    const server = await serve({
      platform: await writePlatform(state, {
        clusters: { fe: { engine: 'swarm', endpoint: engine.endpoint, roles: ['front-end', 'back-end'] } },
        registries: { [registry.host]: { credentials: 'none', insecure: true } },
        environments: { dev: { clusters: ['fe'] } },
      }),
      data: await renewData(state),
      listen: { host: '127.0.0.1', port: 0 },
      logLevel: 'error',
    });
    undo.push(async () => await server.close());
    const { url, firstToken: token } = server;
    if (token === null) throw new Error('an empty data folder gave no token');
    const client = createClient({ url, token });
    for (const release of [...goodReleases, betterRelease, badRelease]) await register(client, release, registry.host);
    await takePictures({ studio, url, token, client, signal });
  } finally {
    for (const step of undo.toReversed()) await step();
  }
}

async function takePictures(shop: Shop): Promise<void> {
  const { studio, url } = shop;
  const page = await studio.open(shop);
  const services = Object.fromEntries(goodReleases.map(({ service, version }) => [service, version]));
  const first = await deploy(shop, services);
  await page.goto(`${url}/deployments/${first}`);
  await reached(shop, first, 'active');
  // One wave is verified, the next is under way: the middle of the story.
  await page
    .getByRole('main')
    .getByText(/^under way$/)
    .first()
    .waitFor();
  await page
    .getByRole('main')
    .getByText(/^verified$/)
    .first()
    .waitFor();
  await studio.take(page, 'deployment-under-way', { dark: true });
  await reached(shop, first, 'ended');

  const newer = Object.fromEntries([betterRelease, badRelease].map(({ service, version }) => [service, version]));
  const second = await deploy(shop, newer);
  await reached(shop, second, 'ended');
  await page.goto(`${url}/deployments/${second}`);
  await page.getByRole('main').getByText('rates.csv is missing').first().waitFor();
  await studio.take(page, 'rolled-back', { dark: true });

  await page.goto(`${url}/`);
  await page.getByRole('link', { name: 'storefront in dev: 1.0.0, healthy' }).waitFor();
  await studio.take(page, 'overview');
  await page.goto(`${url}/environments/dev`);
  await page.getByRole('table', { name: 'Services' }).getByText('1 of 1').first().waitFor();
  await studio.take(page, 'environment', { dark: true });
  await page.goto(`${url}/ledger`);
  await page.getByRole('rowheader', { name: 'Entry 1', exact: true }).waitFor();
  await studio.take(page, 'ledger', { height: 600 });
}

async function register(client: Client, { service, version, folder }: ShopRelease, registry: string): Promise<void> {
  const text = await readFile(join(root, folder, 'compose.yaml'), 'utf8');
  const named = [...text.matchAll(/file: (\.\/\S+)/g)].map(([, name = '']) => name);
  const read = async (name: string): Promise<[string, string]> => [
    name,
    await readFile(join(root, folder, name), 'base64'),
  ];
  const files = Object.fromEntries(await Promise.all(named.map(read)));
  const compose = { name: 'compose.yaml', text };
  await client.call('createRelease', { body: { service, version, compose, files, vars: { REGISTRY: registry } } });
}

async function deploy({ client }: Shop, set: Record<string, string>): Promise<string> {
  const wanted = { kind: 'change', environment: 'dev', set } as const;
  const answer = await client.call('deploy', { body: { wanted }, idempotencyKey: crypto.randomUUID() });
  if (answer.kind === 'nothing-to-do') throw new Error('there was nothing to deploy');
  return answer.deployment;
}

async function reached({ client, signal }: Shop, deployment: string, phase: 'active' | 'ended'): Promise<void> {
  const isThere = async () => (await client.call('getDeployment', { params: { deployment }, signal })).phase === phase;
  if (await waitUntil(isThere, { deadlineMs, signal })) return;
  throw new Error(`${deployment} is not ${phase} after ${deadlineMs / 1000} s`);
}

import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { stringify } from 'yaml';
import { Fault } from '../../core/fault.ts';
import { buildAndPush } from '../../local/images.ts';
import type { PrivateEngine } from '../../local/docker-engine.ts';
import type { PrivateRegistry } from '../../local/registry.ts';
import { waitUntil } from '../../local/wait.ts';
import { root } from './dray.ts';

/** One version of one service of examples/shop. */
export interface ShopRelease {
  readonly service: string;
  readonly version: string;
  /** Its folder in the checkout. */
  readonly folder: string;
}

/** The three services in their good versions. */
export const goodReleases: readonly ShopRelease[] = ['catalog', 'cart', 'storefront'].map((service) => {
  return { service, version: '1.0.0', folder: `examples/shop/${service}` };
});

/** The catalog in a version that cannot start. */
export const badRelease: ShopRelease = {
  service: 'catalog',
  version: '1.1.0-bad',
  folder: 'examples/shop/catalog-bad',
};

const answerMs = 20_000;

/** Builds and pushes the images of all four releases; says one sentence about each. */
export async function buildShop(of: {
  readonly engine: PrivateEngine;
  readonly registry: PrivateRegistry;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  for (const { service, version, folder } of [...goodReleases, badRelease]) {
    const options = {
      name: `shop/${service}`,
      tag: version,
      contextDirectory: join(root, folder),
      signal: of.signal,
    };
    const { digest } = await buildAndPush(of.engine, of.registry, options);
    of.say(`shop/${service}:${version}  ${digest.slice(0, 19)}...`);
  }
}

/** Writes the Platform document of the demo: one cluster, one environment. Returns its path. */
export async function writePlatform(state: string, engine: PrivateEngine, registry: PrivateRegistry): Promise<string> {
  const file = join(state, 'platform.yaml');
  const document = {
    apiVersion: 'drayage/v1',
    kind: 'Platform',
    clusters: { fe: { engine: 'swarm', endpoint: engine.endpoint, roles: ['front-end'] } },
    registries: { [registry.host]: { credentials: 'none', insecure: true } },
    environments: { dev: { clusters: ['fe'] } },
  };
  await writeFile(file, stringify(document));
  return file;
}

/** Makes the empty data folder of the server; the ledger of the run before is forgotten. Returns its path. */
export async function renewData(state: string): Promise<string> {
  const folder = join(state, 'data');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Keeps the token where only its owner reads it: with sudo, the person who called it. Returns the file. */
export async function keepToken(state: string, token: string): Promise<string> {
  const file = join(state, 'token');
  await rm(file, { force: true });
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  const [user, group] = [Number(process.env['SUDO_UID']), Number(process.env['SUDO_GID'])];
  if (user > 0 && group >= 0) await chown(file, user, group);
  return file;
}

/**
 * The front page, once it answers and shows both other services in version 1.0.0. Throws `local.failed` with what it
 * showed last when that takes longer than 20 s.
 */
export async function readFrontPage(url: string, signal: AbortSignal): Promise<string> {
  let seen = '';
  const isWhole = async (): Promise<boolean> => {
    seen = await get(url);
    return ['catalog', 'cart'].every((service) => seen.includes(`{"service":"${service}","version":"1.0.0"`));
  };
  if (await waitUntil(isWhole, { deadlineMs: answerMs, signal })) return seen;
  throw new Fault('local.failed', `The storefront, ${url}, does not show catalog 1.0.0 and cart 1.0.0 but:\n${seen}`);
}

async function get(url: string): Promise<string> {
  try {
    const answer = await request(url, { signal: AbortSignal.timeout(5_000) });
    return (await answer.body.text()).trimEnd();
  } catch (error) {
    return String(error);
  }
}

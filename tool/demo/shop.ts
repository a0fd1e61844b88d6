import { join } from 'node:path';
import { request } from 'undici';
import { Fault } from '../../core/fault.ts';
import { baseImage, buildAndPush, pushBaseImage, type PushedBase, type PushedImage } from '../../local/images.ts';
import type { EngineApi } from '../../local/engine-api.ts';
import type { PrivateRegistry } from '../../local/registry.ts';
import { waitUntil } from '../../local/wait.ts';
import { root } from './dray.ts';

/** One version of one service of examples/shop. */
export interface ShopRelease {
  readonly service: string;
  readonly version: string;
  /** Its folder in the checkout. */
  readonly folder: string;
  /** Compose files in it; the later ones go over the earlier. */
  readonly files: readonly string[];
}

const alone = ['compose.yaml'];

/** What the cart mounts. */
export const cartSecret = 'cart-db-password';

/** The three services in their good versions. */
export const goodReleases: readonly ShopRelease[] = ['catalog', 'cart', 'storefront'].map((service) => {
  const files = service === 'cart' ? [...alone, 'database.yaml'] : alone;
  return { service, version: '1.0.0', folder: `examples/shop/${service}`, files };
});

/** The catalog in a newer version, which is good. */
export const betterRelease: ShopRelease = {
  service: 'catalog',
  version: '1.1.0',
  folder: 'examples/shop/catalog-prices',
  files: alone,
};

/** The storefront in a version that cannot start. */
export const badRelease: ShopRelease = {
  service: 'storefront',
  version: '1.1.0-crash',
  folder: 'examples/shop/storefront-bad',
  files: alone,
};

/** All of them. */
export const allReleases: readonly ShopRelease[] = [...goodReleases, betterRelease, badRelease];

/** References of all images, as `buildShop` pushes them. */
export function imagesOfShop(registryHost: string): readonly string[] {
  const own = allReleases.map(({ service, version }) => `${registryHost}/shop/${service}:${version}`);
  return [...own, `${registryHost}/base/${baseImage}`];
}

const answerMs = 20_000;

/** What was built: each image names its base, by digest, at the registry that it lies in itself. */
export interface BuiltShop {
  readonly base: PushedBase;
  readonly images: readonly (readonly [ShopRelease, PushedImage])[];
}

/** Builds and pushes the images of all five releases; says one sentence about each. `note` takes what the builder prints. */
export async function buildShop(of: {
  readonly engine: { readonly api: EngineApi };
  readonly registry: PrivateRegistry;
  readonly say: (line: string) => void;
  readonly note: (text: string) => Promise<void>;
  readonly signal: AbortSignal;
}): Promise<BuiltShop> {
  const base = await pushBaseImage(of.engine, of.registry, of.signal);
  const labels = {
    'org.opencontainers.image.base.name': base.reference.replace(/@.*/, ''),
    'org.opencontainers.image.base.digest': base.digest,
  };
  const images: (readonly [ShopRelease, PushedImage])[] = [];
  for (const release of allReleases) {
    const { service, version, folder } = release;
    const printed: string[] = [];
    const options = {
      name: `shop/${service}`,
      tag: version,
      contextDirectory: join(root, folder),
      labels,
      onOutput: (text: string) => void printed.push(text),
      signal: of.signal,
    };
    const image = await buildAndPush(of.engine, of.registry, options);
    images.push([release, image]);
    await of.note(`\n${folder}: ${image.reference}\n${printed.join('')}`);
    of.say(`shop/${service}:${version}  ${image.digest.slice(0, 19)}...`);
  }
  return { base, images };
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

/** Asks the storefront where its bill of materials says that it tells metrics. Throws `local.failed` when it does not. */
export async function requireMetrics(storefront: string): Promise<void> {
  const seen = await get(`${storefront}metrics`);
  if (seen.includes('shop_build_info{service="storefront",version="1.0.0"} 1')) return;
  throw new Fault('local.failed', `The storefront, ${storefront}, should tell metrics, but:\n${seen}`);
}

async function get(url: string): Promise<string> {
  try {
    const answer = await request(url, { signal: AbortSignal.timeout(5_000) });
    return (await answer.body.text()).trimEnd();
  } catch (error) {
    return String(error);
  }
}

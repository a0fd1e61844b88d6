import type { BuildRecord } from './build-record.ts';
import type { Narrator } from './narrator.ts';
import type { DemoOptions } from './options.ts';

/** Everything that a stage works with. */
export interface Demo {
  readonly options: DemoOptions;
  readonly narrator: Narrator;
  readonly signal: AbortSignal;
  /** Notes how to stop what was started; the last one is stopped first. What has no name is not told of. */
  readonly onEnd: (name: string | null, stop: () => Promise<void>) => void;
}

/** A demo that keeps a record of what it builds. */
export interface Building extends Demo {
  readonly record: BuildRecord;
}

/** The environments of the demo. */
export const environments = ['dev', 'prod'] as const;
export type EnvironmentName = (typeof environments)[number];

/** What the shop runs on. */
export interface Ground {
  /** What stands for `REGISTRY` in the Compose files. */
  readonly registryHost: string;
  /** `clusters`, `registries` and `environments` of the Platform document. */
  readonly platform: {
    readonly clusters: { readonly [name: string]: object };
    readonly registries: { readonly [host: string]: object };
    readonly environments: { readonly [name in EnvironmentName]?: object };
  };
  /** The Deployment document of each environment, as a path in the checkout. */
  readonly specs: { readonly [name in EnvironmentName]: string };
  /** Where each storefront answers; null where nothing is real. */
  readonly storefronts: { readonly [name in EnvironmentName]: string } | null;
  /** What the release that cannot work writes before it ends. */
  readonly lastWords: string;
  /** The file of each release's SBOM, by `service@version`; null where no image was built. */
  readonly sboms: ReadonlyMap<string, string> | null;
  /** What is to be done while the server still runs, before anything is stopped. */
  readonly clear: ((installation: string) => Promise<void>) | null;
}

/** The Platform document's environments on two swarms: dev on fe alone, prod over both, the back end first. */
export const overTwoClusters = {
  dev: { clusters: ['fe'] },
  prod: { clusters: ['fe', 'be'], waves: [['be'], ['fe']] },
};

/** The roles of two swarms: fe bears all of dev beside the front end of prod. */
export const rolesOfTwo = { fe: ['front-end', 'back-end'], be: ['back-end'] };

/** The Deployment documents for two swarms. */
export const specsForTwo = { dev: 'examples/shop/dev.yaml', prod: 'examples/shop/prod.yaml' };

/** What the storefront in its bad release writes to its log. */
export const missingRates = 'rates.csv is missing';

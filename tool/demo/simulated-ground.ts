import { startStaticRegistry } from '../../test/support/static-registry.ts';
import { overTwoClusters, rolesOfTwo, specsForTwo, type Demo, type Ground } from './ground.ts';

/** Two clusters on which nothing is real, and a registry that claims to have every image. */
export async function startSimulatedGround({ narrator, onEnd }: Demo): Promise<Ground> {
  const registry = await narrator.stage({
    name: 'registry',
    about: 'one that has every image by name and digest, and no content',
    work: async () => {
      const started = await startStaticRegistry();
      onEnd('registry', () => started.close());
      return started;
    },
    result: ({ host }) => host,
  });
  return {
    registryHost: registry.host,
    platform: {
      clusters: {
        fe: { engine: 'simulated', roles: rolesOfTwo.fe, address: '192.0.2.4' },
        be: { engine: 'simulated', roles: rolesOfTwo.be, address: '192.0.2.5' },
      },
      registries: { [registry.host]: { credentials: 'none', insecure: true } },
      environments: overTwoClusters,
    },
    specs: specsForTwo,
    storefronts: null,
    lastWords: 'simulated crash',
    clear: null,
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseImage } from '../../local/images.ts';
import { startStaticRegistry, type Describe } from '../../test/support/static-registry.ts';
import { root } from './dray.ts';
import { overTwoClusters, rolesOfTwo, specsForTwo, type Building, type Ground } from './ground.ts';
import { allReleases } from './shop.ts';

/** Two clusters on which nothing is real, and a registry that claims to have every image. */
export async function startSimulatedGround({ narrator, onEnd, record }: Building): Promise<Ground> {
  const registry = await narrator.stage({
    name: 'registry',
    about: 'one that has every image by name and digest, says of it what its Dockerfile says, and has no content',
    work: async () => {
      const started = await startStaticRegistry(asItsDockerfile);
      onEnd('registry', () => started.close());
      await record.note('Simulated: nothing was built.\n');
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
    sboms: null,
    clear: null,
  };
}

/** The command and the base of an image of the shop, read from its Dockerfile. */
const asItsDockerfile: Describe = (repository, reference) => {
  const [, service] = repository.split('/');
  const release = allReleases.find((it) => it.service === service && it.version === reference);
  if (release === undefined) return { config: {} };
  const text = readFileSync(join(root, release.folder, 'Dockerfile'), 'utf8');
  const [, command = '[]'] = /^CMD (\[.*\])$/m.exec(text) ?? [];
  return {
    config: { Cmd: JSON.parse(command) as unknown },
    annotations: { 'org.opencontainers.image.base.name': baseImage },
  };
};

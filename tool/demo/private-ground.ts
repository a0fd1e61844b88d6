import { join } from 'node:path';
import { z } from 'zod';
import type { EngineNode } from '../../local/engine-node.ts';
import { startPrivateNetwork, type PrivateNetwork } from '../../local/private-network.ts';
import { startPrivateRegistry } from '../../local/registry.ts';
import {
  missingRates,
  overTwoClusters,
  rolesOfTwo,
  specsForTwo,
  type Building,
  type Demo,
  type Ground,
} from './ground.ts';
import { writeSboms } from './sbom.ts';
import { buildShop } from './shop.ts';
import { shorten } from './state.ts';

const engineVersion = z.object({ Version: z.string() });

interface Engines {
  readonly network: PrivateNetwork;
  readonly fe: EngineNode;
  readonly be: EngineNode;
  readonly version: string;
}

/** Starts two private Docker Engines, each a swarm of its own, and a registry for both; builds the shop's images. */
export async function startPrivateGround(demo: Building): Promise<Ground> {
  const { narrator, options, record, signal, onEnd } = demo;
  const { state } = options;
  const say = (line: string) => narrator.say(line);
  const { network, fe, be } = await startEngines(demo);
  const registry = await narrator.stage({
    name: 'registry',
    about: 'a private image registry beside them',
    work: async () => {
      const started = await startPrivateRegistry({ directory: join(state, 'registry'), engine: network, signal });
      onEnd('registry', () => started.stop());
      return started;
    },
    result: ({ host }) => host,
  });
  const sboms = await narrator.stage({
    name: 'build',
    about: 'the images of examples/shop, pushed to the registry',
    work: async () =>
      await writeSboms(state, await buildShop({ engine: fe, registry, say, note: record.note, signal })),
    result: () => `four good ones and a bad one; what the builder printed is in ${shorten(record.logFile)}`,
  });
  const clusters = Object.fromEntries(
    Object.entries({ fe, be }).map(([name, { endpoint, address }]) => {
      const roles = name === 'fe' ? rolesOfTwo.fe : rolesOfTwo.be;
      return [name, { engine: 'swarm', endpoint, roles, address }];
    }),
  );
  return {
    registryHost: registry.host,
    platform: {
      clusters,
      registries: { [registry.host]: { credentials: 'none', insecure: true } },
      environments: overTwoClusters,
    },
    specs: specsForTwo,
    storefronts: { dev: `http://${fe.address}:8080/`, prod: `http://${fe.address}:8090/` },
    lastWords: missingRates,
    sboms,
    clear: null,
  };
}

async function startEngines({ narrator, options, signal, onEnd }: Demo): Promise<Engines> {
  return await narrator.stage({
    name: 'engines',
    about: 'two private Docker Engines, fe and be, each a swarm of one node',
    work: async () => {
      const onProgress = (line: string) => narrator.say(line);
      const network = await startPrivateNetwork({ directory: join(options.state, 'engine'), signal, onProgress });
      onEnd('engines', () => network.stop());
      const [fe, be] = await Promise.all([
        network.startEngine({ name: 'fe', fresh: true, signal }),
        network.startEngine({ name: 'be', fresh: true, signal }),
      ]);
      const version = engineVersion.parse(await fe.api.ask({ method: 'GET', path: '/version', signal })).Version;
      return { network, fe, be, version };
    },
    result: ({ fe, be, version }) =>
      `Docker ${version}: fe at ${fe.address}, be at ${be.address}, which only this machine reaches`,
  });
}

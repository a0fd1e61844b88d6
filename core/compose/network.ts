import * as read from '../document/reader.ts';
import type { PublishedPort } from '../workload.ts';
import { section, type ReadCompose } from './context.ts';
import { resourcePattern } from './short-mount.ts';
import { parsePort } from './port.ts';

/** A network as a component joins it. */
export interface JoinedNetwork {
  readonly network: string;
  /** Sorted, each once. */
  readonly aliases: readonly string[];
}

const hostName = read.matching(
  'a host name',
  /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
  'letters, digits, dots, hyphens',
);

const attachment: ReadCompose<readonly string[]> = read.byKind('a map', {
  scalar: (node, at) => {
    if (node.kind === 'scalar' && node.value === null) return [];
    at.add(node, 'expected a map, or nothing');
    return undefined;
  },
  map: read.chain(section('service network', { aliases: read.optional(read.listOf(hostName), []) }), ({ aliases }) =>
    [...new Set(aliases)].sort(),
  ),
});

/** A key check for `mapOf`: what users may call a network, volume or config. */
export function checkResource(key: string): string | null {
  return resourcePattern.test(key) ? null : 'is no name: letters, digits, dots, hyphens and underscores, at most 63';
}

const networkName = read.matching('a name', resourcePattern, 'the name of a network');

/** `networks` of a component: a list of names, or a map with aliases. */
export const joinedNetworks: ReadCompose<readonly JoinedNetwork[]> = read.byKind('a list or a map', {
  list: read.listOf(read.chain(networkName, (network): JoinedNetwork => ({ network, aliases: [] }))),
  map: read.chain(read.mapOf(checkResource, attachment), (of) =>
    Object.entries(of).map(([network, aliases]): JoinedNetwork => ({ network, aliases })),
  ),
});

const shortPorts: ReadCompose<readonly PublishedPort[]> = read.scalar<readonly PublishedPort[]>({
  expected: 'a published port',
  type: 'text',
  placeholder: [],
  native: null,
  parse: parsePort,
});

const port = read.integer(1, 65_535);

/** A range would leave it to the engine which of its ports is taken. */
const publishedPort: ReadCompose<number> = (node, at) => {
  if (node.kind !== 'scalar' || !/^\d+-\d+$/.test(node.source)) return port(node, at);
  at.add(
    node,
    `one port of ${node.source} is refused: nobody would know which`,
    'name one port, or use the short form',
  );
  return undefined;
};

const longPort: ReadCompose<readonly PublishedPort[]> = read.chain(
  section('port', {
    target: read.required(port),
    published: read.required(publishedPort),
    protocol: read.optional(read.choice(['tcp', 'udp', 'sctp']), 'tcp'),
    mode: read.optional(read.choice(['ingress', 'host']), 'ingress'),
  }),
  (one): readonly PublishedPort[] => [one],
);

/** `ports`, items short or long; ranges are written out. */
export const ports: ReadCompose<readonly PublishedPort[]> = read.chain(
  read.listOf(read.byKind('a port', { scalar: shortPorts, map: longPort })),
  (items) => items.flat(),
);

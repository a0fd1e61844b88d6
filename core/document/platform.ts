import { nodePath } from '../node-path.ts';
import {
  defaultLogRetentionMs,
  type Allowance,
  type ClusterDefinition,
  type EnvironmentDefinition,
  type LedgerDefinition,
  type Platform,
  type RegistryDefinition,
  type RightsDefinition,
  type SliceDefinition,
} from '../platform.ts';
import type { VarietyDefinition } from '../evidence/variety.ts';
import { requirements } from './requirements.ts';
import { checkSigners, signers } from './signers.ts';
import { checkParameter } from './deployment.ts';
import { secretNameHint, secretNamePattern } from '../secret.ts';
import { duration } from './duration.ts';
import { checkSlices } from './slices.ts';
import { describeNode, entryOf, type DocumentNode, type MapNode, type SourceFile } from './node.ts';
import { createProblems, type Problems } from './problems.ts';
import * as read from './reader.ts';
import { secretSource } from './secret-source.ts';
import { suggest } from './suggest.ts';
import { parseDocument } from './yaml.ts';

const limits = read.object({
  stepsAtOnce: read.optional(read.integer(1, 1000), 10),
  startsAtOnce: read.optional(read.integer(1, 10_000), null),
});

const shared = {
  roles: read.optional(read.listOf(read.name, 50), []),
  address: read.optional(read.matching('a host name or address', /^[A-Za-z0-9.:_-]{1,253}$/, ''), null),
  limits: read.optional(limits, { stepsAtOnce: 10, startsAtOnce: null }),
};

const tls = read.object({
  ca: read.required(read.filledText),
  cert: read.required(read.filledText),
  key: read.required(read.filledText),
});

const endpoint = read.matching(
  'an engine endpoint',
  /^(?:unix:\/\/\/[^\s]+|tcp:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5})$/,
  'unix:///path/to/socket or tcp://host:port',
);

const swarm = read.chain(
  read.object({
    engine: read.required(read.choice(['swarm'])),
    endpoint: read.required(endpoint),
    tls: read.optional(tls, null),
    ...shared,
  }),
  ({ engine, endpoint: to, tls: files, roles, address, limits: atOnce }, node, at): ClusterDefinition => {
    if (files !== null && to.startsWith('unix:')) {
      at.add(node.kind === 'map' ? (entryOf(node, 'tls') ?? node) : node, 'tls goes with a tcp:// endpoint only');
    }
    return { engine, endpoint: to, tls: files, roles, address, ...limitsOf(atOnce) };
  },
);

const simulated = read.chain(
  read.object({
    engine: read.required(read.choice(['simulated'])),
    nodes: read.optional(read.integer(1, 10_000), null),
    ...shared,
  }),
  ({ engine, nodes, roles, address, limits: atOnce }): ClusterDefinition => {
    const size = nodes === null ? {} : { nodes };
    return { engine, endpoint: '', tls: null, roles, address, ...limitsOf(atOnce), ...size };
  },
);

function limitsOf(limits: { readonly stepsAtOnce: number; readonly startsAtOnce: number | null }) {
  const { stepsAtOnce, startsAtOnce } = limits;
  return { stepsAtOnce, ...(startsAtOnce === null ? {} : { startsAtOnce }) };
}

const engines = { swarm, simulated };
const engineName = read.choice(['swarm', 'simulated']);

/** The engine is read first: it says which keys there are. */
const cluster: read.Read<ClusterDefinition> = read.byKind('a map with an engine', {
  map: (node, at) => {
    const engine = node.kind === 'map' ? entryOf(node, 'engine') : undefined;
    if (engine === undefined) {
      at.add(node, "'engine' is missing", 'swarm or simulated');
      return undefined;
    }
    const found = engineName(engine.value, at);
    return found === undefined ? undefined : engines[found](node, at);
  },
});

const credentials = read.byKind<RegistryDefinition['credentials'], read.Reader>('docker-config, none, or a secret', {
  scalar: read.choice(['docker-config', 'none']),
  map: read.object({
    username: read.required(read.filledText),
    environment: read.required(read.name),
    secret: read.required(read.matching("a secret's name", secretNamePattern, secretNameHint)),
  }),
});

const registry: read.Read<RegistryDefinition> = read.object({
  credentials: read.optional(credentials, 'docker-config'),
  insecure: read.optional(read.boolean, false),
});

function checkHost(key: string): string | null {
  const host = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
  return host.test(key) ? null : 'is no registry: a host name with or without a port, such as registry.example.com';
}

const clusterNames = read.listOf(read.name, 100);

const folder = read.scalar({
  expected: 'a path of a node',
  type: 'text',
  placeholder: '',
  native: null,
  parse: (path) => {
    const found = nodePath(path);
    return found === null ? { wrong: "absolute, without '..' and '{{'" } : { value: found };
  },
});

const capability = read.chain(read.matching('a capability', /^(?:CAP_)?[A-Z_]{2,40}$/i, 'such as NET_ADMIN'), (name) =>
  name.toUpperCase().replace(/^CAP_/, ''),
);

const allowance: read.Read<Allowance> = read.object({
  binds: read.optional(read.chain(read.listOf(folder, 100), distinct), []),
  capabilities: read.optional(read.chain(read.listOf(capability, 100), distinct), []),
  hostNetwork: read.optional(read.boolean, false),
  volumeDrivers: read.optional(read.chain(read.listOf(read.filledText, 100), distinct), []),
});

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].toSorted();
}

const parameters = read.mapOf(checkParameter, read.text);
const ofServices = read.mapOf(read.nameOf('a service'), read.object({ parameters: read.optional(parameters, {}) }));

const slice: read.Read<SliceDefinition> = read.object({
  environments: read.required(read.listOf(read.name, 10_000)),
  parameters: read.optional(parameters, {}),
  services: read.optional(ofServices, {}),
});

function checkSecret(key: string): string | null {
  return secretNamePattern.test(key) ? null : `is no name of a secret: ${secretNameHint}`;
}

const environment: read.Read<EnvironmentDefinition> = read.chain(
  read.object({
    clusters: read.required(clusterNames),
    waves: read.optional(read.listOf(clusterNames, 100), []),
    onFailure: read.optional(read.choice(['roll-back', 'leave']), 'roll-back'),
    waiting: read.optional(read.choice(['queue', 'supersede']), 'queue'),
    stepDeadline: read.optional(duration(1000), 180_000),
    encrypted: read.optional(read.boolean, false),
    requires: read.optional(requirements, null),
    parameters: read.optional(parameters, null),
    services: read.optional(ofServices, null),
    allows: read.optional(read.mapOf(read.nameOf('a service'), allowance), null),
    secrets: read.optional(read.mapOf(checkSecret, secretSource), null),
  }),
  ({ stepDeadline, encrypted, requires, allows, parameters: values, services, secrets, ...rest }) => ({
    ...rest,
    stepDeadlineMs: stepDeadline,
    ...(encrypted ? { encrypted } : {}),
    ...(requires === null ? {} : { requires }),
    ...(values === null ? {} : { parameters: values }),
    ...(services === null ? {} : { services }),
    ...(allows === null ? {} : { allows }),
    ...(secrets === null ? {} : { secrets }),
  }),
);

const rights: read.Read<RightsDefinition> = read.object({
  anonymous: read.optional(read.choice(['viewer', 'none']), 'none'),
});

const dayMs = 86_400_000;
const daysMost = 36_500;

const logRetention: read.Read<number | null> = read.scalar<number | null>({
  expected: 'a number of days such as 30d, or forever',
  type: 'text',
  placeholder: null,
  native: null,
  parse: (text) => {
    if (text === 'forever') return { value: null };
    const days = /^[1-9]\d{0,4}d$/.test(text) ? Number(text.slice(0, -1)) : NaN;
    return days <= daysMost ? { value: days * dayMs } : { wrong: `from 1d to ${daysMost}d` };
  },
});

const ledger: read.Read<LedgerDefinition> = read.chain(
  read.object({
    retention: read.optional(read.object({ logs: read.optional(logRetention, defaultLogRetentionMs) }), {
      logs: defaultLogRetentionMs,
    }),
  }),
  ({ retention }) => ({ retention: { logsMs: retention.logs } }),
);

const allowedNames = read.optional(
  read.listOf(read.matching('a name', /^[^\s*]{1,300}\*?$/, 'a star may stand at its end'), 1_000),
  null,
);

const variety: read.Read<VarietyDefinition> = read.chain(
  read.object({ bases: allowedNames, languages: allowedNames, frameworks: allowedNames }),
  ({ bases, languages, frameworks }) => ({
    ...(bases === null ? {} : { bases }),
    ...(languages === null ? {} : { languages }),
    ...(frameworks === null ? {} : { frameworks }),
  }),
);

const platform = read.object({
  apiVersion: read.required(read.choice(['drayage/v1'])),
  kind: read.required(read.choice(['Platform'])),
  clusters: read.required(read.mapOf(read.nameOf('a cluster'), cluster)),
  registries: read.optional(read.mapOf(checkHost, registry), {}),
  environments: read.required(read.mapOf(read.nameOf('an environment'), environment)),
  slices: read.optional(read.mapOf(read.nameOf('a slice'), slice), null),
  signers: read.optional(signers, null),
  rights: read.optional(rights, null),
  ledger: read.optional(ledger, null),
  variety: read.optional(variety, null),
});

/**
 * Reads a `kind: Platform` document, with all defaults filled in. Throws `document.too-large`; `document.invalid` with
 * every problem; `platform.invalid` when it is well formed and contradicts itself.
 */
export function readPlatform(file: SourceFile): Platform {
  const root = parseDocument(file);
  const problems = createProblems(file);
  const found = platform(root, read.plainReader(problems));
  problems.throwIfAny();
  if (found === undefined) throw new Error('a document that was not read names no problem');
  const { clusters, registries, environments, slices, rights: given, ledger: kept, variety: allowed } = found;
  const { signers: trusted } = found;
  checkReferences(root, Object.keys(clusters), problems);
  const grouped = member(root, 'slices');
  if (grouped !== undefined) checkSlices(grouped, Object.keys(environments), problems);
  checkSigners(root, Object.keys(trusted ?? {}), problems);
  problems.throwIfAny('platform.invalid');
  // Left out when it was: a document of before there were rights stays the same platform, byte for byte.
  return {
    clusters,
    registries,
    environments,
    ...(slices === null ? {} : { slices }),
    ...(trusted === null ? {} : { signers: trusted }),
    ...(given === null ? {} : { rights: given }),
    ...(kept === null ? {} : { ledger: kept }),
    ...(allowed === null ? {} : { variety: allowed }),
  };
}

function checkReferences(root: DocumentNode, known: readonly string[], problems: Problems): void {
  const environments = member(root, 'environments');
  if (environments?.kind !== 'map') return;
  for (const { value } of environments.entries) {
    if (value.kind === 'map') checkEnvironment(value, known, problems);
  }
}

function checkEnvironment(node: MapNode, known: readonly string[], problems: Problems): void {
  const clusters = member(node, 'clusters');
  const names = scalarsOf(clusters);
  if (clusters !== undefined && names.length === 0) problems.add(clusters, 'an environment needs a cluster');
  const own = new Set<string>();
  for (const item of names) {
    if (!known.includes(item.source)) {
      const near = suggest(item.source, known);
      const hint = near === null ? `clusters: ${known.join(', ')}` : `did you mean '${near}'?`;
      problems.add(item, `there is no cluster ${describeNode(item)}`, hint);
    }
    if (own.has(item.source)) problems.add(item, `the cluster ${describeNode(item)} stands twice`);
    own.add(item.source);
  }
  const waves = member(node, 'waves');
  if (waves !== undefined) checkWaves(waves, own, problems);
}

/** Waves must name each cluster of the environment exactly once, or there must be none. */
function checkWaves(waves: DocumentNode, own: ReadonlySet<string>, problems: Problems): void {
  if (waves.kind !== 'list' || waves.items.length === 0) return;
  const seen = new Set<string>();
  for (const wave of waves.items) {
    const names = scalarsOf(wave);
    if (names.length === 0) problems.add(wave, 'a wave without a cluster');
    for (const item of names) {
      if (!own.has(item.source)) {
        problems.add(item, `the environment has no cluster ${describeNode(item)}`);
      }
      if (seen.has(item.source)) problems.add(item, `the cluster ${describeNode(item)} is in two waves`);
      seen.add(item.source);
    }
  }
  const absent = [...own].filter((cluster) => !seen.has(cluster));
  if (absent.length > 0) problems.add(waves, `no wave has the cluster ${absent.join(', ')}`);
}

function member(node: DocumentNode, key: string): DocumentNode | undefined {
  return node.kind === 'map' ? entryOf(node, key)?.value : undefined;
}

function scalarsOf(node: DocumentNode | undefined): readonly Extract<DocumentNode, { kind: 'scalar' }>[] {
  if (node?.kind !== 'list') return [];
  return node.items.flatMap((item) => (item.kind === 'scalar' ? [item] : []));
}

import type { ServiceTraits } from '../definition.ts';
import { duration } from '../document/duration.ts';
import { entryOf, type DocumentNode } from '../document/node.ts';
import * as read from '../document/reader.ts';
import { suggest } from '../document/suggest.ts';
import { component, type ReadComponent } from './component.ts';
import { entryAt, frozen, section, type ComposeReader, type ReadCompose } from './context.ts';
import type { VolumeMount } from '../workload.ts';
import { checkResource } from './network.ts';
import { options } from './pairs.ts';
import { declaredParameters, type DeclaredParameters } from './parameters.ts';
import { secret } from './secret.ts';
import type { RestartPolicy } from '../secret.ts';

/** Where a config's content comes from. A template has parameters in it; of an inline one `text` has them filled in. */
export type ConfigSource = (
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'inline'; readonly text: string }
) & { readonly isTemplate: boolean };

/** A config before it is known to be a template or not. */
type GivenConfig =
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'inline'; readonly content: DocumentNode };

export interface ReadNetwork {
  readonly internal: boolean;
}

/** A Compose file, read and checked. */
export interface ComposeFile {
  readonly components: { readonly [component: string]: ReadComponent };
  readonly networks: { readonly [network: string]: ReadNetwork };
  readonly configs: { readonly [config: string]: ConfigSource };
  /** Key -> name in the environment; null: the key itself. */
  readonly secrets: { readonly [secret: string]: string | null };
  readonly traits: ReadTraits;
  readonly declared: DeclaredParameters;
}

/** As ServiceTraits; `true` exports the main component, which only the service's name tells. */
export type ReadTraits = Omit<ServiceTraits, 'exports'> & { readonly exports: true | ServiceTraits['exports'] };

/** All that `x-drayage` says. */
interface ReadExtension extends Omit<ReadTraits, 'withholds'> {
  readonly parameters: DeclaredParameters;
  readonly templates: readonly string[];
  readonly secrets: RotatedSecrets;
}

/** What becomes of a newer version of a secret, by its name in the file. */
type RotatedSecrets = { readonly [secret: string]: { readonly restart: RestartPolicy } };

const noExtension: ReadExtension = {
  owner: null,
  runbook: null,
  role: null,
  needs: [],
  exports: {},
  deadlineMs: null,
  parameters: {},
  templates: [],
  secrets: {},
};

const exported: ReadCompose<ReadTraits['exports']> = read.byKind('true, or a map of name to component', {
  scalar: (node, at) => {
    const found = read.boolean(node, at);
    return found === false ? {} : found;
  },
  map: read.mapOf(read.nameOf('an export'), read.filledText),
});

const rotatedSecret = section('rotated secret', {
  restart: read.optional(read.choice(['changed', 'never']), 'changed'),
});

const extension: ReadCompose<ReadExtension> = frozen(
  read.chain(
    section('x-drayage', {
      owner: read.optional(read.filledText, null),
      runbook: read.optional(read.filledText, null),
      role: read.optional(read.name, null),
      needs: read.optional(read.listOf(read.name, 100), []),
      export: read.optional(exported, {}),
      deadline: read.optional(duration(1000), null),
      // Told to people and kept as they are written: core/bom/operation.ts reads them from the stored definition.
      project: read.optional(read.filledText, null),
      metrics: read.optional(read.filledText, null),
      probes: read.optional(read.listOf(read.filledText, 50), []),
      parameters: read.optional(declaredParameters, {}),
      templates: read.optional(read.listOf(read.filledText, 100), []),
      secrets: read.optional(read.mapOf(checkResource, rotatedSecret), {}),
    }),
    ({ owner, runbook, role, needs, deadline, export: exports, parameters, templates, secrets }) => {
      const traits = { owner, runbook, role, needs: [...new Set(needs)].sort(), exports, deadlineMs: deadline };
      return { ...traits, parameters, templates, secrets };
    },
  ),
);

/** An empty value, or a map: most networks and volumes say nothing of themselves. */
function emptyOr<T>(empty: T, map: ReadCompose<T>): ReadCompose<T> {
  return read.byKind('a map, or nothing', {
    scalar: (node, at) => {
      if (node.kind === 'scalar' && node.value === null) return empty;
      at.add(node, 'expected a map, or nothing');
      return undefined;
    },
    map,
  });
}

const driverName = read.matching('a volume driver', /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$/, 'such as local');

const network: ReadCompose<ReadNetwork> = emptyOr(
  { internal: false },
  read.chain(
    section('network', {
      driver: read.optional(read.choice(['overlay']), 'overlay'),
      internal: read.optional(read.boolean, false),
    }),
    ({ internal }) => ({ internal }),
  ),
);

type VolumeDriver = VolumeMount['driver'];

const volume: ReadCompose<{ readonly driver?: VolumeDriver }> = emptyOr(
  {},
  read.chain(
    section('volume', { driver: read.optional(driverName, 'local'), driver_opts: read.optional(options, {}) }),
    ({ driver: name, driver_opts: given }) => {
      const isPlain = name === 'local' && Object.keys(given).length === 0;
      return isPlain ? {} : { driver: { name, options: given } };
    },
  ),
);

/** The components with their volumes made by what the top of the file says. */
function withDrivers(
  components: ComposeFile['components'],
  volumes: { readonly [name: string]: { readonly driver?: VolumeDriver } },
): ComposeFile['components'] {
  const driven = Object.entries(components).map(([name, of]): [string, ReadComponent] => {
    const mounts = of.volumes.map((mount): VolumeMount => {
      const driver = Object.hasOwn(volumes, mount.volume) ? volumes[mount.volume]?.driver : undefined;
      return driver === undefined ? mount : { ...mount, driver };
    });
    return [name, { ...of, volumes: mounts }];
  });
  return Object.fromEntries(driven);
}

/** A path that stays below the Compose file's folder. */
const filePath: ReadCompose<string> = read.scalar({
  expected: 'a relative path',
  type: 'text',
  placeholder: '',
  native: null,
  parse: (path) => {
    const absolute = /^(?:[/\\~]|[A-Za-z]:)/.test(path);
    if (path === '' || absolute) return { wrong: "relative to the Compose file's folder" };
    const parts = path.split(/[/\\]/);
    return parts.includes('..') ? { wrong: "it must not leave the Compose file's folder" } : { value: path };
  },
});

/** To be read once it is known how. */
const asItIs: ReadCompose<DocumentNode> = (node) => node;

const config: ReadCompose<GivenConfig> = frozen(
  read.chain(
    section('config', { file: read.optional(filePath, null), content: read.optional(asItIs, null) }),
    ({ file: path, content }, node, at: ComposeReader): GivenConfig | undefined => {
      if (path !== null && content === null) return { kind: 'file', path };
      if (path === null && content !== null) return { kind: 'inline', content };
      at.add(node, "a config has either 'file' or 'content'");
      return undefined;
    },
  ),
);

const file = section('file', {
  services: read.required(read.mapOf(read.nameOf('a component'), component)),
  networks: read.optional(read.mapOf(checkResource, network), {}),
  volumes: read.optional(read.mapOf(checkResource, volume), {}),
  configs: read.optional(read.mapOf(checkResource, config), {}),
  secrets: read.optional(read.mapOf(checkResource, secret), {}),
  'x-drayage': read.optional(extension, noExtension),
});

/** Reads a whole Compose file and checks that every name in it leads somewhere. Undefined: it is wrong. */
export function readComposeFile(root: DocumentNode, at: ComposeReader): ComposeFile | undefined {
  const found = file(root, at);
  if (found === undefined) return undefined;
  const { networks } = found;
  const { parameters: declaredOnes, templates, secrets: rotated, ...traits } = found['x-drayage'];
  const components = withDrivers(found.services, found.volumes);
  const services = entryAt(root, 'services');
  if (declared(root, 'services').length === 0) at.add(services, 'a service needs a component');
  for (const [name, of] of Object.entries(components)) {
    const check = (key: string, names: readonly string[], known: readonly string[]): void =>
      checkNames({ root, path: ['services', name, key], names, known }, at);
    check(
      'networks',
      of.networks.map((joined) => joined.network),
      ['default', ...declared(root, 'networks')],
    );
    check(
      'volumes',
      of.volumes.map((mount) => mount.volume),
      declared(root, 'volumes'),
    );
    check(
      'configs',
      of.configs.map((mount) => mount.source),
      declared(root, 'configs'),
    );
    check(
      'secrets',
      of.secrets.map((mount) => mount.source),
      declared(root, 'secrets'),
    );
    check('depends_on', of.dependsOn, declared(root, 'services'));
    if (of.dependsOn.includes(name)) at.add(entryAt(root, 'services', name, 'depends_on'), 'it depends on itself');
  }
  checkNames({ root, path: ['x-drayage', 'templates'], names: templates, known: declared(root, 'configs') }, at);
  const names = Object.keys(rotated);
  checkNames({ root, path: ['x-drayage', 'secrets'], names, known: declared(root, 'secrets') }, at);
  return {
    components,
    networks,
    configs: readConfigs(found.configs, templates, at),
    secrets: found.secrets,
    traits: { ...traits, ...withholdsOf(rotated, found.secrets) },
    declared: declaredOnes,
  };
}

/** By their names in the environment. */
function withholdsOf(rotated: RotatedSecrets, known: ComposeFile['secrets']): Pick<ServiceTraits, 'withholds'> {
  const kept = Object.entries(rotated).filter(([, { restart }]) => restart === 'never');
  const names = kept.map(([source]) => (Object.hasOwn(known, source) ? known[source] : null) ?? source);
  return names.length === 0 ? {} : { withholds: [...new Set(names)].toSorted() };
}

/** A template's variables may stay open until there is an environment; all others must be known now. */
function readConfigs(
  given: { readonly [name: string]: GivenConfig },
  templates: readonly string[],
  at: ComposeReader,
): ComposeFile['configs'] {
  const sources = Object.entries(given).map(([name, of]): [string, ConfigSource] => {
    const isTemplate = templates.includes(name);
    if (of.kind === 'file') return [name, { ...of, isTemplate }];
    const text = isTemplate ? inlineText(of.content, at) : at.frozen(() => inlineText(of.content, at));
    return [name, { kind: 'inline', text, isTemplate }];
  });
  return Object.fromEntries(sources);
}

function inlineText(content: DocumentNode, at: ComposeReader): string {
  return read.text(content, at) ?? '';
}

/** Also those that were read with problems: to name them is no second problem. */
function declared(root: DocumentNode, key: string): readonly string[] {
  const section = root.kind === 'map' ? entryOf(root, key)?.value : undefined;
  return section?.kind === 'map' ? section.entries.map((entry) => entry.key) : [];
}

function checkNames(
  of: {
    readonly root: DocumentNode;
    readonly path: readonly string[];
    readonly names: readonly string[];
    readonly known: readonly string[];
  },
  at: ComposeReader,
): void {
  for (const name of of.names) {
    // An empty name stands for a variable that has no value yet.
    if (name === '' || of.known.includes(name)) continue;
    const key = of.path.at(-1) ?? '';
    const top = key === 'depends_on' ? 'services' : key === 'templates' ? 'configs' : key;
    const near = suggest(name, of.known);
    const hint = near === null ? `declare it under ${top} at the top of the file` : `did you mean '${near}'?`;
    at.add(subjectOf(of.root, of.path, name), `'${name}' is not declared under ${top}`, hint);
  }
}

/** The item that says the name, else the key that it stands under. */
function subjectOf(root: DocumentNode, path: readonly string[], name: string): ReturnType<typeof entryAt> {
  const place = entryAt(root, ...path);
  const node = 'key' in place ? place.value : place;
  if (node.kind === 'map') return entryAt(node, name);
  if (node.kind !== 'list') return place;
  const item = node.items.find((one) => {
    if (one.kind === 'scalar') return one.source === name || one.source.startsWith(`${name}:`);
    const source = one.kind === 'map' ? entryOf(one, 'source')?.value : undefined;
    return source?.kind === 'scalar' && source.source === name;
  });
  return item ?? place;
}

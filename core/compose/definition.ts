import type { ComponentDefinition, ReadDefinition, ServiceDefinition } from '../definition.ts';
import {
  jsonOfNode,
  nodeOfJson,
  type DocumentNode,
  type MapEntry,
  type ScalarNode,
  type SourceFile,
} from '../document/node.ts';
import { createProblems, type Problems } from '../document/problems.ts';
import { parseDocument } from '../document/yaml.ts';
import { Fault } from '../fault.ts';
import { sha256, type Digest } from '../hash.ts';
import type { ReleaseManifest } from '../release.ts';
import type { ConfigFile } from '../workload.ts';
import type { ReadComponent } from './component.ts';
import { createReading, type Reading } from './context.ts';
import { readComposeFile, type ComposeFile, type ConfigSource } from './file.ts';
import { fill, parseTemplate, printTemplate, TemplateError, variablesOf, type Values } from './template.ts';

/** A Compose file that was looked at: what is wrong with it, and what it says where nothing is. */
export interface Examined {
  readonly root: DocumentNode;
  readonly problems: Problems;
  readonly reading: Reading;
  readonly file: ComposeFile | undefined;
}

/**
 * Reads the Compose file of a service for a release. Values in `vars` are filled in now, for every environment; what
 * stays unset becomes a parameter. The environment of the process is not read. Throws `document.too-large`;
 * `document.invalid` with every place; `request.invalid` when `of.service` or a variable is none.
 */
export function readDefinition(
  source: SourceFile,
  of: { readonly service: string },
  vars: { readonly [name: string]: string },
): ReadDefinition {
  const { root, problems, reading, file } = examine(source, of, vars);
  problems.throwIfAny();
  if (file === undefined) throw new Error('a Compose file that was not read names no problem');
  const configs = Object.entries(file.configs);
  return {
    definition: jsonOfNode(root, reading),
    images: mapValues(file.components, (component) => component.image),
    files: [...new Set(configs.flatMap(([, config]) => (config.kind === 'file' ? [config.path] : [])))].sort(),
    inline: Object.fromEntries(
      configs.flatMap(([name, config]) => (config.kind === 'inline' ? [[`inline:${name}`, config.text]] : [])),
    ),
    parameters: [...reading.parameters.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    warnings: problems.warnings,
  };
}

/** Looks at a Compose file without throwing for what is wrong in it, except that it is no YAML or too large. */
export function examine(
  source: SourceFile,
  of: { readonly service: string },
  vars: { readonly [name: string]: string },
): Examined {
  const values = checkValues(vars);
  const problems = createProblems(source);
  const filled = fillTree(parseDocument(source), values, problems);
  for (const name of values.keys()) {
    if (!filled.used.has(name)) {
      problems.warn({ line: 1, column: 1 }, `nothing in the file uses the variable ${name}`);
    }
  }
  const reading = createReading('release', problems, new Map());
  const file = readComposeFile(filled.root, reading);
  if (file?.traits.needs.includes(of.service) === true) {
    problems.add({ line: 1, column: 1 }, `the service ${of.service} needs itself`, 'take it out of x-drayage.needs');
  }
  return { root: filled.root, problems, reading, file };
}

/**
 * A release with its parameters filled in. Images and files are those that the release froze. Throws
 * `plan.parameter-missing` with the names of all parameters without a value; `document.invalid` for a value that does
 * not fit where it is used, at the place in the release's source.
 */
export function instantiate(manifest: ReleaseManifest, values: { readonly [name: string]: string }): ServiceDefinition {
  const known = checkValues(values);
  const first = attempt(manifest, known, undefined);
  if (first.problems.findings.length > 0) {
    // Only now are places wanted: the source is read again for them.
    attempt(manifest, known, parseDocument(manifest.source)).problems.throwIfAny();
  }
  if (first.file === undefined) throw new Error('a release that was not read names no problem');
  return defineService(manifest, first.file);
}

function attempt(
  manifest: ReleaseManifest,
  values: Values,
  original: DocumentNode | undefined,
): { readonly problems: Problems; readonly file: ComposeFile | undefined } {
  const problems = createProblems(manifest.source);
  const reading = createReading('instantiate', problems, values);
  const file = readComposeFile(nodeOfJson(manifest.identity.definition, original), reading);
  refuseMissing(manifest, reading);
  return { problems, file };
}

function refuseMissing(manifest: ReleaseManifest, reading: Reading): void {
  if (reading.missing.length === 0) return;
  const names = [...new Set(reading.missing.map((one) => one.name))].sort();
  const { service, version } = manifest.identity;
  const whys = reading.missing.flatMap(({ name, why }) => (why === null ? [] : [`${name}: ${why}`]));
  const because = whys.length === 0 ? '' : ` (${[...new Set(whys)].join('; ')})`;
  throw new Fault('plan.parameter-missing', `${service} ${version} has no value for ${names.join(', ')}${because}.`, {
    facts: { service, version, parameters: names },
    next: `Give ${names.length === 1 ? 'it' : 'them'} under services.${service}.parameters of the deployment spec.`,
  });
}

function defineService(manifest: ReleaseManifest, file: ComposeFile): ServiceDefinition {
  const { service, version, images, files } = manifest.identity;
  const components = Object.entries(file.components).map(([name, component]) => {
    const image = images[name];
    if (image === undefined) throw new Error(`release ${service} ${version} holds no image for ${name}`);
    return [name, defineComponent(component, image, file, files)] as const;
  });
  return { service, version, traits: file.traits, components: Object.fromEntries(components) };
}

function defineComponent(
  component: ReadComponent,
  image: string,
  file: ComposeFile,
  files: { readonly [path: string]: Digest },
): ComponentDefinition {
  const configs = component.configs.map(({ source, ...mount }): ConfigFile => {
    const config = file.configs[source];
    if (config === undefined) throw new Error(`the config ${source} was not checked`);
    return { config: source, content: digestOfConfig(config, files), ...mount };
  });
  const networks = component.networks.map(({ network, aliases }) => {
    const declared = Object.hasOwn(file.networks, network) ? file.networks[network] : undefined;
    return { network, internal: declared?.internal ?? false, aliases };
  });
  return { ...component, image, configs, networks };
}

function digestOfConfig(config: ConfigSource, files: { readonly [path: string]: Digest }): Digest {
  if (config.kind === 'inline') return sha256(config.text);
  const digest = files[config.path];
  if (digest === undefined) throw new Error(`the release holds no file ${config.path}`);
  return digest;
}

function checkValues(values: { readonly [name: string]: string }): Values {
  for (const [name, value] of Object.entries(values)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new Fault('request.invalid', `'${name.slice(0, 60)}' is no name of a variable.`, {
        next: 'Use letters, digits and underscores, as in --var LOG_LEVEL=warn.',
      });
    }
    if (value.includes('\0') || !value.isWellFormed()) {
      throw new Fault('request.invalid', `The value of ${name} holds a character that no text may hold.`, {
        facts: { variable: name },
      });
    }
  }
  return new Map(Object.entries(values));
}

/** The tree with known values filled in, and which of them were used. What is no template is told where it is read. */
function fillTree(
  root: DocumentNode,
  values: Values,
  problems: Problems,
): { readonly root: DocumentNode; readonly used: ReadonlySet<string> } {
  const used = new Set<string>();
  const done = new Map<DocumentNode, DocumentNode>();
  const visit = (node: DocumentNode): DocumentNode => {
    const before = done.get(node);
    if (before !== undefined) return before;
    const after = visitNew(node);
    done.set(node, after);
    return after;
  };
  const visitNew = (node: DocumentNode): DocumentNode => {
    if (node.kind === 'list') return { ...node, items: node.items.map(visit) };
    if (node.kind === 'map') {
      const entries = node.entries.map((entry): MapEntry => ({ ...entry, value: visit(entry.value) }));
      return { ...node, entries };
    }
    return fillScalar(node, values, used, problems);
  };
  return values.size === 0 ? { root, used } : { root: visit(root), used };
}

function fillScalar(node: ScalarNode, values: Values, used: Set<string>, problems: Problems): ScalarNode {
  if (typeof node.value !== 'string' || !node.source.includes('$')) return node;
  try {
    const template = parseTemplate(node.source);
    const names = variablesOf(template).filter(({ name }) => values.has(name));
    if (names.length === 0) return node;
    for (const { name } of names) used.add(name);
    const text = printTemplate(fill(template, values));
    return { ...node, value: text, source: text };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    if (error.offset === 0) problems.add(node, error.message);
    return node;
  }
}

function mapValues<T, U>(of: { readonly [key: string]: T }, change: (value: T) => U): { readonly [key: string]: U } {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, change(value)]));
}

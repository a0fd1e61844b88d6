import type { ComponentDefinition, ReadDefinition, ServiceDefinition } from '../definition.ts';
import { jsonOfNode, nodeOfJson, type DocumentNode, type SourceFile } from '../document/node.ts';
import { createProblems, type Problems } from '../document/problems.ts';
import { Fault } from '../fault.ts';
import { sha256, type Digest } from '../hash.ts';
import type { ReleaseManifest, ReleaseSource } from '../release.ts';
import type { ConfigFile } from '../workload.ts';
import { resolveBundle } from './bundle-resolve.ts';
import type { Wanted } from './bundle.ts';
import type { ReadComponent } from './component.ts';
import { wrongValue } from '../parameter/value.ts';
import { createReading, type Reading } from './context.ts';
import { checkExports, exportsOf } from './exports.ts';
import { readComposeFile, type ComposeFile, type ConfigSource } from './file.ts';
import { parametersOf } from './parameters.ts';
import { evaluate, parseFileTemplate, type Missing, type Template, type Values } from './template.ts';

/** A Compose file that was looked at: what is wrong with it, and what it says where nothing is. */
export interface Examined {
  readonly root: DocumentNode;
  readonly problems: Problems;
  readonly reading: Reading;
  readonly file: ComposeFile | undefined;
}

/**
 * Reads the Compose files of a service for a release, as one document. Values in `vars` are filled in now, for every environment; what
 * stays unset becomes a parameter. The environment of the process is not read. Throws `document.too-large`;
 * `document.invalid` with every place; `request.invalid` when a variable is none, or a file came along that nothing names.
 */
export function readDefinition(
  source: ReleaseSource,
  of: { readonly service: string },
  vars: { readonly [name: string]: string },
): ReadDefinition {
  const { root, problems, reading, file, wanted } = look(source, of, checkValues(vars));
  const parameters = file === undefined ? [] : parametersOf(root, file.declared, reading);
  problems.throwIfAny();
  refuseUnnamed(source, wanted);
  if (file === undefined) throw new Error('a Compose file that was not read names no problem');
  const configs = Object.entries(file.configs);
  return {
    definition: jsonOfNode(root, reading),
    images: mapValues(file.components, (component) => component.image),
    files: [...new Set(configs.flatMap(([, config]) => (config.kind === 'file' ? [config.path] : [])))].sort(),
    inline: Object.fromEntries(
      configs.flatMap(([name, config]) =>
        config.kind === 'inline' && !config.isTemplate ? [[`inline:${name}`, config.text]] : [],
      ),
    ),
    templates: templatesOf(file),
    parameters,
    warnings: problems.warnings,
  };
}

function templatesOf({ configs }: ComposeFile): readonly string[] {
  const paths = Object.values(configs).flatMap((config) =>
    config.kind === 'file' && config.isTemplate ? [config.path] : [],
  );
  return [...new Set(paths)].sort();
}

/** What a project needs before it can be read. */
export interface Needs {
  /** Files that it names, besides those of configs. More may come to light once these are there. */
  readonly files: readonly Wanted[];
  /** Which of the variables stand somewhere in it. */
  readonly variables: ReadonlySet<string>;
}

/**
 * Finds the files that a project names, as far as those that are there tell. Throws `document.too-large`;
 * `document.invalid` for a file that is no YAML; `request.invalid` when a variable is none.
 */
export function findNeeds(source: ReleaseSource, vars: { readonly [name: string]: string }): Needs {
  const { wanted, used } = resolveBundle(source, checkValues(vars), createProblems(source));
  return { files: wanted, variables: used };
}

/**
 * Looks at a Compose file, and the files it names that are there, with all of its profiles, without throwing for what is wrong in it, except that it is
 * no YAML or too large.
 */
export function examine(
  source: SourceFile & Pick<ReleaseSource, 'files'>,
  of: { readonly service: string },
  vars: { readonly [name: string]: string },
): Examined {
  const { name, text, files } = source;
  return look({ name, text, ...(files === undefined ? {} : { files }), profiles: ['*'] }, of, checkValues(vars));
}

function look(
  source: ReleaseSource,
  of: { readonly service: string },
  values: Values,
): Examined & { readonly wanted: readonly Wanted[] } {
  const problems = createProblems(source);
  const { root, used, wanted } = resolveBundle(source, values, problems);
  for (const name of values.keys()) {
    if (!used.has(name)) problems.warn({ line: 1, column: 1 }, `nothing in the file uses the variable ${name}`);
  }
  const reading = createReading('release', problems, new Map());
  const file = readComposeFile(root, reading);
  if (file?.traits.needs.includes(of.service) === true) {
    problems.add({ line: 1, column: 1 }, `the service ${of.service} needs itself`, 'take it out of x-drayage.needs');
  }
  if (file !== undefined) checkExports(root, file, of.service, reading);
  return { root, problems, reading, file, wanted };
}

function refuseUnnamed({ files = {} }: ReleaseSource, wanted: readonly Wanted[]): void {
  const unnamed = Object.keys(files).filter((path) => !wanted.some((one) => one.path === path));
  if (unnamed.length === 0) return;
  throw new Fault('request.invalid', `No Compose file names ${unnamed.slice(0, 5).join(', ')}.`, {
    facts: { unnamed: unnamed.slice(0, 50) },
    next: 'Send the files that the Compose files name, and no others.',
  });
}

/**
 * A release with its parameters filled in: with these values, else with their defaults. Images and files are those that
 * the release froze; `templates` has the texts of `manifest.templates` by path. Throws `plan.parameter-missing` with the
 * names of all parameters without a value; `plan.parameter-wrong` with those whose value their declaration refuses;
 * `document.invalid` for a value that does not fit where it is used, at the place in the release's source.
 */
export function instantiate(
  manifest: ReleaseManifest,
  values: { readonly [name: string]: string },
  templates: { readonly [path: string]: string } = {},
): ServiceDefinition {
  const known = new Map([...defaultsOf(manifest), ...checkValues(values)]);
  refuseWrong(manifest, known);
  const first = attempt(manifest, known, undefined);
  if (first.problems.findings.length > 0) {
    // Only now are places wanted: the sources are read again for them.
    const { root } = resolveBundle(manifest.source, new Map(), createProblems(manifest.source));
    attempt(manifest, known, root).problems.throwIfAny();
  }
  if (first.file === undefined) throw new Error('a release that was not read names no problem');
  return defineService(manifest, first.file, { values: known, templates });
}

function attempt(
  manifest: ReleaseManifest,
  values: Values,
  original: DocumentNode | undefined,
): { readonly problems: Problems; readonly file: ComposeFile | undefined } {
  const problems = createProblems(manifest.source);
  const reading = createReading('instantiate', problems, values);
  const file = readComposeFile(nodeOfJson(manifest.identity.definition, original), reading);
  const declared = manifest.parameters.filter(
    ({ name, required, declared: is }) => is && required && !values.has(name),
  );
  refuseMissing(manifest, [...reading.missing, ...declared.map(({ name }) => ({ name, why: null }))]);
  return { problems, file };
}

function defaultsOf({ parameters }: ReleaseManifest): Values {
  return new Map(parameters.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value]])));
}

function refuseWrong({ identity, parameters }: ReleaseManifest, values: Values): void {
  const wrong = parameters.flatMap((parameter) => {
    const value = parameter.declared === true ? values.get(parameter.name) : undefined;
    const reason = value === undefined ? null : wrongValue(parameter, value);
    return reason === null ? [] : [{ parameter: parameter.name, reason }];
  });
  if (wrong.length === 0) return;
  const { service, version } = identity;
  const told = wrong.map(({ parameter, reason }) => `${parameter}: ${reason}`).join('; ');
  throw new Fault('plan.parameter-wrong', `${service} ${version} cannot take the value given to ${told}.`, {
    facts: { service, version, wrong },
    next: 'Correct the value where it is given.',
  });
}

function refuseMissing(manifest: ReleaseManifest, missing: readonly Missing[]): void {
  if (missing.length === 0) return;
  const names = [...new Set(missing.map((one) => one.name))].sort();
  const { service, version } = manifest.identity;
  const whys = missing.flatMap(({ name, why }) => (why === null ? [] : [`${name}: ${why}`]));
  const because = whys.length === 0 ? '' : ` (${[...new Set(whys)].join('; ')})`;
  throw new Fault('plan.parameter-missing', `${service} ${version} has no value for ${names.join(', ')}${because}.`, {
    facts: { service, version, parameters: names },
    next: `Give ${names.length === 1 ? 'it' : 'them'} under services.${service}.parameters of the deployment spec, or for the environment in the platform document.`,
  });
}

/** What templates are filled in from. */
interface Filling {
  readonly values: Values;
  readonly templates: { readonly [path: string]: string };
}

function defineService(manifest: ReleaseManifest, file: ComposeFile, filling: Filling): ServiceDefinition {
  const { service, version, images, files } = manifest.identity;
  const rendered = renderConfigs(manifest, file, filling);
  const components = Object.entries(file.components).map(([name, component]) => {
    const image = images[name];
    if (image === undefined) throw new Error(`release ${service} ${version} holds no image for ${name}`);
    return [name, defineComponent(component, image, file, { files, rendered })] as const;
  });
  const traits = { ...file.traits, exports: exportsOf(file, service) };
  const contents = Object.fromEntries([...rendered.values()].map((text) => [sha256(text), text]));
  return {
    service,
    version,
    traits,
    components: Object.fromEntries(components),
    ...(rendered.size === 0 ? {} : { rendered: contents }),
  };
}

/** The largest content that an engine takes: Swarm's 1,000 KB. */
const contentBytesMost = 1_000 * 1_024;

/** The texts that templates come to, by config. */
function renderConfigs(
  manifest: ReleaseManifest,
  { configs }: ComposeFile,
  { values, templates }: Filling,
): ReadonlyMap<string, string> {
  const rendered = new Map<string, string>();
  const missing: Missing[] = [];
  for (const [name, config] of Object.entries(configs)) {
    if (!config.isTemplate) continue;
    const result = config.kind === 'inline' ? config : evaluate(templateOf(manifest, templates, config.path), values);
    if (result.kind === 'open') missing.push(...result.missing);
    else rendered.set(name, result.text);
  }
  refuseMissing(manifest, missing);
  for (const [name, text] of rendered) {
    if (Buffer.byteLength(text) <= contentBytesMost) continue;
    const { service, version } = manifest.identity;
    throw new Fault(
      'plan.parameter-wrong',
      `With these parameters the config ${name} of ${service} ${version} has more than ${contentBytesMost} bytes.`,
      { facts: { service, version, config: name } },
    );
  }
  return rendered;
}

function templateOf(manifest: ReleaseManifest, templates: Filling['templates'], path: string): Template {
  const text = Object.hasOwn(templates, path) ? templates[path] : undefined;
  if (text === undefined) throw new Error(`the template ${path} of ${manifest.identity.service} is not at hand`);
  return parseFileTemplate(text);
}

function defineComponent(
  component: ReadComponent,
  image: string,
  file: ComposeFile,
  of: { readonly files: { readonly [path: string]: Digest }; readonly rendered: ReadonlyMap<string, string> },
): ComponentDefinition {
  const configs = component.configs.map(({ source, ...mount }): ConfigFile => {
    const config = file.configs[source];
    if (config === undefined) throw new Error(`the config ${source} was not checked`);
    const text = of.rendered.get(source);
    return { config: source, content: text === undefined ? digestOfConfig(config, of.files) : sha256(text), ...mount };
  });
  const networks = component.networks.map(({ network, aliases }) => {
    const declared = Object.hasOwn(file.networks, network) ? file.networks[network] : undefined;
    return { network, internal: declared?.internal ?? false, aliases };
  });
  const { secrets: mounted, ...rest } = component;
  const secrets = mounted.map(({ source, ...mount }) => ({ secret: file.secrets[source] ?? source, ...mount }));
  return { ...rest, image, configs, ...(secrets.length === 0 ? {} : { secrets }), networks };
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

function mapValues<T, U>(of: { readonly [key: string]: T }, change: (value: T) => U): { readonly [key: string]: U } {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, change(value)]));
}

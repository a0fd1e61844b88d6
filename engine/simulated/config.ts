import { joinName, secretName } from '../../core/names.ts';
import type { HeldConfig, Service, ServiceObject, World } from './world.ts';

/** The config and secret objects that a service object refers to: another content, another object. */
function configsOf({ writer: { installation }, target: { workload } }: ServiceObject): readonly HeldConfig[] {
  const { environment, service, secrets = [] } = workload;
  const kept = secrets.flatMap(({ ref }) =>
    ref.kind === 'version'
      ? [{ name: secretName(ref.id), installation, environment, service: null, content: ref.id }]
      : [],
  );
  const configs = workload.configs.map(({ config, content }) => ({
    name: joinName(environment, service, config, content.slice(0, 12)),
    installation,
    environment,
    service,
    content,
  }));
  return [...configs, ...kept];
}

/** Makes the configs and secrets that an object needs. */
export function holdConfigs(world: World, object: ServiceObject): void {
  for (const config of configsOf(object)) world.configs.set(config.name, config);
}

/** The environment's configs to which no service of it refers. */
export function unusedConfigs(world: World, environment: string): readonly HeldConfig[] {
  const live = [...(world.environments.get(environment) ?? [])].filter(({ isRemoved }) => !isRemoved);
  const used = new Set(live.flatMap(({ object }) => configsOf(object)).map(({ name }) => name));
  return [...world.configs.values()].filter((config) => config.environment === environment && !used.has(config.name));
}

/** What goes with a service that was removed. */
export function dropConfigs(world: World, { object: { target } }: Service): void {
  const { environment, service } = target.workload;
  for (const config of unusedConfigs(world, environment))
    if (config.service === service || config.service === null) world.configs.delete(config.name);
}

/** Deletes a config, unless a service refers to it by now. */
export function deleteConfig(world: World, { environment, name }: HeldConfig): boolean {
  if (!unusedConfigs(world, environment).some((config) => config.name === name)) return false;
  return world.configs.delete(name);
}

/** How large a made-up company is. */
export interface WorldSize {
  readonly services: number;
  readonly environments: number;
  readonly clusters: number;
}

/** A release to register. */
export interface WorldRelease {
  readonly service: string;
  readonly version: string;
  /** The Compose file's text. */
  readonly text: string;
}

/** A made-up company: the same size always gives the same. */
export interface World {
  /** The text of its `kind: Platform` document. */
  readonly platform: string;
  readonly environments: readonly string[];
  readonly services: readonly string[];
  readonly releases: readonly WorldRelease[];
  /** What an environment is to run at first: version by service. */
  readonly spec: (environment: string) => { readonly [service: string]: string };
  /** The newest version that works. */
  readonly newest: (service: string) => string;
}

const fields = `
  account basket billing booking catalog checkout content customer delivery discount
  fraud identity inventory invoice loyalty media messaging order partner payment
  pricing product rating report returns search shipping stock supplier wishlist`
  .trim()
  .split(/\s+/);

const parts = `
  api web worker cache index gateway export import scheduler events
  admin mail audit sync files score rules views batch proxy`
  .trim()
  .split(/\s+/);

const named = ['dev', 'test', 'stage', 'prod'];

/** Makes it up. `registry` is the host that the images are named after. */
export function makeWorld(size: WorldSize, registry: string): World {
  const services = Array.from({ length: size.services }, (_, index) => serviceName(index)).toSorted();
  const environments = Array.from({ length: size.environments }, (_, index) => environmentName(index));
  const places = new Map(services.map((service, index) => [service, index]));
  const older = (service: string) => `1.${(places.get(service) ?? 0) % 7}.0`;
  const newest = (service: string) => `1.${((places.get(service) ?? 0) % 7) + 1}.0`;
  const definition = (service: string, version: string) =>
    composeText({ service, version, registry, replicas: ((places.get(service) ?? 0) % 3) + 1 });
  return {
    platform: platformText(environments, size.clusters, registry),
    environments,
    services,
    releases: services.flatMap((service) =>
      [older(service), newest(service)].map((version) => ({ service, version, text: definition(service, version) })),
    ),
    // The newer half of the versions has come further in some environments than in others.
    spec: (environment) => {
      const place = environments.indexOf(environment);
      const isNew = (index: number) => (index * 7 + place * 3) % 11 >= Math.min(place, 8);
      return Object.fromEntries(services.map((it, index) => [it, isNew(index) ? newest(it) : older(it)]));
    },
    newest,
  };
}

/** A release of a service that rehearses a failure by its tag: `-crash`, `-sick` or `-missing`. */
export function illRelease(service: string, version: string, registry: string): WorldRelease {
  return { service, version, text: composeText({ service, version, registry, replicas: 2, monitor: '5s' }) };
}

/** A release of a service that is watched for hours after it became healthy: deploying it stays under way. */
export function longRelease(service: string, version: string, registry: string): WorldRelease {
  return { service, version, text: composeText({ service, version, registry, replicas: 2, monitor: '10h' }) };
}

function serviceName(index: number): string {
  const name = `${fields[index % fields.length]}-${parts[Math.floor(index / fields.length) % parts.length]}`;
  const round = Math.floor(index / (fields.length * parts.length));
  return round === 0 ? name : `${name}-${round + 1}`;
}

function environmentName(index: number): string {
  return named[index] ?? `customer-${String(index - named.length + 1).padStart(2, '0')}`;
}

interface ComposeParts {
  readonly service: string;
  readonly version: string;
  readonly registry: string;
  readonly replicas: number;
  readonly monitor?: string;
}

function composeText({ service, version, registry, replicas, monitor = '1s' }: ComposeParts): string {
  return `services:
  ${service}:
    image: ${registry}/${service}:${version}
    environment: { LOG_LEVEL: info }
    deploy: { replicas: ${replicas}, update_config: { order: start-first, monitor: ${monitor} } }
`;
}

function platformText(environments: readonly string[], clusters: number, registry: string): string {
  const names = Array.from({ length: clusters }, (_, index) => `sim-${index + 1}`);
  const ofCluster = names.map(
    (name) => `  ${name}: { engine: simulated, limits: { stepsAtOnce: 200, startsAtOnce: 10000 } }`,
  );
  const ofEnvironment = environments.map((name, index) => {
    const more = name === 'test' ? ', onFailure: leave' : name === 'stage' ? ', stepDeadline: 12h' : '';
    return `  ${name}: { clusters: [${names[index % names.length]}]${more} }`;
  });
  return `apiVersion: drayage/v1
kind: Platform
clusters:
${ofCluster.join('\n')}
registries:
  "${registry}": { credentials: none }
environments:
${ofEnvironment.join('\n')}
`;
}

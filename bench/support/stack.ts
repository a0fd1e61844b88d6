/** How many services are deployed together. */
export const serviceCount = 20;

/** Names of the services. */
export const serviceNames: readonly string[] = Array.from({ length: serviceCount }, (_, index) => `s${index + 1}`);

/** The service whose version 3 never becomes healthy. */
export const sickService = 's10';

/** `3` is the version in which one service is sick. */
export type Version = '1' | '2' | '3';

/** What all versions of the services have in common. */
export interface ServiceSetting {
  readonly image: string;
  /** How often the health of a task is looked at, beginning so long after its start, in seconds. */
  readonly checkSeconds: number;
  /** Whose: where tasks run on between measurements, looking at forty of them would be most of what the engine does. */
  readonly checked: 'each' | 'sick one';
}

/** One service as both sides are given it. */
function definition(service: string, version: Version, { image, checkSeconds, checked }: ServiceSetting): object {
  const isSick = version === '3' && service === sickService;
  const check = { test: ['CMD', '/health.sh'], interval: `${checkSeconds}s`, timeout: '5s', retries: 2 };
  return {
    image,
    init: true,
    tmpfs: ['/tmp'],
    environment: { NAME: service, VERSION: version, MODE: isSick ? 'sick' : 'good' },
    healthcheck: checked === 'each' || service === sickService ? check : { disable: true },
    stop_grace_period: '1s',
    deploy: { replicas: 1, endpoint_mode: 'dnsrr', update_config: { monitor: '1s', order: 'start-first' } },
  };
}

/** The Compose file of one service, for Drayage. JSON is YAML. */
export function composeOf(service: string, version: Version, setting: ServiceSetting): string {
  return JSON.stringify({
    services: { [service]: definition(service, version, setting) },
    'x-drayage': { deadline: '180s' },
  });
}

/** The same services in one file, for `docker stack deploy`. */
export function stackOf(version: Version, setting: ServiceSetting): string {
  const services = serviceNames.map((service): [string, object] => [service, definition(service, version, setting)]);
  return JSON.stringify({ version: '3.8', services: Object.fromEntries(services) });
}

import { sha256 } from './hash.ts';

/** The longest name that engines and DNS take (RFC 1035 label). */
const longest = 63;

/** Joins name parts with underscores; what would be longer than 63 characters ends in a hash instead. */
export function joinName(...parts: readonly string[]): string {
  const name = parts.join('_');
  if (name.length <= longest) return name;
  return `${name.slice(0, longest - 13)}_${sha256(name).slice(0, 12)}`;
}

/** The engine's name of a component: `environment_service_component`. */
export function workloadName(of: { environment: string; service: string; component: string }): string {
  return joinName(of.environment, of.service, of.component);
}

/** The network on which the services of an environment find each other by service name. */
export function environmentNetwork(environment: string): string {
  return joinName(environment, 'shared');
}

/** A network of one service's own, on which its Compose names resolve. */
export function serviceNetwork(environment: string, service: string, network: string): string {
  return joinName(environment, service, network);
}

/** The engine's name of a version of a secret: it tells nothing to who may list what the engine has. */
export function secretName(id: string): string {
  return `drayage-secret-${id}`;
}

/** The engine's name of a service's volume. */
export function volumeName(environment: string, service: string, volume: string): string {
  return joinName(environment, service, volume);
}

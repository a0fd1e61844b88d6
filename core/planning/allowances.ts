import { Fault } from '../fault.ts';
import { isWithin, nodePath } from '../node-path.ts';
import type { Allowance, EnvironmentDefinition } from '../platform.ts';
import type { Workload } from '../workload.ts';

/** What every container may do unless it drops it (moby, oci/caps/defaults.go): to ask for it adds nothing. */
const ordinaryCapabilities: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const nothing: Allowance = { binds: [], capabilities: [], hostNetwork: false, volumeDrivers: [] };

const sockets: readonly string[] = ['/var/run/docker.sock', '/run/docker.sock'];

/**
 * Throws `plan.not-allowed` when workloads reach out of their containers further than the Platform document allows their
 * services in this environment; it names each service, component and thing, and the lines that would allow them.
 */
export function checkAllowances(workloads: readonly Workload[], environment: EnvironmentDefinition): void {
  const lacking = workloads.flatMap((workload) => {
    const missing = without(askedBy(workload), allowed(environment, workload.service));
    return sentencesOf(missing, workload).length === 0 ? [] : [{ workload, missing }];
  });
  const [first] = lacking;
  if (first === undefined) return;
  const told = [
    ...new Set(
      lacking.map(({ workload, missing }) => {
        return `for ${workload.service}/${workload.component}, ${sentencesOf(missing, workload).join(' and ')}`;
      }),
    ),
  ];
  const lines = linesFor(lacking, environment);
  const { environment: name, service, component } = first.workload;
  throw new Fault('plan.not-allowed', `The Platform document does not allow in ${name}: ${told.join('; ')}.`, {
    facts: { environment: name, service, component, asked: told, lines },
    next: `If it is meant, write into the Platform document: ${lines}`,
  });
}

/** What of a component reaches out of its container, of all that a workload says. */
type Reaching = Pick<Workload, 'binds' | 'addedCapabilities' | 'hostNetwork' | 'volumes'>;

/** What a component asks for that only the Platform document can allow, in words. */
export function askedInWords(of: Reaching): readonly string[] {
  return sentencesOf(askedBy(of), of);
}

function allowed({ allows = {} }: EnvironmentDefinition, service: string): Allowance {
  return (Object.hasOwn(allows, service) ? allows[service] : undefined) ?? nothing;
}

function askedBy({ binds = [], addedCapabilities = [], hostNetwork, volumes }: Reaching): Allowance {
  return {
    binds: distinct(binds.map((bind) => bind.source)),
    capabilities: addedCapabilities.filter((name) => !ordinaryCapabilities.has(name)),
    hostNetwork: hostNetwork === true,
    volumeDrivers: distinct(volumes.flatMap((mount) => mount.driver?.name ?? [])),
  };
}

function without(asked: Allowance, has: Allowance): Allowance {
  return {
    binds: asked.binds.filter((path) => nodePath(path) !== path || !has.binds.some((folder) => isWithin(path, folder))),
    capabilities: asked.capabilities.filter((name) => !has.capabilities.some((it) => it === name || it === 'ALL')),
    hostNetwork: asked.hostNetwork && !has.hostNetwork,
    volumeDrivers: asked.volumeDrivers.filter((name) => !has.volumeDrivers.includes(name)),
  };
}

function sentencesOf(missing: Allowance, { volumes }: Pick<Workload, 'volumes'>): readonly string[] {
  return [
    ...missing.binds.map(bindSentence),
    ...missing.capabilities.map((name) => `the capability ${name}`),
    ...(missing.hostNetwork ? ['the network of the node'] : []),
    ...missing.volumeDrivers.map((name) => {
      const using = distinct(volumes.flatMap((mount) => (mount.driver?.name === name ? [mount.volume] : [])));
      return name === 'local'
        ? `options of the local volume driver, which can mount anything, for ${using.join(', ')}`
        : `the volume driver ${name} for ${using.join(', ')}`;
    }),
  ];
}

function bindSentence(path: string): string {
  const socket = sockets.find((it) => isWithin(it, path));
  if (socket === undefined) return `the path ${path} of the node`;
  const where = socket === path ? path : `${path}, which holds ${socket}`;
  return `the engine's own socket (${where}): whoever reaches it rules the whole cluster`;
}

/** One flow map, with what is allowed already: it can be put in the place of what is there. */
function linesFor(
  lacking: readonly { readonly workload: Workload; readonly missing: Allowance }[],
  environment: EnvironmentDefinition,
): string {
  const services = distinct(lacking.map(({ workload }) => workload.service)).map((service) => {
    const of = lacking.filter(({ workload }) => workload.service === service).map(({ missing }) => missing);
    const all = [allowed(environment, service), ...of];
    const lists = (['binds', 'capabilities', 'volumeDrivers'] as const).flatMap((key) => {
      const values = distinct(all.flatMap((one) => one[key]));
      return values.length === 0 ? [] : [`${key}: [${values.map((value) => JSON.stringify(value)).join(', ')}]`];
    });
    const network = all.some((one) => one.hostNetwork) ? ['hostNetwork: true'] : [];
    return `${service}: { ${[...lists, ...network].join(', ')} }`;
  });
  const name = lacking[0]?.workload.environment ?? '';
  return `environments: { ${name}: { allows: { ${services.join(', ')} } } }`;
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].toSorted();
}

import type { Digest } from '../../core/hash.ts';
import { joinName, secretName, workloadName } from '../../core/names.ts';
import type {
  ConfigFile,
  HealthCheck,
  NetworkAttachment,
  PublishedPort,
  ResourceAmounts,
  RestartPolicy,
  SecretFile,
  TmpfsMount,
  VolumeMount,
  Workload,
} from '../../core/workload.ts';
import type { ApplyRequest } from '../../port/engine.ts';
import { bindMount, containerExtras, reservationExtras, taskExtras } from './extras.ts';
import { containerLabels, ownerLabels, credentialsLabel, serviceLabels, type Labels } from './labels.ts';

/**
 * Version of this mapping, kept on each service as a label. A newer Drayage rewrites nothing that runs: raise it when
 * the same workload would give another spec, and old services keep theirs until their next change.
 */
export const mappingVersion = 1;

/** The engine's ids of what a workload refers to; by the names that `configName`, `secretObject` and the workload give. */
export interface References {
  readonly networks: ReadonlyMap<string, string>;
  readonly configs: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string>;
}

/** A ServiceSpec of the Docker Engine API 1.41, as it is sent; null and empty members are left out. */
export interface ServiceSpec {
  readonly Name: string;
  readonly Labels: Labels;
  readonly TaskTemplate: object;
  readonly Mode: { readonly Replicated: { readonly Replicas: number } } | { readonly Global: object };
  readonly UpdateConfig: object;
  readonly EndpointSpec: { readonly Mode: 'vip' | 'dnsrr'; readonly Ports?: readonly object[] };
}

/** Name of the config object that holds one content of a service's config: another content, another object. */
export function configName(environment: string, service: string, file: ConfigFile): string {
  return joinName(environment, service, file.config, shortContent(file.content));
}

function shortContent(content: Digest): string {
  return content.slice(0, 12);
}

/** What of a write the service object follows from. */
export type SpecRequest = Pick<ApplyRequest, 'target' | 'writer' | 'whenTasksFail' | 'limit'> &
  Partial<Pick<ApplyRequest, 'credentials'>>;

/** The service object that makes a Swarm run the target. Pure: the same arguments give the same object. */
export function serviceSpec(request: SpecRequest, references: References): ServiceSpec {
  const { target, writer, limit } = request;
  const { workload } = target;
  return {
    Name: workloadName(workload),
    Labels: { ...serviceLabels(target, writer, mappingVersion), ...credentialsLabel(request.credentials) },
    TaskTemplate: {
      ContainerSpec: containerSpec(workload, writer.installation, references),
      Resources: {
        Limits: amounts(workload.limits),
        Reservations: { ...amounts(workload.reservations), ...reservationExtras(workload) },
      },
      RestartPolicy: restartPolicy(workload.restart),
      Placement: {
        Constraints: workload.placement.constraints,
        Preferences: workload.placement.spreadOver.map((descriptor) => ({
          Spread: { SpreadDescriptor: descriptor },
        })),
        ...present('MaxReplicas', workload.placement.maxPerNode),
      },
      Networks: networks(workload, references),
      ...taskExtras(workload),
    },
    Mode:
      workload.mode === 'global' ? { Global: {} } : { Replicated: { Replicas: limit?.replicas ?? workload.replicas } },
    UpdateConfig: updateConfig(request),
    EndpointSpec: { Mode: workload.endpointMode, ...ports(workload.ports) },
  };
}

function containerSpec(workload: Workload, installation: string, references: References): object {
  return {
    Image: workload.image,
    Labels: containerLabels(workload, installation),
    ...present('Command', workload.entrypoint),
    ...present('Args', workload.command),
    Env: Object.entries(workload.variables)
      .map(([name, value]) => `${name}=${value}`)
      .toSorted(),
    ...present('User', workload.user),
    Init: workload.init,
    ReadOnly: workload.readOnlyRoot,
    StopGracePeriod: nanoseconds(workload.stopGraceMs),
    ...healthcheck(workload.health),
    Mounts: [
      ...workload.tmpfs.map((mount) => tmpfsMount(mount)),
      ...workload.volumes.map((mount) => volumeMount(workload, installation, mount)),
      ...(workload.binds ?? []).map((mount) => bindMount(mount)),
    ],
    Configs: workload.configs.map((file) => configReference(workload, file, references)),
    ...secretReferences(workload, references),
    ...containerExtras(workload),
  };
}

function healthcheck(health: HealthCheck): object {
  if (health.kind === 'image') return {};
  if (health.kind === 'none') return { Healthcheck: { Test: ['NONE'] } };
  return {
    Healthcheck: {
      Test: health.test,
      Interval: nanoseconds(health.intervalMs),
      Timeout: nanoseconds(health.timeoutMs),
      Retries: health.retries,
      StartPeriod: nanoseconds(health.startPeriodMs),
    },
  };
}

function tmpfsMount(mount: TmpfsMount): object {
  return {
    Type: 'tmpfs',
    Target: mount.target,
    TmpfsOptions: { ...present('SizeBytes', mount.sizeBytes), ...present('Mode', mount.mode) },
  };
}

function volumeMount(workload: Workload, installation: string, mount: VolumeMount): object {
  const { environment, service } = workload;
  return {
    Type: 'volume',
    Source: mount.volume,
    Target: mount.target,
    ReadOnly: mount.readOnly,
    VolumeOptions: {
      Labels: ownerLabels(installation, environment, { service }),
      ...(mount.noCopy === true ? { NoCopy: true } : {}),
      ...(mount.driver === undefined
        ? {}
        : { DriverConfig: { Name: mount.driver.name, Options: mount.driver.options } }),
    },
  };
}

function configReference(workload: Workload, file: ConfigFile, references: References): object {
  const name = configName(workload.environment, workload.service, file);
  return {
    ConfigID: known(references.configs, name),
    ConfigName: name,
    File: { Name: file.target, UID: file.uid, GID: file.gid, Mode: file.mode },
  };
}

/** Absent without any: an object of before there were secrets still holds what is wanted. */
function secretReferences({ secrets = [] }: Workload, references: References): object {
  if (secrets.length === 0) return {};
  const list = secrets.map((file) => {
    const name = secretObject(file);
    return {
      SecretID: known(references.secrets, name),
      SecretName: name,
      File: { Name: file.target, UID: file.uid, GID: file.gid, Mode: file.mode },
    };
  });
  return { Secrets: list };
}

/** Name of the secret object that a file of a workload is made of. */
export function secretObject({ ref }: SecretFile): string {
  return ref.kind === 'version' ? secretName(ref.id) : ref.name;
}

/** The network of the node goes by a name that every engine has. */
export const hostNetwork = 'host';

function networks(workload: Workload, references: References): readonly object[] {
  if (workload.hostNetwork === true) return [{ Target: known(references.networks, hostNetwork) }];
  return workload.networks.map((network) => attachment(network, references));
}

function attachment(network: NetworkAttachment, references: References): object {
  return { Target: known(references.networks, network.network), Aliases: network.aliases };
}

function known(ids: ReadonlyMap<string, string>, name: string): string {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`no id was looked up for ${name}`);
  return id;
}

function amounts(resources: ResourceAmounts): object {
  return {
    ...present('NanoCPUs', resources.nanoCpus),
    ...present('MemoryBytes', resources.memoryBytes),
    ...present('Pids', resources.pids),
  };
}

function restartPolicy(restart: RestartPolicy): object {
  return {
    Condition: restart.condition,
    Delay: nanoseconds(restart.delayMs),
    ...present('MaxAttempts', restart.maxAttempts),
    ...present('Window', restart.windowMs === null ? null : nanoseconds(restart.windowMs)),
  };
}

function ports(published: readonly PublishedPort[]): { readonly Ports?: readonly object[] } {
  if (published.length === 0) return {};
  return {
    Ports: published.map((port) => ({
      Protocol: port.protocol,
      TargetPort: port.target,
      PublishedPort: port.published,
      PublishMode: port.mode,
    })),
  };
}

/** The engine only ever stops a failing update; what happens then is decided by whoever drives. */
function updateConfig({ target: { policy }, whenTasksFail, limit }: SpecRequest): object {
  return {
    Parallelism: limit?.parallelism ?? policy.parallelism,
    Delay: nanoseconds(policy.delayMs),
    FailureAction: whenTasksFail,
    Monitor: nanoseconds(policy.monitorMs),
    MaxFailureRatio: policy.maxFailureRatio,
    Order: policy.order,
  };
}

function nanoseconds(ms: number): number {
  return ms * 1_000_000;
}

function present(name: string, value: unknown): object {
  return value === null ? {} : { [name]: value };
}

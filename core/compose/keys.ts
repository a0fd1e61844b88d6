/** What becomes of a key: it is used, left out with a warning, or the file is refused. */
export type KeyClass = 'mapped' | 'ignored' | 'refused';

/** What else there is to know of a key. */
interface KeyNotes {
  /** Of a refused key: the value that means what would be without the key, and is left out instead. */
  readonly harmless?: string;
  /** Of a mapped key: what the Platform document has to allow to the service, wholly or for some values. */
  readonly allowance?: 'binds' | 'capabilities' | 'hostNetwork' | 'volumeDrivers';
}

/** A key's class, with what it becomes or why it is not taken. */
export type KeyRule = readonly [KeyClass, string, KeyNotes?];

type Section = { readonly [key: string]: KeyRule };

const noLabels: KeyRule = ['refused', 'objects that Drayage makes bear its own labels only'];
const host = (what: string): KeyRule => ['refused', `${what}: it would reach out of the container into its host`];
const notByEngine = (what: string): KeyRule => ['refused', `${what}: the engine of a cluster cannot do that`];
const sameForAll = (what: string): KeyRule => ['refused', `replicas would all bear the same ${what}`];
const notCarried = (what: string): KeyRule => ['refused', `${what} is not carried to the engine yet`];
const noExternal: KeyRule = [
  'refused',
  'a release brings all that it needs; nothing made elsewhere is used',
  { harmless: 'false' },
];
const noValue: KeyRule = [
  'refused',
  'a value does not belong into a release; write external: true, and set it with `dray secret set ENVIRONMENT NAME`',
];
const nameIsOurs: KeyRule = ['ignored', 'names on the engine are made of environment and service'];
const weDecide: KeyRule = ['ignored', 'Drayage decides what a failed update leads to'];

/** Every key of the Compose Specification that may be met, section by section. A key that is not here is unknown. */
export const composeKeys = {
  file: {
    services: ['mapped', 'the components of the service'],
    networks: ['mapped', 'the networks of the service, all private to it'],
    volumes: ['mapped', 'named volumes; each belongs to the environment and outlives deployments'],
    configs: ['mapped', 'files given to components; frozen with the release'],
    'x-drayage': ['mapped', 'what Compose has no word for: see below'],
    name: ['ignored', 'the service is named when it is released'],
    version: ['ignored', 'the Compose Specification has no versions any more'],
    include: ['mapped', 'more Compose files, each with its own folder; what they declare becomes part of this one'],
    secrets: ['mapped', 'secrets of the environment, by name; a release holds no value'],
    models: notCarried('a model'),
  },
  'x-drayage': {
    owner: ['mapped', 'the team that answers for the service'],
    runbook: ['mapped', 'where to read what to do when it fails'],
    role: ['mapped', 'the service runs on every cluster of the environment that bears this role'],
    needs: ['mapped', 'services that must be there, and are updated first'],
    export: [
      'mapped',
      "`true`, or names and their components: found under them from other services, on other clusters at its cluster's address",
    ],
    deadline: ['mapped', 'how long one step of a deployment may take'],
    project: ['mapped', 'the project that the service belongs to; told by each of its releases'],
    metrics: ['mapped', 'where its metrics are read, such as `:9090/metrics`; told by each of its releases'],
    probes: ['mapped', 'what to ask to see that it works, such as `/ready`; told by each of its releases'],
    parameters: ['mapped', 'what is to be known of parameters, by name: see below'],
    templates: ['mapped', 'configs in whose content `${NAME}` is a parameter: their names under `configs`'],
    secrets: ['mapped', 'what becomes of newer versions of secrets, by their names under `secrets`'],
  },
  'rotated secret': { restart: ['mapped', '`never`: a newer version alone restarts nothing; `changed`: it does'] },
  parameter: {
    type: [
      'mapped',
      'string, integer, boolean (true or false), enum, duration, size or url; what its place asks for when absent',
    ],
    description: ['mapped', 'what it is for'],
    default: ['mapped', 'its value where nothing gives one; names no parameter'],
    required: ['mapped', 'whether the environment or the spec has to give a value'],
    pattern: ['mapped', 'a regular expression that the whole value has to match'],
    values: ['mapped', 'of an enum: all that it can be'],
    min: ['mapped', 'of an integer: the least'],
    max: ['mapped', 'of an integer: the most'],
  },
  service: {
    image: ['mapped', 'resolved to a digest when the release is registered'],
    command: ['mapped', "arguments in place of the image's; a text is split into words"],
    entrypoint: ['mapped', "program in place of the image's; a text is split into words"],
    environment: ['mapped', 'environment variables, as a map or as a list of NAME=value'],
    healthcheck: ['mapped', 'how a task is known to be healthy'],
    ports: ['mapped', 'ports published on the cluster'],
    networks: ['mapped', "networks joined; without it the service's `default`"],
    volumes: ['mapped', 'named volumes, tmpfs mounts, and paths of the node', { allowance: 'binds' }],
    configs: ['mapped', 'configs mounted as files'],
    tmpfs: ['mapped', 'paths in memory that may be written'],
    read_only: ['mapped', 'whether the root file system is read-only; true unless it says otherwise'],
    user: ['mapped', 'user, with or without group, that the process runs as'],
    init: ['mapped', 'whether an init process reaps children and passes on signals'],
    stop_grace_period: ['mapped', 'time between the stop signal and the kill signal; 10s'],
    depends_on: ['mapped', 'components that are started, and healthy, first'],
    deploy: ['mapped', 'how many, where, with what resources, updated how'],
    build: ['ignored', 'images are built before a release, not by it'],
    container_name: ['ignored', 'names on the engine are made of environment, service and component'],
    develop: ['ignored', 'it is meant for a developer at work'],
    'x-drayage': ['refused', 'it stands at the top of the file, once for the whole service'],
    annotations: notByEngine('annotations of the container runtime'),
    attach: ['ignored', 'it is meant for docker compose up; dray logs reads all'],
    blkio_config: notByEngine('shares of disks'),
    cap_add: [
      'mapped',
      'capabilities more than the engine gives; those that it gives anyway need no allowance',
      { allowance: 'capabilities' },
    ],
    cap_drop: ['mapped', 'capabilities less than the engine gives; ALL is all of them'],
    cgroup: host('the cgroup namespace'),
    cgroup_parent: host('the cgroup of the host'),
    cpu_count: ['refused', 'it is meant for Windows; write deploy.resources.limits.cpus'],
    cpu_percent: ['refused', 'it is meant for Windows; write deploy.resources.limits.cpus'],
    cpu_period: ['refused', 'write what both come to as deploy.resources.limits.cpus'],
    cpu_quota: ['refused', 'write what both come to as deploy.resources.limits.cpus'],
    cpu_rt_period: notByEngine('real-time scheduling'),
    cpu_rt_runtime: notByEngine('real-time scheduling'),
    cpu_shares: ['refused', 'nodes share by what is reserved; write deploy.resources.reservations.cpus'],
    cpus: ['mapped', 'the old form of deploy.resources.limits.cpus'],
    cpuset: notByEngine('pinning to CPUs'),
    credential_spec: notCarried('an account for Windows'),
    device_cgroup_rules: notByEngine('devices of a node'),
    devices: notByEngine('devices of a node'),
    dns: ['mapped', 'name servers in place of those of the node; names of services are found all the same'],
    dns_opt: ['mapped', 'options of the resolver'],
    dns_search: ['mapped', 'domains in which short names are looked up'],
    domainname: notByEngine('a domain of the container'),
    env_file: ['mapped', 'files with variables, frozen with the release; environment wins over them'],
    expose: ['ignored', 'components on one network reach every port of each other'],
    extends: ['mapped', 'a component of this or another file that this one is laid over'],
    external_links: noExternal,
    extra_hosts: ['mapped', 'names with their addresses, in every form'],
    gpus: notByEngine('devices of a node'),
    group_add: ['mapped', 'more groups of the process'],
    hostname: [
      'mapped',
      'the name that the container has of itself; every replica has the same, unless {{.Task.Slot}} is in it',
    ],
    ipc: host('the ipc namespace'),
    isolation: ['mapped', 'default, process or hyperv: of Windows containers'],
    label_file: ['mapped', 'files with labels, frozen with the release; labels wins over them'],
    labels: ['mapped', "labels of the container; Drayage's own and the engine's cannot be set"],
    links: [
      'refused',
      'components find each other by name without it; use depends_on for the order, aliases for other names',
    ],
    logging: ['mapped', 'where the output goes; only json-file, local and journald can be read with dray logs'],
    mac_address: sameForAll('address'),
    mem_limit: ['mapped', 'the old form of deploy.resources.limits.memory'],
    mem_reservation: ['mapped', 'the old form of deploy.resources.reservations.memory'],
    mem_swappiness: notByEngine('swapping of one container'),
    memswap_limit: notByEngine('swapping of one container'),
    models: notCarried('a model'),
    network_mode: ['mapped', '`host` only: the network of the node, and no other', { allowance: 'hostNetwork' }],
    oom_kill_disable: [
      'refused',
      'switching off the memory killer: it would reach out of the container into its host',
      { harmless: 'false' },
    ],
    oom_score_adj: host('the order of the memory killer'),
    pid: host('the process namespace'),
    pids_limit: ['mapped', 'the old form of deploy.resources.limits.pids'],
    platform: [
      'refused',
      'the digest of the image says it; to choose nodes write a constraint such as node.platform.arch==x86_64',
    ],
    post_start: notCarried('post_start'),
    pre_stop: notCarried('pre_stop'),
    privileged: ['refused', 'a privileged container: the engine of a cluster cannot do that', { harmless: 'false' }],
    profiles: ['mapped', 'left out unless one of them is named with --profile when the release is registered'],
    provider: notCarried('a provider'),
    pull_policy: ['ignored', 'images are pinned by digest, which says all'],
    pull_refresh_after: ['ignored', 'images are pinned by digest, which says all'],
    restart: [
      'mapped',
      'what becomes of a task that ends, where deploy.restart_policy does not say: no, always, unless-stopped, on-failure or on-failure:N',
    ],
    runtime: notByEngine('another runtime'),
    scale: ['mapped', 'the old form of deploy.replicas'],
    secrets: ['mapped', 'secrets mounted as files in memory'],
    security_opt: notByEngine('options of security'),
    shm_size: ['mapped', 'bytes of a tmpfs at /dev/shm'],
    stdin_open: ['mapped', 'whether the standard input stays open'],
    stop_signal: ['mapped', "the signal that asks to stop, in place of the image's"],
    storage_opt: notByEngine('options of storage'),
    sysctls: ['mapped', 'kernel parameters of the container, as a map or a list'],
    tty: ['mapped', 'whether the process has a terminal'],
    ulimits: ['mapped', 'limits of the process, as a number or as soft and hard'],
    use_api_socket: [
      'refused',
      "the engine's socket: mount it as a bind, which needs an allowance",
      { harmless: 'false' },
    ],
    userns_mode: host('the user namespace'),
    uts: host('the uts namespace'),
    volumes_from: ['refused', 'name the volume in both components'],
    working_dir: ['mapped', "the folder that the process starts in, in place of the image's"],
  },
  healthcheck: {
    test: ['mapped', "the command; a text is run by the shell; without it the image's own is run at these times"],
    interval: ['mapped', "time between two checks; 30s, or the image's when its own test is run"],
    timeout: ['mapped', "a check that takes longer has failed; 30s, or the image's when its own test is run"],
    retries: [
      'mapped',
      "so many failures in a row make the task unhealthy; 3, or the image's when its own test is run",
    ],
    start_period: ['mapped', "failures in this time do not count; 0s, or the image's when its own test is run"],
    disable: ['mapped', 'switches the check of the image off'],
    start_interval: ['ignored', 'engines before version 25 do not know it; health is asked at the interval'],
  },
  ulimit: {
    soft: ['mapped', 'what holds at first; -1 is unlimited'],
    hard: ['mapped', 'what the process can raise it to; -1 is unlimited'],
  },
  logging: {
    driver: ['mapped', "the engine's driver of logs; without it its default"],
    options: ['mapped', 'what the driver takes, such as max-size'],
  },
  'service config': {
    source: ['mapped', 'its name at the top of the file'],
    target: ['mapped', 'where the file appears; /NAME'],
    uid: ['mapped', "owner of the file; '0'"],
    gid: ['mapped', "group of the file; '0'"],
    mode: ['mapped', 'permissions in octal; 0444'],
  },
  config: {
    file: ['mapped', 'a path relative to the Compose file, below its folder'],
    content: ['mapped', 'the content itself'],
    environment: ['refused', 'the environment of the process is never read; use content'],
    external: noExternal,
    name: nameIsOurs,
    labels: noLabels,
    template_driver: ['refused', 'the content would differ from what was released'],
  },
  'service secret': {
    source: ['mapped', 'its name at the top of the file'],
    target: ['mapped', 'where the file appears; a name alone is below /run/secrets; /run/secrets/NAME'],
    uid: ['mapped', "owner of the file; '0'"],
    gid: ['mapped', "group of the file; '0'"],
    mode: ['mapped', 'permissions in octal; 0444'],
  },
  secret: {
    external: ['mapped', '`true`, or its name: the value is kept by the environment, and never part of a release'],
    name: ['mapped', 'its name in the environment; without it the key'],
    file: noValue,
    environment: noValue,
    labels: noLabels,
    driver: ['refused', 'where a secret comes from is said in the Platform document'],
    driver_opts: ['refused', 'where a secret comes from is said in the Platform document'],
    template_driver: ['refused', 'the content would differ from what was set'],
  },
  'secret external': {
    name: ['mapped', 'its name in the environment, as old files write it'],
  },
  'service network': {
    aliases: ['mapped', 'more names under which the component is found on this network'],
    driver_opts: notCarried('an option of the driver for one component'),
    gw_priority: notByEngine('the choice of the gateway'),
    interface_name: notByEngine('the name of an interface'),
    ipv4_address: sameForAll('address'),
    ipv6_address: sameForAll('address'),
    link_local_ips: sameForAll('address'),
    mac_address: sameForAll('address'),
    priority: notByEngine('the order of networks'),
  },
  network: {
    driver: ['mapped', '`overlay` only, which it is anyway'],
    internal: ['mapped', 'whether it leads nowhere but to its members'],
    attachable: ['refused', 'containers that nobody released could join', { harmless: 'false' }],
    driver_opts: [
      'refused',
      'networks are the same for all of an environment; encrypted is said of it in the Platform document',
    ],
    enable_ipv4: ['refused', 'networks of a cluster are made with IPv4', { harmless: 'true' }],
    enable_ipv6: ['refused', 'networks of a cluster are made without IPv6', { harmless: 'false' }],
    external: noExternal,
    ipam: ['refused', 'subnets are given out by the plan'],
    labels: noLabels,
    name: nameIsOurs,
  },
  volume: {
    driver: ['mapped', '`local`, or one that the Platform document allows', { allowance: 'volumeDrivers' }],
    driver_opts: [
      'mapped',
      'what the driver takes, such as the address of an NFS server',
      { allowance: 'volumeDrivers' },
    ],
    external: noExternal,
    labels: noLabels,
    name: ['refused', 'names on the engine are made of environment and service; another would hold other data'],
  },
  mount: {
    type: ['mapped', '`volume`, `tmpfs` or `bind`'],
    source: ['mapped', 'the name of the volume, or the path on the node', { allowance: 'binds' }],
    target: ['mapped', 'where it appears'],
    read_only: ['mapped', 'whether it cannot be written'],
    tmpfs: ['mapped', 'size and mode of a tmpfs'],
    bind: ['mapped', 'how a path of the node is mounted'],
    consistency: ['ignored', 'it speeds up Docker Desktop, and means nothing elsewhere'],
    image: notByEngine('an image as a mount'),
    volume: ['mapped', 'how a volume is mounted'],
  },
  'mount bind': {
    propagation: ['mapped', 'whether mounts below it show on the other side; rprivate'],
    create_host_path: ['ignored', 'a cluster creates no path: it has to be there on every node with a task'],
    recursive: notCarried('recursive'),
    selinux: notByEngine('relabelling'),
  },
  'mount volume': {
    nocopy: ['mapped', 'whether a new volume stays empty, without what the image has there'],
    labels: noLabels,
    subpath: ['refused', 'engines before version 26 would mount the whole volume'],
  },
  'mount tmpfs': {
    size: ['mapped', 'bytes at most'],
    mode: ['mapped', 'permissions in octal'],
  },
  port: {
    target: ['mapped', 'the port in the container'],
    published: ['mapped', 'the port on the cluster'],
    protocol: ['mapped', 'tcp, udp or sctp; tcp'],
    mode: ['mapped', 'ingress (every node answers) or host (the nodes with a task answer); ingress'],
    app_protocol: ['ignored', 'it says how others use the port, which nobody reads here'],
    host_ip: ['refused', 'a cluster publishes on all addresses of its nodes'],
    name: ['ignored', 'it is for people, and shown nowhere'],
  },
  dependency: {
    condition: ['mapped', 'service_started or service_healthy: health is always waited for'],
    required: ['mapped', 'whether a component that is left out by its profiles makes the file wrong; true'],
    restart: ['refused', 'a component is changed only when it differs', { harmless: 'false' }],
  },
  deploy: {
    mode: ['mapped', 'replicated, or global: one task on each node that fits'],
    replicas: ['mapped', 'tasks on each cluster; 1'],
    resources: ['mapped', 'limits and reservations'],
    update_config: ['mapped', 'how tasks are replaced'],
    restart_policy: ['mapped', 'what becomes of a task that ends'],
    placement: ['mapped', 'on which nodes'],
    endpoint_mode: ['mapped', 'vip or dnsrr; vip'],
    rollback_config: ['ignored', 'a rollback is an ordinary update: it follows update_config'],
    labels: [
      'mapped',
      "labels of the service; Drayage's own and the engine's cannot be set; changing them restarts nothing",
    ],
  },
  resources: {
    limits: ['mapped', 'what a task can use at most'],
    reservations: ['mapped', 'what a node must have free for a task'],
  },
  limits: {
    cpus: ['mapped', 'CPUs, with up to nine decimals'],
    memory: ['mapped', 'bytes, such as 512M'],
    pids: ['mapped', 'processes'],
  },
  reservations: {
    cpus: ['mapped', 'CPUs, with up to nine decimals'],
    memory: ['mapped', 'bytes, such as 512M'],
    devices: notByEngine('devices of a node'),
    generic_resources: ['mapped', 'countable resources that a node must have free, such as GPUs'],
  },
  'generic resource': { discrete_resource_spec: ['mapped', 'kind and number'] },
  'discrete resource': {
    kind: ['mapped', 'the name under which nodes announce it'],
    value: ['mapped', 'how many'],
  },
  update_config: {
    parallelism: ['mapped', 'tasks replaced at once; 0 is all'],
    delay: ['mapped', 'time between two groups of tasks'],
    order: ['mapped', 'start-first or stop-first'],
    monitor: ['mapped', 'how long a new task must stay healthy'],
    max_failure_ratio: ['mapped', 'share of tasks, 0 to 1, that may fail'],
    failure_action: weDecide,
  },
  restart_policy: {
    condition: ['mapped', 'none, on-failure or any; any'],
    delay: ['mapped', 'time before a restart; 5s'],
    max_attempts: ['mapped', 'restarts at most'],
    window: ['mapped', 'time after which a restart counts as a success'],
  },
  placement: {
    constraints: ['mapped', 'what must be true of a node, such as node.labels.disk==ssd'],
    preferences: ['mapped', 'labels over which tasks are spread'],
    max_replicas_per_node: ['mapped', 'tasks on one node at most'],
  },
  preference: { spread: ['mapped', 'the label, such as node.labels.zone'] },
} as const satisfies { readonly [section: string]: Section };

/** A part of a Compose file that has keys of its own. */
export type SectionName = keyof typeof composeKeys;

/** The rule for a key; undefined when Compose has no such key. Keys that begin with `x-` are extensions and never asked for. */
export function ruleOf(section: SectionName, key: string): KeyRule | undefined {
  const rules: Section = composeKeys[section];
  return Object.hasOwn(rules, key) ? rules[key] : undefined;
}

/** All keys of a class in a section, in the table's order. */
export function keysOf(section: SectionName, of: KeyClass): readonly string[] {
  const rules: Section = composeKeys[section];
  return Object.entries(rules).flatMap(([key, [is]]) => (is === of ? [key] : []));
}

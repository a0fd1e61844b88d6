/** What becomes of a key: it is used, left out with a warning, or the file is refused. */
export type KeyClass = 'mapped' | 'ignored' | 'refused';

/** A key's class, with what it becomes or why it is not taken. */
export type KeyRule = readonly [KeyClass, string];

type Section = { readonly [key: string]: KeyRule };

const ownerOfLabels = 'Drayage writes the labels by which it knows its own';
const noLabels: KeyRule = ['refused', ownerOfLabels];
const host = (what: string): KeyRule => ['refused', `${what}: it would reach out of the container into its host`];
const useDeploy = (key: string): KeyRule => ['refused', `the old form; write ${key}`];
const notCarried = (what: string): KeyRule => ['refused', `${what} is not carried to the engine yet`];
const noExternal: KeyRule = ['refused', 'a release brings all that it needs; nothing made elsewhere is used'];
const noDriverOptions: KeyRule = ['refused', 'what a driver makes of its options cannot be verified'];
const nameIsOurs: KeyRule = ['refused', 'names on the engine are made of environment and service'];
const weDecide: KeyRule = ['ignored', 'Drayage decides what a failed update leads to'];
const fromKeys: KeyRule = ['refused', 'one file holds the whole definition, so that a release is complete'];

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
    include: fromKeys,
    secrets: ['refused', 'secrets are not carried to the engine yet; a release must not hold their files'],
    models: notCarried('a model'),
  },
  'x-drayage': {
    owner: ['mapped', 'the team that answers for the service'],
    runbook: ['mapped', 'where to read what to do when it fails'],
    role: ['mapped', 'the service runs on every cluster of the environment that bears this role'],
    needs: ['mapped', 'services that must be there, and are updated first'],
    deadline: ['mapped', 'how long one step of a deployment may take'],
  },
  service: {
    image: ['mapped', 'resolved to a digest when the release is registered'],
    command: ['mapped', "arguments in place of the image's; a text is split into words"],
    entrypoint: ['mapped', "program in place of the image's; a text is split into words"],
    environment: ['mapped', 'environment variables, as a map or as a list of NAME=value'],
    healthcheck: ['mapped', 'how a task is known to be healthy'],
    ports: ['mapped', 'ports published on the cluster'],
    networks: ['mapped', "networks joined; without it the service's `default`"],
    volumes: ['mapped', 'named volumes and tmpfs mounts'],
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
    annotations: noLabels,
    attach: ['refused', 'it is meant for docker compose up; logs are read with dray logs'],
    blkio_config: notCarried('blkio_config'),
    cap_add: host('added capabilities'),
    cap_drop: notCarried('cap_drop'),
    cgroup: host('the cgroup namespace'),
    cgroup_parent: host('the cgroup of the host'),
    cpu_count: useDeploy('deploy.resources.limits.cpus'),
    cpu_percent: useDeploy('deploy.resources.limits.cpus'),
    cpu_period: useDeploy('deploy.resources.limits.cpus'),
    cpu_quota: useDeploy('deploy.resources.limits.cpus'),
    cpu_rt_period: notCarried('real-time scheduling'),
    cpu_rt_runtime: notCarried('real-time scheduling'),
    cpu_shares: useDeploy('deploy.resources.reservations.cpus'),
    cpus: useDeploy('deploy.resources.limits.cpus'),
    cpuset: notCarried('cpuset'),
    credential_spec: notCarried('credential_spec'),
    device_cgroup_rules: host('devices'),
    devices: host('devices'),
    dns: ['refused', 'names are resolved by the engine, or services would not find each other'],
    dns_opt: ['refused', 'names are resolved by the engine, or services would not find each other'],
    dns_search: ['refused', 'names are resolved by the engine, or services would not find each other'],
    domainname: notCarried('domainname'),
    env_file: ['refused', 'its variables would be invisible in the release; write them under environment'],
    expose: ['refused', 'components on one network reach every port of each other; leave it out'],
    extends: fromKeys,
    external_links: noExternal,
    extra_hosts: notCarried('extra_hosts'),
    gpus: host('devices'),
    group_add: notCarried('group_add'),
    hostname: ['refused', 'replicas would all bear the same name'],
    ipc: host('the ipc namespace'),
    isolation: notCarried('isolation'),
    label_file: noLabels,
    labels: noLabels,
    links: ['refused', 'components find each other by name without it; use depends_on for the order'],
    logging: ['refused', 'logs stay with the engine, where dray logs reads them'],
    mac_address: ['refused', 'replicas would all bear the same address'],
    mem_limit: useDeploy('deploy.resources.limits.memory'),
    mem_reservation: useDeploy('deploy.resources.reservations.memory'),
    mem_swappiness: notCarried('mem_swappiness'),
    memswap_limit: notCarried('memswap_limit'),
    models: notCarried('a model'),
    network_mode: host('the network of the host or of another container'),
    oom_kill_disable: host('switching off the memory killer'),
    oom_score_adj: host('the order of the memory killer'),
    pid: host('the process namespace'),
    pids_limit: useDeploy('deploy.resources.limits.pids'),
    platform: ['refused', 'the digest of the image says it'],
    post_start: notCarried('post_start'),
    pre_stop: notCarried('pre_stop'),
    privileged: host('a privileged container'),
    profiles: ['refused', 'a release is all of its components; what differs is a parameter'],
    provider: notCarried('a provider'),
    pull_policy: ['refused', 'images are pinned by digest, which says all'],
    restart: ['refused', 'clusters do not read it; write deploy.restart_policy'],
    runtime: host('another runtime'),
    scale: useDeploy('deploy.replicas'),
    secrets: ['refused', 'secrets are not carried to the engine yet'],
    security_opt: host('security options'),
    shm_size: ['refused', 'it is not carried to the engine; mount a tmpfs at /dev/shm'],
    stdin_open: ['refused', 'nobody is there to type'],
    stop_signal: notCarried('stop_signal'),
    storage_opt: notCarried('storage_opt'),
    sysctls: notCarried('sysctls'),
    tty: ['refused', 'nobody is there to look'],
    ulimits: notCarried('ulimits'),
    use_api_socket: host("the engine's socket"),
    userns_mode: host('the user namespace'),
    uts: host('the uts namespace'),
    volumes_from: ['refused', 'name the volume in both components'],
    working_dir: ['refused', 'it is not carried to the engine yet; set WORKDIR in the image'],
  },
  healthcheck: {
    test: ['mapped', 'the command; a text is run by the shell'],
    interval: ['mapped', 'time between two checks; 30s'],
    timeout: ['mapped', 'a check that takes longer has failed; 30s'],
    retries: ['mapped', 'so many failures in a row make the task unhealthy; 3'],
    start_period: ['mapped', 'failures in this time do not count; 0s'],
    disable: ['mapped', 'switches the check of the image off'],
    start_interval: ['refused', 'engines before version 25 do not know it'],
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
  'service network': {
    aliases: ['mapped', 'more names under which the component is found on this network'],
    driver_opts: noDriverOptions,
    gw_priority: notCarried('gw_priority'),
    interface_name: notCarried('interface_name'),
    ipv4_address: ['refused', 'replicas would all bear the same address'],
    ipv6_address: ['refused', 'replicas would all bear the same address'],
    link_local_ips: ['refused', 'replicas would all bear the same address'],
    mac_address: ['refused', 'replicas would all bear the same address'],
    priority: notCarried('priority'),
  },
  network: {
    driver: ['mapped', '`overlay` only, which it is anyway'],
    internal: ['mapped', 'whether it leads nowhere but to its members'],
    attachable: ['refused', 'containers that nobody released could join'],
    driver_opts: noDriverOptions,
    enable_ipv4: notCarried('enable_ipv4'),
    enable_ipv6: notCarried('enable_ipv6'),
    external: noExternal,
    ipam: ['refused', 'subnets are given out by the plan'],
    labels: noLabels,
    name: nameIsOurs,
  },
  volume: {
    driver: ['mapped', '`local` only, which it is anyway'],
    driver_opts: noDriverOptions,
    external: noExternal,
    labels: noLabels,
    name: nameIsOurs,
  },
  mount: {
    type: ['mapped', '`volume` or `tmpfs`'],
    source: ['mapped', 'the name of the volume'],
    target: ['mapped', 'where it appears'],
    read_only: ['mapped', 'whether it cannot be written'],
    tmpfs: ['mapped', 'size and mode of a tmpfs'],
    bind: host('a bind mount'),
    consistency: notCarried('consistency'),
    image: notCarried('an image as a mount'),
    volume: notCarried('nocopy and subpath of a volume'),
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
    app_protocol: notCarried('app_protocol'),
    host_ip: ['refused', 'a cluster publishes on all addresses of its nodes'],
    name: notCarried('the name of a port'),
  },
  dependency: {
    condition: ['mapped', 'service_started or service_healthy: health is always waited for'],
    required: ['refused', 'a component is always there'],
    restart: ['refused', 'a component is changed only when it differs'],
  },
  deploy: {
    mode: ['mapped', '`replicated` only'],
    replicas: ['mapped', 'tasks on each cluster; 1'],
    resources: ['mapped', 'limits and reservations'],
    update_config: ['mapped', 'how tasks are replaced'],
    restart_policy: ['mapped', 'what becomes of a task that ends'],
    placement: ['mapped', 'on which nodes'],
    endpoint_mode: ['mapped', 'vip or dnsrr; vip'],
    rollback_config: ['refused', 'a rollback is an ordinary update: it follows update_config'],
    labels: noLabels,
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
    devices: host('devices'),
    generic_resources: notCarried('generic_resources'),
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
  preference: {
    spread: ['mapped', 'the label, such as node.labels.zone'],
  },
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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sectionPaths } from './key-paths.ts';
import { composeKeys, ruleOf, type SectionName } from './keys.ts';

/**
 * Every key path of the Compose Specification's JSON Schema (github.com/compose-spec/compose-spec, schema/compose-spec.json
 * at commit 170098ba07d9f53c383a41bfd4c5166b0a4529a6 of 2026-06-23), `*` for names of the user's choosing, `[]` for items.
 * What stands below a key that is not mapped shares its fate.
 */
const specification = `
(top): version name include services models networks volumes secrets configs
include[]: path env_file project_directory
services.*: develop deploy annotations attach build blkio_config cap_add cap_drop cgroup cgroup_parent command configs
  container_name cpu_count cpu_percent cpu_shares cpu_quota cpu_period cpu_rt_period cpu_rt_runtime cpus cpuset
  credential_spec depends_on device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file
  label_file environment expose extends provider external_links extra_hosts gpus group_add healthcheck hostname image
  init ipc isolation labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit
  network_mode models networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_stop
  privileged profiles pull_policy pull_refresh_after read_only restart runtime scale security_opt shm_size secrets
  sysctls stdin_open stop_grace_period stop_signal storage_opt tmpfs tty ulimits use_api_socket user uts userns_mode
  volumes volumes_from working_dir
services.*.develop: watch
services.*.develop.watch[]: ignore include path action target exec initial_sync
services.*.develop.watch[].exec: command user privileged working_dir environment
services.*.deploy: mode endpoint_mode replicas labels rollback_config update_config resources restart_policy placement
services.*.deploy.rollback_config: parallelism delay failure_action monitor max_failure_ratio order
services.*.deploy.update_config: parallelism delay failure_action monitor max_failure_ratio order
services.*.deploy.resources: limits reservations
services.*.deploy.resources.limits: cpus memory pids
services.*.deploy.resources.reservations: cpus memory generic_resources devices
services.*.deploy.resources.reservations.generic_resources[]: discrete_resource_spec
services.*.deploy.resources.reservations.generic_resources[].discrete_resource_spec: kind value
services.*.deploy.resources.reservations.devices[]: capabilities count device_ids driver options
services.*.deploy.restart_policy: condition delay max_attempts window
services.*.deploy.placement: constraints preferences max_replicas_per_node
services.*.deploy.placement.preferences[]: spread
services.*.build: context dockerfile dockerfile_inline entitlements args ssh labels cache_from cache_to no_cache
  additional_contexts network provenance sbom pull target shm_size extra_hosts isolation privileged secrets tags
  ulimits platforms
services.*.build.secrets[]: source target uid gid mode
services.*.build.ulimits.*: hard soft
services.*.blkio_config: device_read_bps device_read_iops device_write_bps device_write_iops weight weight_device
services.*.blkio_config.device_read_bps[]: path rate
services.*.blkio_config.device_read_iops[]: path rate
services.*.blkio_config.device_write_bps[]: path rate
services.*.blkio_config.device_write_iops[]: path rate
services.*.blkio_config.weight_device[]: path weight
services.*.configs[]: source target uid gid mode
services.*.credential_spec: config file registry
services.*.depends_on.*: restart required condition
services.*.devices[]: source target permissions
services.*.env_file[]: path format required
services.*.extends: service file
services.*.provider: type options
services.*.gpus[]: capabilities count device_ids driver options
services.*.healthcheck: disable interval retries test timeout start_period start_interval
services.*.logging: driver options
services.*.models.*: endpoint_var model_var
services.*.networks.*: aliases interface_name ipv4_address ipv6_address link_local_ips mac_address driver_opts
  priority gw_priority
services.*.ports[]: name mode host_ip target published protocol app_protocol
services.*.post_start[]: command user privileged working_dir environment
services.*.pre_stop[]: command user privileged working_dir environment
services.*.secrets[]: source target uid gid mode
services.*.ulimits.*: hard soft
services.*.volumes[]: type source target read_only consistency bind volume tmpfs image
services.*.volumes[].bind: propagation create_host_path recursive selinux
services.*.volumes[].volume: labels nocopy subpath
services.*.volumes[].tmpfs: size mode
services.*.volumes[].image: subpath
models.*: name model context_size runtime_flags
networks.*: name driver driver_opts ipam external internal enable_ipv4 enable_ipv6 attachable labels
networks.*.ipam: driver config options
networks.*.ipam.config[]: subnet ip_range gateway aux_addresses
networks.*.external: name
volumes.*: name driver driver_opts external labels
volumes.*.external: name
secrets.*: name environment file external labels driver driver_opts template_driver
secrets.*.external: name
configs.*: name content environment file external labels template_driver
configs.*.external: name
`;

function specifiedPaths(): readonly string[] {
  const lines = specification.trim().replace(/\n {2,}/g, ' ');
  return lines.split('\n').flatMap((line) => {
    const [parent = '', keys = ''] = line.split(': ');
    return keys.split(' ').map((key) => (parent === '(top)' ? key : `${parent}.${key}`));
  });
}

/** What puts a file together from others is read by itself, members and all, before the table is asked. */
const puttingTogether: readonly string[] = ['include', 'services.*.env_file', 'services.*.extends'];

/** The class of a key path; that of what it stands below, when that is not taken; null when the table has none. */
function classOf(path: string): string | null {
  const split = path.lastIndexOf('.');
  const parent = split < 0 ? '' : path.slice(0, split);
  const key = path.slice(split + 1);
  const section = (Object.keys(sectionPaths) as SectionName[]).find((name) => sectionPaths[name] === parent);
  const rule = section === undefined ? undefined : ruleOf(section, key);
  if (rule !== undefined) return rule[0];
  const above = parent === '' ? null : classOf(parent.replace(/(?:\.\*|\[\])$/, ''));
  return above === 'mapped' && !puttingTogether.some((start) => path.startsWith(start)) ? null : above;
}

test('every key of the Compose Specification has its class', () => {
  const paths = specifiedPaths();
  assert.equal(paths.length, 344);
  assert.deepEqual(
    paths.filter((path) => classOf(path) === null),
    [],
  );
});

test('every key of the table is one of the Compose Specification, or stands under x-drayage', () => {
  const specified = new Set(specifiedPaths());
  const ours = (Object.keys(composeKeys) as SectionName[]).flatMap((section) => {
    const parent = sectionPaths[section];
    return Object.keys(composeKeys[section]).map((key) => (parent === '' ? key : `${parent}.${key}`));
  });
  assert.deepEqual(
    ours.filter((path) => !specified.has(path) && !path.includes('x-drayage')),
    [],
  );
});

test('a reason is a sentence for the reference: it says more than a word', () => {
  for (const section of Object.keys(composeKeys) as SectionName[]) {
    for (const key of Object.keys(composeKeys[section])) {
      assert.ok((ruleOf(section, key)?.[1].length ?? 0) > 6, `${section} ${key}`);
    }
  }
});

import { absent } from './stack-compare.ts';
import type { DeliberateRule } from './stack-rule.ts';

const container = 'TaskTemplate.ContainerSpec';
const knowsItsOwn =
  'Drayage knows what is its own by labels of its own; a container bears only those that outlast deployments';
const stacksAreNot =
  'what stacks write of themselves: Drayage is not a stack, only its services say which group they are of';
const oneNetwork = 'services of one environment find each other on a network of the environment, which no stack has';
const unused = 'a lone component without other names has nobody to meet on a private network';
const noSurprise =
  'an update that the file says nothing of starts the new before it stops the old, and is watched for longer';
const fullCheck =
  "a check whose command the file gives is whole: what it does not say is Docker's default, not the image's";
const leftOut = 'docker stack deploy leaves the key out; here the tmpfs is what docker compose makes of it';
const isLocal = "`local` is the engine's own driver, said or not";

const ownServiceLabels = ['component', 'service', 'environment', 'installation', 'deployment', 'release'] as const;
const ownContainerLabels = ['component', 'service', 'environment', 'installation'] as const;

/** Numbers as YAML 1.1 reads them, and as they are written. */
const numbers = [
  ['TRAILING_ZERO', '1.1', '1.10'],
  ['HEXADECIMAL', '31', '0x1F'],
  ['LEADING_ZERO', '8', '010'],
  ['EXPONENT', '1000', '1e3'],
  ['UNDERSCORE', '1000', '1_000'],
] as const;

/** All of them; each is met in some file. */
export const deliberateRules: readonly DeliberateRule[] = [
  ...ownServiceLabels.map((name): DeliberateRule => ({
    object: 'service *',
    field: `Labels[drayage.${name}]`,
    theirs: absent,
    ours: /./,
    reason: knowsItsOwn,
  })),
  { object: 'service *', field: 'Labels[drayage.generation]', theirs: absent, ours: '1', reason: knowsItsOwn },
  { object: 'service *', field: 'Labels[drayage.mapping]', theirs: absent, ours: '1', reason: knowsItsOwn },
  {
    object: 'service *',
    field: 'Labels[drayage.workload]',
    theirs: absent,
    ours: /^[0-9a-f]{64}$/,
    reason: knowsItsOwn,
  },
  ...ownContainerLabels.map((name): DeliberateRule => ({
    object: 'service *',
    field: `${container}.Labels[drayage.${name}]`,
    theirs: absent,
    ours: /./,
    reason: knowsItsOwn,
  })),
  {
    object: 'service *',
    field: `${container}.Labels[drayage.container]`,
    theirs: absent,
    ours: /^[0-9a-f]{64}$/,
    reason: knowsItsOwn,
  },
  {
    object: 'service *',
    field: 'Labels[com.docker.stack.image]',
    theirs: /\/shop\/app:1\.0$/,
    ours: absent,
    reason: stacksAreNot,
  },
  {
    object: 'service *',
    field: 'Labels[com.docker.stack.namespace]',
    theirs: /^theirs-/,
    ours: /^ours-/,
    reason: 'the group is the stack there, the environment here',
  },
  {
    object: 'service *',
    field: `${container}.Labels[com.docker.stack.namespace]`,
    theirs: /^theirs-/,
    ours: absent,
    reason: stacksAreNot,
  },
  {
    object: 'service *',
    field: `${container}.ReadOnly`,
    theirs: absent,
    ours: true,
    except: ['process.yaml service named-user', 'read-only-silent.yaml service writes'],
    reason: 'the root file system is read-only unless the file says otherwise',
  },
  {
    object: 'service *',
    field: `${container}.Init`,
    theirs: absent,
    ours: false,
    reason: "whether there is an init process is said, or it would depend on each node's daemon",
  },
  {
    object: 'service *',
    field: 'TaskTemplate.Placement.Platforms',
    theirs: [{ Architecture: process.arch === 'x64' ? 'amd64' : process.arch, OS: 'linux' }],
    ours: absent,
    reason: 'a release holds no list of the platforms of its image: nodes of others are kept off by constraints',
  },
  { object: 'network (environment)', field: '', theirs: absent, ours: 'there', reason: oneNetwork },
  {
    object: 'service *',
    field: 'TaskTemplate.Networks[(environment)]',
    theirs: absent,
    ours: true,
    reason: oneNetwork,
  },
  {
    object: 'service *',
    field: 'TaskTemplate.Networks[(environment)].Aliases[shop]',
    theirs: absent,
    ours: true,
    reason: oneNetwork,
  },
  { object: 'network default', field: '', theirs: 'there', ours: absent, ofLone: true, reason: unused },
  {
    object: 'service *',
    field: 'TaskTemplate.Networks[default]',
    theirs: true,
    ours: absent,
    ofLone: true,
    reason: unused,
  },
  {
    object: 'service *',
    field: 'TaskTemplate.Networks[default].Aliases[*]',
    theirs: true,
    ours: absent,
    ofLone: true,
    reason: unused,
  },
  ...['environment', 'installation', 'service'].map((name): DeliberateRule => ({
    object: 'network *',
    field: `Labels[drayage.${name}]`,
    theirs: absent,
    ours: /./,
    reason: knowsItsOwn,
  })),
  {
    object: 'network *',
    field: 'Labels[com.docker.stack.namespace]',
    theirs: /^theirs-/,
    ours: absent,
    reason: stacksAreNot,
  },
  ...['environment', 'installation', 'service', 'content'].map((name): DeliberateRule => ({
    object: 'config *',
    field: `Labels[drayage.${name}]`,
    theirs: absent,
    ours: /./,
    reason: knowsItsOwn,
  })),
  {
    object: 'config *',
    field: 'Labels[com.docker.stack.namespace]',
    theirs: /^theirs-/,
    ours: absent,
    reason: stacksAreNot,
  },
  {
    object: 'service *',
    field: 'UpdateConfig.Order',
    theirs: 'stop-first',
    ours: 'start-first',
    except: [
      'update-config.yaml service all-at-once',
      'update-config.yaml service rolls-back',
      'zeros.yaml service web',
    ],
    reason: noSurprise,
  },
  {
    object: 'service *',
    field: 'UpdateConfig.Monitor',
    theirs: 5_000_000_000,
    ours: 10_000_000_000,
    reason: noSurprise,
  },
  {
    object: 'service *',
    field: `${container}.Configs[*].File.Name`,
    theirs: /^[^/]/,
    ours: /^\//,
    files: ['configs-short.yaml', 'names.yaml'],
    reason: 'the path of a config is said in full; a relative one lies below the root too',
  },
  ...['Interval', 'Timeout'].map((name): DeliberateRule => ({
    object: 'service *',
    field: `${container}.Healthcheck.${name}`,
    theirs: absent,
    ours: 30_000_000_000,
    files: ['healthcheck-commands.yaml'],
    reason: fullCheck,
  })),
  {
    object: 'service *',
    field: `${container}.Healthcheck.Retries`,
    theirs: absent,
    ours: 3,
    files: ['healthcheck-commands.yaml', 'healthcheck-times.yaml', 'fragments.yaml'],
    reason: fullCheck,
  },
  ...numbers.map(([name, theirs, ours]): DeliberateRule => ({
    object: 'service web',
    field: `${container}.Env[${name}]`,
    theirs,
    ours,
    files: ['scalars-as-written.yaml'],
    reason: 'a value is the text that stands in the file: readers of YAML differ on what number it is',
  })),
  {
    object: 'service *',
    field: `${container}.Mounts[*]`,
    theirs: absent,
    ours: true,
    files: ['tmpfs-short.yaml', 'tmpfs-options.yaml', 'shm-size.yaml'],
    reason: leftOut,
  },
  {
    object: 'service *',
    field: `${container}.Mounts[*].Type`,
    theirs: absent,
    ours: 'tmpfs',
    files: ['tmpfs-short.yaml', 'tmpfs-options.yaml', 'shm-size.yaml'],
    reason: leftOut,
  },
  {
    object: 'service *',
    field: `${container}.Mounts[*].VolumeOptions.Labels[com.docker.stack.namespace]`,
    theirs: /^theirs-/,
    ours: absent,
    reason: stacksAreNot,
  },
  ...['environment', 'installation', 'service'].map((name): DeliberateRule => ({
    object: 'service *',
    field: `${container}.Mounts[*].VolumeOptions.Labels[drayage.${name}]`,
    theirs: absent,
    ours: /./,
    reason: knowsItsOwn,
  })),
  {
    object: 'service db',
    field: `${container}.Mounts[/var/spool].VolumeOptions.DriverConfig.Name`,
    theirs: 'local',
    ours: absent,
    files: ['volumes-short.yaml'],
    reason: isLocal,
  },
  {
    object: 'service *',
    field: `${container}.Mounts[/dev/shm].TmpfsOptions.SizeBytes`,
    theirs: absent,
    ours: 67_108_864,
    files: ['shm-size.yaml'],
    reason: leftOut,
  },
  {
    object: 'service never',
    field: 'TaskTemplate.RestartPolicy.Condition',
    theirs: 'any',
    ours: 'none',
    files: ['restart.yaml'],
    reason: '`restart: no` says no: docker stack deploy takes it for nothing said, and restarts',
  },
  {
    object: 'service rolls-back',
    field: 'UpdateConfig.FailureAction',
    theirs: 'rollback',
    ours: 'pause',
    files: ['update-config.yaml'],
    reason: 'Drayage decides what a failed update leads to',
  },
  {
    object: 'service rolls-back',
    field: 'RollbackConfig.Order',
    theirs: 'start-first',
    ours: 'stop-first',
    files: ['update-config.yaml'],
    reason: "the engine's own rollback is never asked for: the way back is an ordinary update",
  },
  {
    object: 'service *',
    field: `${container}.Env[QUOTED]`,
    theirs: '"in quotes"',
    ours: 'in quotes',
    files: ['env-file.yaml'],
    reason: 'quotes in a file of variables are no part of the value, as in the Compose Specification',
  },
  ...(
    [
      ['network back', '', absent, 'there'],
      ['service web', 'TaskTemplate.Networks[theirs-named]', true, absent],
      ['service web', 'TaskTemplate.Networks[theirs-named].Aliases[web]', true, absent],
      ['service web', 'TaskTemplate.Networks[back]', absent, true],
      ['service web', 'TaskTemplate.Networks[back].Aliases[web]', absent, true],
      ['config app', '', absent, 'there'],
      ['service web', `${container}.Configs[/app].Config`, 'theirs-named-config', 'app'],
    ] as const
  ).map(([object, field, theirs, ours]): DeliberateRule => ({
    object,
    field,
    theirs,
    ours,
    files: ['names.yaml'],
    reason:
      'names on the engine are made of environment and service, or two environments could not have the same release',
  })),
  {
    object: 'service db',
    field: `${container}.Mounts[/ram].VolumeOptions.DriverConfig.Name`,
    theirs: absent,
    ours: 'local',
    files: ['volumes-driver.yaml'],
    reason: isLocal,
  },
  {
    object: 'service agent',
    field: 'TaskTemplate.Networks[host]',
    theirs: absent,
    ours: true,
    files: ['network-host.yaml'],
    reason: 'docker stack deploy leaves the key out; here the network of the node is joined, and no other',
  },
  {
    object: 'service web',
    field: `${container}.Mounts[/run].TmpfsOptions.Mode`,
    theirs: absent,
    ours: 0o700,
    files: ['tmpfs-mode.yaml'],
    reason: leftOut,
  },
  ...(
    [
      ['NESTED', '${LEVEL}', 'warn'],
      ['ESCAPED_IN_DEFAULT', '$$x', '$x'],
    ] as const
  ).map(([name, theirs, ours]): DeliberateRule => ({
    object: 'service web',
    field: `${container}.Env[${name}]`,
    theirs,
    ours,
    files: ['interpolation-nested.yaml'],
    reason: 'a default is a template itself, as in the Compose Specification',
  })),
  {
    object: 'service web',
    field: `${container}.Hosts[10.0.0.1 db]`,
    theirs: absent,
    ours: true,
    files: ['extra-hosts-equals.yaml'],
    reason: 'NAME=ADDRESS is a form of the Compose Specification; docker stack deploy loses it without a word',
  },
  ...(
    [
      ['SizeBytes', 67_108_864],
      ['Mode', 0o1770],
    ] as const
  ).map(([name, ours]): DeliberateRule => ({
    object: 'service web',
    field: `${container}.Mounts[/run].TmpfsOptions.${name}`,
    theirs: absent,
    ours,
    files: ['tmpfs-options.yaml'],
    reason: leftOut,
  })),
];

import * as read from '../document/reader.ts';
import type { TmpfsMount, VolumeMount } from '../workload.ts';
import { bytes, parseBytes } from './bytes.ts';
import { section, type ComposeReader, type ReadCompose } from './context.ts';
import { mode, parseMode } from './mode.ts';

/** A mount as `volumes` or `tmpfs` names it. */
export type Mount = ({ readonly kind: 'volume' } & VolumeMount) | ({ readonly kind: 'tmpfs' } & TmpfsMount);

/** A config as a component mounts it; the file behind the name stands at the top of the Compose file. */
export interface MountedConfig {
  readonly source: string;
  readonly target: string;
  readonly mode: number;
  readonly uid: string;
  readonly gid: string;
}

/** What users may call a volume, network or config. */
export const resourcePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

const bindReason = 'it would mount a folder of a node into the container';
const bindHint = 'give files with configs, keep data in a named volume, write scratch data to a tmpfs';

/** An absolute path in the container. */
const target = read.matching('an absolute path', /^\/[^\0:]*$/, 'it begins with /');

const resource = read.matching('a name', resourcePattern, 'letters, digits, dots, hyphens, underscores');

/** `tmpfs`: one path or a list of them, each with options for size and mode. */
const tmpfsItem: ReadCompose<TmpfsMount> = read.scalar<TmpfsMount>({
  expected: 'a path, or PATH:size=64m,mode=1777',
  type: 'text',
  placeholder: { target: '', sizeBytes: null, mode: null },
  native: null,
  parse: parseTmpfs,
});

function parseTmpfs(text: string): read.Parsed<TmpfsMount> {
  const [path = '', ...rest] = text.split(':');
  if (!path.startsWith('/')) return { wrong: 'the path begins with /' };
  let mount: TmpfsMount = { target: path, sizeBytes: null, mode: null };
  for (const option of rest
    .join(':')
    .split(',')
    .filter((one) => one !== '')) {
    const [key = '', value = ''] = option.split('=');
    const parsed = parseTmpfsOption(key, value);
    if ('wrong' in parsed) return parsed;
    mount = { ...mount, ...parsed.value };
  }
  return { value: mount };
}

function parseTmpfsOption(key: string, value: string): read.Parsed<Partial<TmpfsMount>> {
  if (key === 'size') {
    const size = parseBytes(value);
    return 'wrong' in size ? size : { value: { sizeBytes: size.value } };
  }
  if (key === 'mode') {
    const octal = parseMode(value.startsWith('0') ? value : `0${value}`);
    return 'wrong' in octal ? octal : { value: { mode: octal.value } };
  }
  return { wrong: `the option '${key}' is not carried to the engine; there are size and mode` };
}

export const tmpfs: ReadCompose<readonly TmpfsMount[]> = read.byKind('a path or a list of paths', {
  scalar: read.chain(tmpfsItem, (one): readonly TmpfsMount[] => [one]),
  list: read.listOf(tmpfsItem),
});

const shortMount: ReadCompose<Mount> = read.scalar<Mount>({
  expected: 'a named volume, NAME:/path or NAME:/path:ro',
  type: 'text',
  placeholder: { kind: 'volume', volume: '', target: '', readOnly: false },
  native: null,
  parse: parseShortMount,
});

function parseShortMount(text: string): read.Parsed<Mount> {
  if (/^(?:[./~\\]|[A-Za-z]:[\\/])/.test(text) && text.includes(':')) {
    return { wrong: `a bind mount is refused: ${bindReason}; ${bindHint}` };
  }
  const [volume = '', path, access = 'rw', ...rest] = text.split(':');
  if (path === undefined) {
    return { wrong: 'a volume without a name is lost with its container; name it, or use tmpfs' };
  }
  if (!resourcePattern.test(volume)) return { wrong: `'${volume}' is no name of a volume` };
  if (!path.startsWith('/')) return { wrong: 'the path in the container begins with /' };
  if (rest.length > 0 || !/^r[ow]$/.test(access)) {
    return { wrong: `the option '${[access, ...rest].join(':')}' is not carried to the engine; there are ro and rw` };
  }
  return { value: { kind: 'volume', volume, target: path, readOnly: access === 'ro' } };
}

const mountKind: ReadCompose<'volume' | 'tmpfs'> = (node, at) => {
  const refusedKinds = ['bind', 'npipe', 'cluster', 'image'];
  if (node.kind !== 'scalar' || !refusedKinds.includes(node.source)) {
    return read.choice(['volume', 'tmpfs'])(node, at);
  }
  const why = node.source === 'bind' ? bindReason : 'it is not carried to the engine';
  at.add(node, `a mount of type ${node.source} is refused: ${why}`, bindHint);
  return undefined;
};

const longMount: ReadCompose<Mount> = read.chain(
  section('mount', {
    type: read.required(mountKind),
    source: read.optional(resource, null),
    target: read.required(target),
    read_only: read.optional(read.boolean, false),
    tmpfs: read.optional(
      section('mount tmpfs', { size: read.optional(bytes(0), null), mode: read.optional(mode, null) }),
      { size: null, mode: null },
    ),
  }),
  (keys, node, at: ComposeReader): Mount | undefined => {
    if (keys.type === 'tmpfs') {
      if (keys.read_only) at.add(node, 'a tmpfs that cannot be written holds nothing');
      const { size, mode: octal } = keys.tmpfs;
      return { kind: 'tmpfs', target: keys.target, sizeBytes: size, mode: octal };
    }
    if (keys.source === null) {
      at.add(node, "'source' is missing", 'a volume without a name is lost with its container');
      return undefined;
    }
    return { kind: 'volume', volume: keys.source, target: keys.target, readOnly: keys.read_only };
  },
);

/** `volumes`, items short or long. */
export const mounts: ReadCompose<readonly Mount[]> = read.listOf(
  read.byKind('a volume', { scalar: shortMount, map: longMount }),
);

const numeric = read.matching('a number of a user or group', /^\d{1,10}$/, 'digits');

const shortConfig: ReadCompose<MountedConfig> = read.chain(resource, (source) => mounted({ source }));

const longConfig: ReadCompose<MountedConfig> = read.chain(
  section('service config', {
    source: read.required(resource),
    target: read.optional(target, null),
    uid: read.optional(numeric, '0'),
    gid: read.optional(numeric, '0'),
    mode: read.optional(mode, 0o444),
  }),
  ({ target: path, ...keys }) => mounted({ ...keys, ...(path === null ? {} : { target: path }) }),
);

function mounted(of: Partial<MountedConfig> & { readonly source: string }): MountedConfig {
  return { target: `/${of.source}`, mode: 0o444, uid: '0', gid: '0', ...of };
}

/** `configs` of a component, items short or long. */
export const mountedConfigs: ReadCompose<readonly MountedConfig[]> = read.listOf(
  read.byKind('a config', { scalar: shortConfig, map: longConfig }),
);

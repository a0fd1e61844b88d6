import type { DocumentNode } from '../document/node.ts';
import * as read from '../document/reader.ts';
import { unreachable } from '../unreachable.ts';
import type { TmpfsMount } from '../workload.ts';
import { bytes, parseBytes } from './bytes.ts';
import { entryAt, section, type ComposeReader, type ReadCompose } from './context.ts';
import { ruleOf } from './keys.ts';
import { mode, parseMode } from './mode.ts';
import {
  bindHint,
  parseBindSource,
  parseShortMount,
  propagations,
  resourcePattern,
  type ShortMount,
  type Mount,
} from './short-mount.ts';

/** A config as a component mounts it; the file behind the name stands at the top of the Compose file. */
export interface MountedConfig {
  readonly source: string;
  readonly target: string;
  readonly mode: number;
  readonly uid: string;
  readonly gid: string;
}

/** An absolute path in the container. */
const target = read.matching('an absolute path', /^\/[^\0:]*$/, 'it begins with /');

const propagation = read.choice(propagations);

export const resource = read.matching('a name', resourcePattern, 'letters, digits, dots, hyphens, underscores');

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

/** The mount, and words that change nothing on a cluster. */
const shortMount: ReadCompose<Mount> = read.chain(
  read.scalar<ShortMount>({
    expected: 'a volume, NAME:/path, or a path of the node, /source:/path',
    type: 'text',
    placeholder: { mount: { kind: 'volume', volume: '', target: '', readOnly: false }, ignored: [] },
    native: null,
    parse: parseShortMount,
  }),
  ({ mount, ignored }, node, at: ComposeReader) => {
    for (const word of ignored) at.warn(node, `'${word}' is ignored: ${ruleOf('mount', 'consistency')?.[1] ?? ''}`);
    return mount;
  },
);

const mountKind: ReadCompose<Mount['kind']> = (node, at) => {
  const refusedKinds = ['npipe', 'cluster', 'image'];
  if (node.kind !== 'scalar' || !refusedKinds.includes(node.source)) {
    return read.choice(['volume', 'bind', 'tmpfs'])(node, at);
  }
  at.add(node, `a mount of type ${node.source} is refused: it is not carried to the engine`, bindHint);
  return undefined;
};

const longKeys = section('mount', {
  type: read.required(mountKind),
  source: read.optional(read.filledText, null),
  target: read.required(target),
  read_only: read.optional(read.boolean, false),
  bind: read.optional(section('mount bind', { propagation: read.optional(propagation, null) }), null),
  volume: read.optional(section('mount volume', { nocopy: read.optional(read.boolean, false) }), null),
  tmpfs: read.optional(
    section('mount tmpfs', { size: read.optional(bytes(0), null), mode: read.optional(mode, null) }),
    { size: null, mode: null },
  ),
});

type LongKeys = NonNullable<ReturnType<typeof longKeys>>;

const longMount: ReadCompose<Mount> = read.chain(longKeys, (keys, node, at: ComposeReader): Mount | undefined => {
  for (const kind of ['bind', 'volume'] as const) {
    if (keys[kind] !== null && keys.type !== kind) at.add(entryAt(node, kind), `'${kind}' goes with type ${kind} only`);
  }
  switch (keys.type) {
    case 'tmpfs':
      return longTmpfs(keys, node, at);
    case 'bind':
      return longBind(keys, node, at);
    case 'volume':
      return longVolume(keys, node, at);
    default:
      return unreachable(keys.type);
  }
});

function longTmpfs(keys: LongKeys, node: DocumentNode, at: ComposeReader): Mount {
  if (keys.read_only) at.add(node, 'a tmpfs that cannot be written holds nothing');
  const { size, mode: octal } = keys.tmpfs;
  return { kind: 'tmpfs', target: keys.target, sizeBytes: size, mode: octal };
}

function longBind(keys: LongKeys, node: DocumentNode, at: ComposeReader): Mount | undefined {
  const source = sourceOf(keys, node, at, (text) => parseBindSource(text));
  if (source === undefined) return undefined;
  const how = keys.bind?.propagation ?? null;
  const bind = { kind: 'bind', source, target: keys.target, readOnly: keys.read_only } as const;
  return how === null ? bind : { ...bind, propagation: how };
}

function longVolume(keys: LongKeys, node: DocumentNode, at: ComposeReader): Mount | undefined {
  const fits = (text: string) =>
    resourcePattern.test(text) ? { value: text } : { wrong: 'letters, digits, dots, hyphens, underscores' };
  const volume = sourceOf(keys, node, at, fits);
  if (volume === undefined) return undefined;
  const mount = { kind: 'volume', volume, target: keys.target, readOnly: keys.read_only } as const;
  return keys.volume?.nocopy === true ? { ...mount, noCopy: true } : mount;
}

/** An empty source stands for a variable that has no value yet. */
function sourceOf(
  { source }: LongKeys,
  node: DocumentNode,
  at: ComposeReader,
  parse: (text: string) => read.Parsed<string>,
): string | undefined {
  if (source === '') return source;
  if (source === null) {
    at.add(node, "'source' is missing", 'a volume without a name is lost with its container');
    return undefined;
  }
  const parsed = parse(source);
  if ('value' in parsed) return parsed.value;
  at.add(entryAt(node, 'source'), `'${source.slice(0, 60)}' is no source of this mount`, parsed.wrong);
  return undefined;
}

/** `volumes`, items short or long. */
export const mounts: ReadCompose<readonly Mount[]> = read.listOf(
  read.byKind('a volume', { scalar: shortMount, map: longMount }),
);

export const numeric = read.matching('a number of a user or group', /^\d{1,10}$/, 'digits');

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

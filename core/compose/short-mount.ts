import type { Parsed } from '../document/reader.ts';
import { nodePath } from '../node-path.ts';
import type { BindMount, TmpfsMount, VolumeMount } from '../workload.ts';

/** What users may call a volume, network or config. */
export const resourcePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** What to do where a path of the node is no way. */
export const bindHint = 'give files with configs, keep data in a named volume, write scratch data to a tmpfs';

export const propagations = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave'] as const;

/** A mount as `volumes` names it; which driver makes a volume stands at the top of the file. */
export type Mount =
  | ({ readonly kind: 'volume' } & Omit<VolumeMount, 'driver'>)
  | ({ readonly kind: 'bind' } & BindMount)
  | ({ readonly kind: 'tmpfs' } & TmpfsMount);

/** A mount in the short form, with the words of it that change nothing on a cluster. */
export interface ShortMount {
  readonly mount: Extract<Mount, { readonly kind: 'volume' | 'bind' }>;
  readonly ignored: readonly string[];
}

const consistencies: readonly string[] = ['consistent', 'cached', 'delegated'];

/** The short form of a mount (Compose Specification, "volumes", short syntax): `SOURCE:/path[:OPTION,...]`. */
export function parseShortMount(text: string): Parsed<ShortMount> {
  if (/^[A-Za-z]:[\\/]/.test(text)) return { wrong: `a path of Windows is refused; ${bindHint}` };
  const [source = '', target, access = '', ...rest] = text.split(':');
  if (target === undefined) {
    return { wrong: 'a volume without a name is lost with its container; name it, or use tmpfs' };
  }
  if (!target.startsWith('/')) return { wrong: 'the path in the container begins with /' };
  if (rest.length > 0) return { wrong: 'SOURCE:/path or SOURCE:/path:OPTION,...' };
  const words = access.split(',').filter((word) => word !== '');
  const ignored = words.filter((word) => consistencies.includes(word));
  const mount = /^[./~\\]/.test(source)
    ? parseBind(source, target, words)
    : parseVolume(
        source,
        target,
        words.filter((word) => !consistencies.includes(word)),
      );
  return 'wrong' in mount ? mount : { value: { mount: mount.value, ignored } };
}

function parseVolume(volume: string, target: string, words: readonly string[]): Parsed<ShortMount['mount']> {
  if (!resourcePattern.test(volume)) return { wrong: `'${volume}' is no name of a volume` };
  const unknown = words.find((word) => !['ro', 'rw', 'nocopy'].includes(word));
  if (unknown !== undefined) {
    return { wrong: `the option '${unknown}' is not carried to the engine; there are ro, rw and nocopy` };
  }
  const mount = { kind: 'volume', volume, target, readOnly: words.includes('ro') } as const;
  return { value: words.includes('nocopy') ? { ...mount, noCopy: true } : mount };
}

function parseBind(from: string, target: string, words: readonly string[]): Parsed<ShortMount['mount']> {
  const source = parseBindSource(from);
  if ('wrong' in source) return source;
  const unknown = words.find((word) => !['ro', 'rw', ...propagations, ...consistencies].includes(word));
  if (unknown !== undefined) {
    return { wrong: `the option '${unknown}' is not carried to the engine; there are ro, rw and ${propagations[0]}` };
  }
  const mount = { kind: 'bind', source: source.value, target, readOnly: words.includes('ro') } as const;
  const propagation = propagations.find((word) => words.includes(word));
  return {
    value: propagation === undefined ? mount : ({ ...mount, propagation } satisfies { kind: 'bind' } & BindMount),
  };
}

/** A path of the node, in its one spelling: what the Platform document allows is compared with it. */
export function parseBindSource(text: string): Parsed<string> {
  if (!text.startsWith('/')) {
    return { wrong: `a path relative to the Compose file is refused: it is on no node of a cluster; ${bindHint}` };
  }
  const path = nodePath(text);
  return path === null ? { wrong: "a path of a node holds no '..' and no '{{'" } : { value: path };
}

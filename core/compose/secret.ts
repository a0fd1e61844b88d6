import { entryOf } from '../document/node.ts';
import * as read from '../document/reader.ts';
import { secretNameHint, secretNamePattern } from '../secret.ts';
import { section, type ComposeReader, type ReadCompose } from './context.ts';
import { mode } from './mode.ts';
import { numeric, resource } from './mount.ts';

/** A secret as a component mounts it; which one of the environment it is, the top of the Compose file says. */
export interface MountedSecret {
  readonly source: string;
  readonly target: string;
  readonly mode: number;
  readonly uid: string;
  readonly gid: string;
}

/** Where a name alone lies (Compose Specification, 05-services.md, "secrets"). */
const folder = '/run/secrets';

const target = read.matching('a path', /^(?!\/$)[^\0:]+$/, `absolute, or a name below ${folder}`);

const shortSecret: ReadCompose<MountedSecret> = read.chain(resource, (source) => mounted({ source }));

const longSecret: ReadCompose<MountedSecret> = read.chain(
  section('service secret', {
    source: read.required(resource),
    target: read.optional(target, null),
    uid: read.optional(numeric, '0'),
    gid: read.optional(numeric, '0'),
    mode: read.optional(mode, 0o444),
  }),
  ({ target: path, ...keys }, node, at: ComposeReader) => {
    if (path?.split('/').includes('..') === true) at.add(node, `the target ${path} leaves its folder with '..'`);
    return mounted({ ...keys, ...(path === null ? {} : { target: path }) });
  },
);

function mounted(of: Partial<MountedSecret> & { readonly source: string }): MountedSecret {
  const path = of.target ?? of.source;
  return { mode: 0o444, uid: '0', gid: '0', ...of, target: isPlaced(path) ? path : `${folder}/${path}` };
}

/** An empty path stands for a variable that has no value yet. */
function isPlaced(path: string): boolean {
  return path === '' || path.startsWith('/');
}

/** `secrets` of a component, items short or long. */
export const mountedSecrets: ReadCompose<readonly MountedSecret[]> = read.listOf(
  read.byKind('a secret', { scalar: shortSecret, map: longSecret }),
);

const name = read.matching("a secret's name", secretNamePattern, secretNameHint);

/** Whether it is kept by the environment, or its name there, as old files write it. */
const external: ReadCompose<boolean | string> = read.byKind<boolean | string, ComposeReader>(
  'true, or a map with a name',
  {
    scalar: read.boolean,
    map: read.chain(section('secret external', { name: read.required(name) }), (of) => of.name),
  },
);

/** What the top of the file says of a secret: its name in the environment; null: the same as here. */
export const secret: ReadCompose<string | null> = read.chain(
  section('secret', { external: read.optional(external, false), name: read.optional(name, null) }),
  (of, node, at: ComposeReader): string | null | undefined => {
    if (typeof of.external === 'string') return of.name ?? of.external;
    if (of.external) return of.name;
    const isRefused = node.kind === 'map' && ['file', 'environment'].some((key) => entryOf(node, key) !== undefined);
    if (!isRefused)
      at.add(
        node,
        "'external: true' is missing",
        'the value is kept by the environment: dray secret set ENVIRONMENT NAME',
      );
    return undefined;
  },
);

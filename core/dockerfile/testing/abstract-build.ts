import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { unreachable } from '../../unreachable.ts';
import type { Dockerfile, Instruction, Stage } from '../instruction.ts';

/** What a build has made: files, folders with their owners, and what the image says. */
export interface BuiltStage {
  readonly files: Map<string, string>;
  readonly folders: Map<string, string>;
  readonly variables: Map<string, string>;
  readonly said: Map<string, string>;
  workdir: string;
  user: string;
  shell: string;
}

/**
 * Builds every stage without an engine, by rules of its own that share nothing with the linter's model: each RUN is a
 * hash of what it may see. Commands that install see their manifests, the variables, the user and what is installed
 * already; every other command sees everything.
 */
export function buildAbstractly(dockerfile: Dockerfile, context: ReadonlyMap<string, string>): readonly BuiltStage[] {
  const built: BuiltStage[] = [];
  for (const stage of dockerfile.stages) {
    const state = beginning(stage, dockerfile, built);
    for (const instruction of stage.instructions) apply(instruction, state, context, dockerfile, built);
    built.push(state);
  }
  return built;
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

/** A stage as plain data, to be compared. */
export function plain(stage: BuiltStage): unknown {
  const sorted = (map: ReadonlyMap<string, string>): unknown => [...map].toSorted(byName);
  const { files, folders, variables, said, workdir, user, shell } = stage;
  return [sorted(files), sorted(folders), sorted(variables), sorted(said), workdir, user, shell];
}

function beginning(stage: Stage, { stages }: Dockerfile, built: readonly BuiltStage[]): BuiltStage {
  const from = stages.findIndex(({ from: { content } }) => content.name === stage.from.content.image.text);
  const base = from === -1 ? undefined : built[from];
  return {
    files: new Map(base?.files ?? [['/usr/base', stage.from.content.image.text]]),
    folders: new Map(
      base?.folders ?? [
        ['/', 'root'],
        ['/base', 'root'],
      ],
    ),
    variables: new Map(base?.variables),
    said: new Map(base?.said),
    workdir: base?.workdir ?? '/base',
    user: base?.user ?? 'root',
    shell: base?.shell ?? 'sh',
  };
}

function expand(text: string, state: BuiltStage): string {
  return text.replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => state.variables.get(name) ?? '');
}

function makeFolders(state: BuiltStage, path: string, owner: string): void {
  for (let at = path; !state.folders.has(at); at = posix.dirname(at)) state.folders.set(at, owner);
}

function apply(
  instruction: Instruction,
  state: BuiltStage,
  context: ReadonlyMap<string, string>,
  dockerfile: Dockerfile,
  built: readonly BuiltStage[],
): void {
  const { content } = instruction;
  switch (content.keyword) {
    case 'ENV':
    case 'ARG':
      for (const { name, value } of content.pairs) state.variables.set(name, expand(value ?? 'given', state));
      return;
    case 'WORKDIR':
      state.workdir = posix.resolve(state.workdir, expand(content.value.text, state));
      makeFolders(state, state.workdir, 'root');
      return;
    case 'USER':
      state.user = expand(content.value.text, state);
      return;
    case 'SHELL':
      state.shell = content.words.join(' ');
      return;
    case 'COPY':
    case 'ADD': {
      const stage = dockerfile.stages.findIndex(({ from }) => from.content.name === content.from);
      const source = content.from === null ? context : (built[stage]?.files ?? new Map<string, string>());
      return copy(instruction, state, source, content.from === null ? '' : '/');
    }
    case 'RUN':
      return run(instruction, state);
    case 'CMD':
    case 'ENTRYPOINT':
    case 'EXPOSE':
    case 'FROM':
    case 'HEALTHCHECK':
    case 'LABEL':
    case 'MAINTAINER':
    case 'ONBUILD':
    case 'STOPSIGNAL':
    case 'VOLUME':
      state.said.set(content.keyword, `${state.said.get(content.keyword) ?? ''}\n${expand(instruction.text, state)}`);
      return;
    default:
      return unreachable(content);
  }
}

function copy(instruction: Instruction, state: BuiltStage, from: ReadonlyMap<string, string>, root: string): void {
  const { content } = instruction;
  if (content.keyword !== 'COPY' && content.keyword !== 'ADD') return;
  const owner = instruction.flags.find(({ name }) => name === 'chown')?.value ?? 'root';
  const written = expand(content.destination.text, state);
  const target = posix.resolve(state.workdir, written);
  const found = content.sources.flatMap(({ text }) =>
    matched(from, root + posix.normalize(expand(text, state)).replace(/^\/|\/$/g, '')),
  );
  const into =
    /(?:^|\/)\.?\/?$/.test(written) ||
    content.sources.length > 1 ||
    state.folders.has(target) ||
    found.some((one) => one.isTree);
  if (into) makeFolders(state, target, owner);
  for (const { path, name } of found) {
    const at = into ? posix.join(target, name) : target;
    makeFolders(state, posix.dirname(at), owner);
    state.files.set(at, `${from.get(path)} of ${owner}`);
  }
}

interface Matched {
  readonly path: string;
  /** Below the destination. */
  readonly name: string;
  readonly isTree: boolean;
}

function matched(from: ReadonlyMap<string, string>, source: string): readonly Matched[] {
  return [...from.keys()].flatMap((path): readonly Matched[] => {
    if (path === source) return [{ path, name: posix.basename(path), isTree: false }];
    if (source === '.') return [{ path, name: path, isTree: true }];
    if (path.startsWith(`${source}/`)) return [{ path, name: path.slice(source.length + 1), isTree: true }];
    const pattern = new RegExp(`^${source.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
    return source.includes('*') && pattern.test(path) ? [{ path, name: posix.basename(path), isTree: false }] : [];
  });
}

const manifests: Readonly<Record<string, readonly string[]>> = {
  npm: ['package.json', 'package-lock.json', '.npmrc', 'npm-shrinkwrap.json'],
  pip: [],
  go: ['go.mod', 'go.sum', 'go.work'],
  'apt-get': [],
};
const outputs: Readonly<Record<string, string>> = { pip: '/usr/python', go: '/usr/go', 'apt-get': '/usr/apt' };

function run({ text, heredocs }: Instruction, state: BuiltStage): void {
  let folder = state.workdir;
  const script = heredocs[0]?.content ?? text.replace(/^RUN( --\S+)*/, '');
  for (const command of script.split(/&&|\n/).map((one) => one.trim())) {
    const [program = '', verb = ''] = command.split(/\s+/);
    if (program === 'cd') folder = posix.resolve(folder, verb);
    else if (!silent.has(program)) work(program, verb, command, folder, state);
  }
}

/** Programs that leave nothing behind. */
const silent = new Set(['', 'set', 'echo']);

/** What an argument that changes with each build is taken not to matter to, unless it is named. */
const changing = new Set(['GIT_SHA', 'BUILD_NUMBER']);

function work(program: string, verb: string, command: string, folder: string, state: BuiltStage): void {
  const variables = [...state.variables].filter(([name]) => !changing.has(name) || command.includes(name));
  const seen: unknown[] = [command, folder, variables.toSorted(byName), state.user, state.shell];
  const named = /-r (\S+)/.exec(command)?.[1];
  const read = [...(manifests[program] ?? []), ...(named === undefined ? [] : [named])];
  const isInstall = Object.hasOwn(manifests, program) && verb !== 'run';
  for (const [path, content] of [...state.files].toSorted(byName)) {
    const isSystem = path.startsWith('/usr/') || path.startsWith('/etc/');
    const isManifest = read.some((name) => posix.resolve(folder, name) === path);
    if (!isInstall || isSystem || isManifest) seen.push([path, content]);
  }
  if (!isInstall) seen.push([...state.folders].toSorted(byName));
  const made = createHash('sha256').update(JSON.stringify(seen)).digest('hex').slice(0, 12);
  const output = isInstall
    ? (outputs[program] ?? posix.join(folder, 'node_modules/all'))
    : posix.join(folder, `made-by-${program}`);
  makeFolders(state, posix.dirname(output), state.user);
  state.files.set(output, made);
}

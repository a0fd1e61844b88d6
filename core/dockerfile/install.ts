import { rootHome } from './image-path.ts';
import { argumentsOf, programOf, type ShellCommand } from './shell.ts';

/** A command that installs what others made, by what it is known to read and write. */
export type Install =
  | {
      /** Named packages: it reads nothing of the project. */
      readonly kind: 'packages';
      readonly tool: string;
    }
  | {
      /** The dependencies of the project: it reads the files that declare them. */
      readonly kind: 'dependencies';
      readonly tool: string;
      readonly files: ManifestFiles;
    }
  | {
      /** The project itself with its dependencies: it reads everything. */
      readonly kind: 'project';
      readonly tool: string;
      /** How to take the dependencies apart. */
      readonly apart: string;
    };

/** The files that declare dependencies, relative to the folder of the command. */
export interface ManifestFiles {
  /** Without these it fails. */
  readonly needed: readonly string[];
  /** Mostly there. */
  readonly usual: readonly string[];
  /** Read when they are there. */
  readonly rare: readonly string[];
  /** Folders that it writes beside them. */
  readonly writes: readonly string[];
}

type Recognise = (args: readonly string[], command: ShellCommand) => Install | null;

function files(needed: string, usual = '', rare = '', writes = ''): ManifestFiles {
  const list = (text: string): readonly string[] => text.split(' ').filter((name) => name !== '');
  return { needed: list(needed), usual: list(usual), rare: list(rare), writes: list(writes) };
}

const node = (tool: string, needed: string, usual: string, rare: string): Install => ({
  kind: 'dependencies',
  tool,
  files: files(`package.json ${needed}`, usual, rare, 'node_modules'),
});

/** Words that are no options; the values of options that take one in the next word are left out. */
function operands(args: readonly string[], withValue: readonly string[] = []): readonly string[] {
  return args.filter((arg, index) => !arg.startsWith('-') && !withValue.includes(args[index - 1] ?? ''));
}

const isGlobal = (args: readonly string[]): boolean => args.includes('-g') || args.includes('--global');

const npmValues = [
  '--omit',
  '--include',
  '--only',
  '--cache',
  '--loglevel',
  '--registry',
  '--maxsockets',
  '--network-timeout',
];

function npm(args: readonly string[]): Install | null {
  const [verb, ...packages] = operands(args, npmValues);
  if (verb === undefined || !['ci', 'clean-install', 'install', 'i', 'add'].includes(verb)) return null;
  if (packages.length > 0) return isGlobal(args) ? { kind: 'packages', tool: `npm ${verb}` } : null;
  if (args.some((arg) => /^(?:--prefix|-C|--workspace|-w)/.test(arg))) return null;
  const isClean = verb === 'ci' || verb === 'clean-install';
  return isClean
    ? node(`npm ${verb}`, 'package-lock.json', '', 'npm-shrinkwrap.json .npmrc')
    : node(`npm ${verb}`, '', 'package-lock.json', 'npm-shrinkwrap.json .npmrc');
}

function pnpm(args: readonly string[]): Install | null {
  const [verb, ...packages] = operands(args, npmValues);
  if (verb === 'add' && isGlobal(args)) return { kind: 'packages', tool: 'pnpm add' };
  if ((verb !== 'install' && verb !== 'i' && verb !== 'fetch') || packages.length > 0) return null;
  return node(`pnpm ${verb}`, 'pnpm-lock.yaml', '', 'pnpm-workspace.yaml .npmrc .pnpmfile.cjs');
}

function yarn(args: readonly string[]): Install | null {
  const [verb = 'install', next] = operands(args, npmValues);
  if (verb === 'global' && next === 'add') return { kind: 'packages', tool: 'yarn global add' };
  if (verb !== 'install' || next !== undefined || args.includes('--version')) return null;
  return node('yarn install', '', 'yarn.lock', '.yarnrc.yml .yarnrc .npmrc');
}

function bun(args: readonly string[]): Install | null {
  const [verb, ...packages] = operands(args);
  if ((verb !== 'install' && verb !== 'i') || packages.length > 0) return null;
  return node('bun install', '', 'bun.lock', 'bun.lockb bunfig.toml .npmrc');
}

const pipValues = [
  '-r',
  '--requirement',
  '-c',
  '--constraint',
  '-i',
  '--index-url',
  '--extra-index-url',
  '--prefix',
  '--target',
  '-t',
  '-f',
  '--find-links',
];

/** pip, and `uv pip`, from behind the tool's own words. */
function pip(tool: string, args: readonly string[]): Install | null {
  const [verb, ...packages] = operands(args, pipValues);
  if (verb !== 'install') return null;
  if (args.includes('-e') || args.includes('--editable') || packages.some((name) => /^[./]|^\$/.test(name))) {
    return {
      kind: 'project',
      tool: `${tool} install`,
      apart: `copy requirements.txt, ${tool} install -r it, then copy the sources`,
    };
  }
  const named = args.filter((_, index) => /^(?:-r|--requirement|-c|--constraint)$/.test(args[index - 1] ?? ''));
  const joined = args.flatMap((arg) => /^(?:-r|-c|--requirement=|--constraint=)([^-=].*)$/.exec(arg)?.[1] ?? []);
  const needed = [...named, ...joined].filter((name) => !/^https?:/.test(name));
  if (needed.length === 0) return packages.length > 0 ? { kind: 'packages', tool: `${tool} install` } : null;
  return { kind: 'dependencies', tool: `${tool} install -r`, files: { needed, usual: [], rare: [], writes: [] } };
}

function python(args: readonly string[]): Install | null {
  const at = args.indexOf('-m');
  return at !== -1 && args[at + 1] === 'pip' ? pip('pip', args.slice(at + 2)) : null;
}

function poetry(args: readonly string[]): Install | null {
  const [verb] = operands(args);
  if (verb !== 'install' && verb !== 'sync') return null;
  if (args.includes('--only-root')) return null;
  if (args.includes('--no-root')) {
    const reads = files('pyproject.toml', 'poetry.lock', 'poetry.toml', '.venv');
    return { kind: 'dependencies', tool: `poetry ${verb}`, files: reads };
  }
  const apart =
    'copy pyproject.toml and poetry.lock, RUN poetry install --no-root, copy the sources, RUN poetry install --only-root';
  return { kind: 'project', tool: `poetry ${verb}`, apart };
}

function uv(args: readonly string[]): Install | null {
  if (args[0] === 'pip') return pip('uv pip', args.slice(1));
  if (args[0] !== 'sync') return null;
  if (args.includes('--no-install-project') || args.includes('--no-install-workspace')) {
    const reads = files('pyproject.toml', 'uv.lock', 'uv.toml .python-version', '.venv');
    return { kind: 'dependencies', tool: 'uv sync', files: reads };
  }
  const apart = 'copy pyproject.toml and uv.lock, RUN uv sync --no-install-project, copy the sources, RUN uv sync';
  return { kind: 'project', tool: 'uv sync', apart };
}

function pipenv(args: readonly string[]): Install | null {
  const [verb, ...packages] = operands(args);
  if ((verb !== 'install' && verb !== 'sync') || packages.length > 0) return null;
  return { kind: 'dependencies', tool: `pipenv ${verb}`, files: files('Pipfile', 'Pipfile.lock', '', '.venv') };
}

function maven(args: readonly string[], command: ShellCommand): Install | null {
  const goals = operands(args, ['-f', '-pl', '-P', '--file', '-s']);
  if (goals.some((goal) => /dependency:(?:go-offline|resolve)/.test(goal)) && goals.every((goal) => /:/.test(goal))) {
    if (command.words[0]?.text !== 'mvn') return null;
    return { kind: 'dependencies', tool: 'mvn dependency', files: files('pom.xml', '', '', 'target') };
  }
  const goal = goals.find((one) => /^(?:compile|test|package|verify|install|deploy)$/.test(one));
  if (goal === undefined) return null;
  const apart = `copy pom.xml, RUN mvn dependency:go-offline, then copy the sources; or --mount=type=cache,target=${rootHome}/.m2`;
  return { kind: 'project', tool: `mvn ${goal}`, apart };
}

function gradle(args: readonly string[], command: ShellCommand): Install | null {
  const tasks = operands(args, ['-p', '-x', '-b', '--project-dir', '--exclude-task']);
  if (tasks.length > 0 && tasks.every((task) => /(?:^|:)dependencies$/.test(task))) {
    if (command.words[0]?.text !== 'gradle') return null;
    const reads = files('build.gradle*', 'settings.gradle*', 'gradle.properties', '.gradle build');
    return { kind: 'dependencies', tool: 'gradle dependencies', files: reads };
  }
  const task = tasks.find((one) => /(?:^|:)(?:build|assemble|jar|bootJar|shadowJar|installDist|test|check)$/.test(one));
  if (task === undefined) return null;
  const apart = `copy the build files, RUN gradle dependencies, then copy the sources; or --mount=type=cache,target=${rootHome}/.gradle`;
  return { kind: 'project', tool: `gradle ${task}`, apart };
}

function go(args: readonly string[]): Install | null {
  if (args[0] === 'mod' && args[1] === 'download') {
    return { kind: 'dependencies', tool: 'go mod download', files: files('go.mod', 'go.sum', 'go.work', '') };
  }
  if (args[0] === 'install' && args.slice(1).some((arg) => arg.includes('@')))
    return { kind: 'packages', tool: 'go install' };
  if (args[0] !== 'build' && args[0] !== 'install' && args[0] !== 'test') return null;
  if (args.includes('-mod=vendor')) return null;
  const apart = 'copy go.mod and go.sum, RUN go mod download, then copy the sources';
  return { kind: 'project', tool: `go ${args[0]}`, apart };
}

function cargo(args: readonly string[]): Install | null {
  const verb = args.find((arg) => !/^[-+]/.test(arg));
  if (verb === 'chef' && args.includes('cook')) {
    return { kind: 'dependencies', tool: 'cargo chef cook', files: files('recipe.json', '', '', 'target') };
  }
  if (verb === 'install' && !args.includes('--path')) return { kind: 'packages', tool: 'cargo install' };
  if (verb !== 'build' && verb !== 'fetch' && verb !== 'install' && verb !== 'test') return null;
  const apart =
    'build the dependencies with cargo chef first; or --mount=type=cache for /usr/local/cargo/registry and target';
  return { kind: 'project', tool: `cargo ${verb}`, apart };
}

function bundle(args: readonly string[]): Install | null {
  const [verb = 'install'] = operands(args, ['--jobs', '-j', '--retry', '--without', '--path']);
  if (verb !== 'install' || args.includes('--version')) return null;
  const reads = files('Gemfile', 'Gemfile.lock', '.ruby-version .tool-versions', 'vendor .bundle');
  return { kind: 'dependencies', tool: 'bundle install', files: reads };
}

function composer(args: readonly string[]): Install | null {
  const [verb] = operands(args);
  if (verb === 'global') return { kind: 'packages', tool: 'composer global' };
  if (verb !== 'install' && verb !== 'i') return null;
  if (args.includes('--no-scripts') && args.includes('--no-autoloader')) {
    const reads = files('composer.json', 'composer.lock', 'auth.json symfony.lock', 'vendor');
    return { kind: 'dependencies', tool: 'composer install', files: reads };
  }
  const apart =
    'copy composer.json and composer.lock, RUN composer install --no-scripts --no-autoloader, copy the sources, RUN composer dump-autoload';
  return { kind: 'project', tool: 'composer install', apart };
}

function dotnet(args: readonly string[]): Install | null {
  const [verb, project] = operands(args, [
    '-r',
    '--runtime',
    '-c',
    '--configuration',
    '-o',
    '--output',
    '-f',
    '-s',
    '--source',
    '-a',
  ]);
  if (verb === 'restore' && !/\.slnx?$/.test(project ?? '')) {
    const rare =
      'nuget.config NuGet.Config Directory.Build.props Directory.Packages.props global.json packages.lock.json';
    const needed =
      project === undefined || project.endsWith('proj')
        ? (project ?? '*.csproj')
        : `${project.replace(/\/$/, '')}/*.csproj`;
    return { kind: 'dependencies', tool: 'dotnet restore', files: files(needed, '', rare, 'obj') };
  }
  if (verb !== 'restore' && verb !== 'publish' && verb !== 'build') return null;
  const apart = 'copy each project file to its folder, RUN dotnet restore, then copy the sources';
  return { kind: 'project', tool: `dotnet ${verb}`, apart };
}

/** A tool whose verb, if it is one of these, installs packages by name. */
const byName =
  (tool: string, ...verbs: readonly string[]): Recognise =>
  (args) => {
    const verb = operands(args).find((arg) => verbs.includes(arg));
    return verb === undefined ? null : { kind: 'packages', tool: `${tool} ${verb}` };
  };

const apt = (tool: string): Recognise => byName(tool, 'install', 'upgrade', 'dist-upgrade', 'build-dep');
const dnf = (tool: string): Recognise => byName(tool, 'install', 'upgrade', 'update', 'groupinstall');

const recognisers: Readonly<Record<string, Recognise>> = {
  npm,
  pnpm,
  yarn,
  bun,
  pip: (args) => pip('pip', args),
  pip3: (args) => pip('pip3', args),
  python,
  python3: python,
  poetry,
  uv,
  pipenv,
  mvn: maven,
  mvnw: maven,
  gradle,
  gradlew: gradle,
  go,
  cargo,
  bundle,
  composer,
  dotnet,
  gem: byName('gem', 'install'),
  apk: byName('apk', 'add', 'upgrade'),
  'apt-get': apt('apt-get'),
  apt: apt('apt'),
  dnf: dnf('dnf'),
  microdnf: dnf('microdnf'),
  yum: dnf('yum'),
  zypper: byName('zypper', 'install', 'in'),
  pacman: (args) => (args.some((arg) => arg.startsWith('-S')) ? { kind: 'packages', tool: 'pacman -S' } : null),
  'docker-php-ext-install': () => ({ kind: 'packages', tool: 'docker-php-ext-install' }),
};

/** What a command installs; null when it is not known to install anything. */
export function recogniseInstall(command: ShellCommand): Install | null {
  const program = programOf(command);
  const recognise = Object.hasOwn(recognisers, program) ? recognisers[program] : undefined;
  return recognise?.(argumentsOf(command), command) ?? null;
}

const neutral: readonly (readonly [program: string, args: RegExp])[] = [
  ['set', /^/],
  ['true', /^/],
  [':', /^/],
  ['echo', /^/],
  ['apt-get', /^(?:-\S+ )*(?:update|clean|autoremove|autoclean|purge)\b/],
  ['apt', /^(?:-\S+ )*(?:update|clean|autoremove)\b/],
  ['apk', /^(?:-\S+ )*(?:update|cache)\b/],
  ['dnf', /^(?:-\S+ )*clean\b/],
  ['microdnf', /^(?:-\S+ )*clean\b/],
  ['yum', /^(?:-\S+ )*clean\b/],
  ['npm', /^(?:cache|config set) /],
  ['yarn', /^(?:cache|config set) /],
  ['pip', /^cache /],
  ['corepack', /^(?:enable|prepare)\b/],
  ['update-ca-certificates', /^/],
  ['useradd', /^/],
  ['groupadd', /^/],
  ['adduser', /^/],
  ['addgroup', /^/],
  [
    'rm',
    /^(?:-\S+ )*(?:\/var\/(?:lib\/apt|cache|lib\/dpkg|log|tmp)\S*|\/tmp\/\S*|\/root\/\.\S+)(?: (?:\/var\/(?:lib\/apt|cache|lib\/dpkg|log|tmp)\S*|\/tmp\/\S*|\/root\/\.\S+))*$/,
  ],
];

/** Whether a command is known to have nothing to do with the files of a project. */
export function isNeutral(command: ShellCommand): boolean {
  const program = programOf(command);
  const args = argumentsOf(command).join(' ');
  return neutral.some(([name, pattern]) => name === program && pattern.test(args.slice(0, 1_000)));
}

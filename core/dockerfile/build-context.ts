import { matchesGlob } from './image-path.ts';

/** What is known of the folder that is sent to a build. */
export interface BuildContext {
  /** Names of what lies in it, folders without a slash. */
  readonly names: ReadonlySet<string>;
  /** Files that declare dependencies, by their path. */
  readonly texts: ReadonlyMap<string, string>;
  /** The text of .dockerignore; null: there is none. */
  readonly ignore: string | null;
}

/** Whether .dockerignore leaves a name at the top of the context out. */
export function isIgnored(context: BuildContext, name: string): boolean {
  let ignored = false;
  for (const line of (context.ignore ?? '').split('\n')) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const isException = text.startsWith('!');
    const pattern = (isException ? text.slice(1) : text)
      .replace(/^(?:\.?\/)+/, '')
      .replace(/\/+$/, '')
      .replace(/^\*\*\//, '');
    if (matchesGlob(pattern, name)) ignored = !isException;
  }
  return ignored;
}

/** What in a file that declares dependencies leads to other files of the project, by the file's name. */
const entanglements: readonly (readonly [name: RegExp, pattern: RegExp, what: string])[] = [
  [/^package\.json$/, /"(?:pre|post)?install"\s*:|"prepare"\s*:/, 'has a script that runs at install'],
  [/^package\.json$/, /"workspaces"\s*:/, 'has workspaces'],
  [/^package\.json$/, /:\s*"(?:file|link|portal|workspace|patch):/, 'depends on a folder of the project'],
  [/^pnpm-workspace\.yaml$/, /^packages:/m, 'has workspaces'],
  [/^\.yarnrc\.yml$/, /^yarnPath:/m, 'names a yarn within the project'],
  [
    /requirements.*\.(?:txt|in)$/,
    /^\s*(?:-e|--editable|-r|-c|--requirement|--constraint|\.|\/|file:)/m,
    'names other files',
  ],
  [/^pyproject\.toml$/, /\bpath\s*=|file:|workspace\s*=/, 'depends on a folder of the project'],
  [/^go\.mod$/, /=>\s*\.{0,2}\//, 'replaces a module by a folder'],
  [/^Gemfile$/, /^\s*gemspec\b|\bpath:|:path\s*=>|\beval_gemfile\b/m, 'names other files'],
  [/^composer\.json$/, /"type"\s*:\s*"path"/, 'depends on a folder of the project'],
  [/proj$/, /<ProjectReference|<Import\b/, 'refers to another project'],
  [/^pom\.xml$/, /<module>|<parent>/, 'has a parent or modules'],
  [/^(?:settings|build)\.gradle/, /\binclude\b|\bapply\s*\(?\s*from\b|\bproject\s*\(/, 'includes other projects'],
];

/** Why a file that declares dependencies is not enough by itself; null when nothing shows that. */
export function entanglementOf(path: string, text: string): string | null {
  const name = path.split('/').at(-1) ?? '';
  const found = entanglements.find(([names, pattern]) => names.test(name) && pattern.test(text));
  return found === undefined ? null : `${path} ${found[2]}`;
}

/** The files that a linter wants to read of a build context, at its top. */
export const manifestNames: readonly string[] = (
  'package.json package-lock.json npm-shrinkwrap.json .npmrc pnpm-lock.yaml pnpm-workspace.yaml .pnpmfile.cjs yarn.lock .yarnrc .yarnrc.yml ' +
  'bun.lock bun.lockb bunfig.toml requirements.txt pyproject.toml poetry.lock poetry.toml uv.lock uv.toml .python-version Pipfile Pipfile.lock ' +
  'go.mod go.sum go.work Gemfile Gemfile.lock .ruby-version .tool-versions composer.json composer.lock auth.json symfony.lock pom.xml ' +
  'build.gradle build.gradle.kts settings.gradle settings.gradle.kts gradle.properties nuget.config NuGet.Config Directory.Build.props ' +
  'Directory.Packages.props global.json packages.lock.json'
).split(' ');

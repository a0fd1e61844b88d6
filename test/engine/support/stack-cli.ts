import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The `docker` program, used for nothing but `docker stack deploy`. */
export interface StackCli {
  readonly program: string;
  /** What it says of itself. */
  readonly version: string;
  /** Deploys a Compose file as a stack; resolves with what was said, whether it went well or not. */
  deploy(file: string, stack: string): Promise<{ readonly went: 'well' | 'wrong'; readonly said: string }>;
}

export interface StackCliOptions {
  readonly endpoint: string;
  /** Of the engine that is talked to: a program of the same version is preferred. */
  readonly engineVersion: string;
  /** An empty folder in place of the user's Docker configuration. */
  readonly configDirectory: string;
  /** What `${VARIABLES}` are read from. */
  readonly variables: Readonly<Record<string, string>>;
}

/** How long one command may take. */
const commandMs = 30_000;

/** Looked at first: where the engine's own package puts its program. */
const packaged = '/usr/bin/docker';

/**
 * Finds the program that reads Compose files as the engine's own version does; only where there is none, one of another
 * version. Throws a plain Error when no program on this machine has `docker stack`.
 */
export async function findStackCli(options: StackCliOptions): Promise<StackCli> {
  const env = { PATH: process.env['PATH'] ?? '', DOCKER_CONFIG: options.configDirectory, ...options.variables };
  const run = async (program: string, args: readonly string[]): Promise<Said> => await runProgram(program, args, env);
  const capable: { readonly program: string; readonly version: string }[] = [];
  for (const program of await programs()) {
    const stack = await run(program, ['stack', 'deploy', '--help']);
    if (!stack.isGood || !stack.text.includes('--compose-file')) continue;
    capable.push({ program, version: (await run(program, ['--version'])).text.trim() });
  }
  const isSame = (version: string): boolean => version.includes(options.engineVersion);
  const found = capable.find(({ version }) => isSame(version)) ?? capable[0];
  if (found === undefined) throw new Error('no docker program here has `docker stack`: run bin/setup --engine');
  return {
    ...found,
    deploy: async (file, stack) => {
      const flags = ['--resolve-image', 'always', '-c', file];
      const said = await run(found.program, ['-H', options.endpoint, 'stack', 'deploy', ...flags, stack]);
      return { went: said.isGood ? 'well' : 'wrong', said: said.text };
    },
  };
}

interface Said {
  readonly isGood: boolean;
  /** Both streams, stderr first. */
  readonly text: string;
}

async function programs(): Promise<readonly string[]> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const paths = [...new Set([packaged, ...folders.map((folder) => join(folder, 'docker'))])];
  const isThere = await Promise.all(
    paths.map(async (path) => {
      return await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
    }),
  );
  return paths.filter((_, index) => isThere[index]);
}

async function runProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Said> {
  return await new Promise((resolve) => {
    const options = { timeout: commandMs, maxBuffer: 1024 * 1024, env };
    execFile(program, args, options, (error, stdout, stderr) => {
      const ended = error === null || error.killed !== true ? '' : `ended after ${commandMs} ms\n`;
      resolve({ isGood: error === null, text: `${ended}${stderr}${stdout}` });
    });
  });
}

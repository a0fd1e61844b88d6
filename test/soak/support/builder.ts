import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../../core/hash.ts';
import type { PrivateEngine } from '../../../local/docker-engine.ts';

/** The engine's two builders: the older one, a container for each instruction, and BuildKit. */
export const builders = ['classic', 'buildkit'] as const;
export type Builder = (typeof builders)[number];

export interface BuildWish {
  readonly builder: Builder;
  /** The Dockerfile's text. */
  readonly text: string;
  /** The build context: content by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Default: the last stage. */
  readonly target?: string;
  /** As with `--build-arg`. */
  readonly args?: Readonly<Record<string, string>>;
}

/** What a builder said to one build. */
export interface Said {
  readonly code: number;
  readonly text: string;
  /** Keywords of the instructions in their order, as the classic builder tells its steps; [] from BuildKit. */
  readonly keywords: readonly string[];
  /** How many layers of RUN, COPY and ADD were made anew, and how many came from the cache. */
  readonly made: number;
  readonly cached: number;
}

/** Each path of an image with its type, mode, owner and content. */
export type Tree = ReadonlyMap<string, string>;

export interface BuildFloor {
  /** Builds, and tags the image when all went well. */
  build(wish: BuildWish, tag: string): Promise<Said>;
  treeOf(tag: string): Promise<Tree>;
  /** The image's config: what a container of it gets. */
  configOf(tag: string): Promise<unknown>;
  tag(from: string, to: string): Promise<void>;
}

const buildMs = 120_000;
/** Where the engine's own package puts its program: of the same version as the engine. */
const program = '/usr/bin/docker';
const layerKeywords = ['RUN', 'COPY', 'ADD'];

/** Builds with the `docker` program on an engine, without a network. `directory` is a folder for contexts. */
export function openBuildFloor(engine: PrivateEngine, directory: string, signal: AbortSignal): BuildFloor {
  const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    await runDocker(['-H', engine.endpoint, ...args], { DOCKER_CONFIG: directory, ...env }, signal);
  const good = async (args: readonly string[]): Promise<Buffer> => {
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 0, `docker ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  return {
    async build({ builder, text, files, target, args = {} }, tag) {
      const context = await mkdtemp(join(directory, 'context-'));
      for (const [path, content] of Object.entries(files)) {
        await mkdir(join(context, path, '..'), { recursive: true });
        await writeFile(join(context, path), content);
      }
      const file = `${context}.dockerfile`;
      await writeFile(file, text);
      const isKit = builder === 'buildkit';
      const flags = [
        '--network=none',
        `--tag=${tag}`,
        `--file=${file}`,
        ...(target === undefined ? [] : [`--target=${target}`]),
        ...Object.entries(args).map(([name, value]) => `--build-arg=${name}=${value}`),
        ...(isKit ? ['--progress=plain'] : []),
      ];
      const ended = await run(['build', ...flags, context], { DOCKER_BUILDKIT: isKit ? '1' : '0' });
      const said = `${ended.stdout.toString()}${ended.stderr}`;
      return { code: ended.code, text: said, ...(isKit ? readKit(said) : readClassic(said)) };
    },
    async treeOf(tag) {
      const container = (await good(['create', '--network', 'none', tag, 'none'])).toString().trim();
      try {
        return readTree(await good(['export', container]));
      } finally {
        await good(['rm', container]);
      }
    },
    async configOf(tag) {
      const [image] = JSON.parse((await good(['image', 'inspect', tag])).toString()) as readonly {
        readonly Config: Readonly<Record<string, unknown>>;
      }[];
      // The one names what it was made of, by the older builder alone.
      const { Image: _, ...config } = image?.Config ?? {};
      return config;
    },
    tag: async (from, to) => void (await good(['tag', from, to])),
  };
}

type Told = Pick<Said, 'keywords' | 'made' | 'cached'>;

/** `Step 3/7 : COPY . .`, and below it ` ---> Using cache` when it was not made anew. */
function readClassic(text: string): Told {
  const steps = [...text.matchAll(/^Step \d+\/\d+ : ([A-Za-z]+)[^]*?(?=^Step |$(?![^]))/gm)].map(
    ([all, keyword = '']) => ({
      keyword: keyword.toUpperCase(),
      isCached: all.includes('---> Using cache'),
    }),
  );
  const layers = steps.filter(({ keyword }) => layerKeywords.includes(keyword));
  const cached = layers.filter(({ isCached }) => isCached).length;
  return { keywords: steps.map(({ keyword }) => keyword), made: layers.length - cached, cached };
}

/** `#7 [build 3/5] COPY . .`, and later `#7 CACHED` when it was not made anew. */
function readKit(text: string): Told {
  const layers = new Set(
    [...text.matchAll(/^#(\d+) \[[^\]]*\b\d+\/\d+\] (?:RUN|COPY|ADD) /gm)].map(([, number = '']) => number),
  );
  const hits = [...layers].filter((number) => new RegExp(`^#${number} CACHED`, 'm').test(text));
  return { keywords: [], made: layers.size - hits.length, cached: hits.length };
}

const blockBytes = 512;

/** Reads a tar archive of an image's files; what a container adds (/dev, /etc/hosts and the like) is left out. */
function readTree(tar: Buffer): Tree {
  const tree = new Map<string, string>();
  let longPath: string | null = null;
  for (let at = 0; at + blockBytes <= tar.length && tar[at] !== 0;) {
    const text = (from: number, bytes: number): string =>
      tar
        .subarray(at + from, at + from + bytes)
        .toString()
        .replace(/\0[^]*$/, '');
    const size = Number.parseInt(text(124, 12), 8);
    const content = tar.subarray(at + blockBytes, at + blockBytes + size);
    const type = text(156, 1);
    if (type === 'L') longPath = content.toString().replace(/\0[^]*$/, '');
    else {
      const path = longPath ?? [text(345, 155), text(0, 100)].filter((part) => part !== '').join('/');
      longPath = null;
      const owner = `${Number.parseInt(text(108, 8), 8)}:${Number.parseInt(text(116, 8), 8)}`;
      if (!/^(?:dev\/|proc|sys|\.dockerenv|etc\/(?:hosts|hostname|resolv\.conf|mtab)$)/.test(path)) {
        tree.set(path, [type, text(100, 8), owner, text(157, 100), sha256(content)].join(' '));
      }
    }
    at += blockBytes + Math.ceil(size / blockBytes) * blockBytes;
  }
  return tree;
}

interface Ended {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

async function runDocker(
  args: readonly string[],
  added: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Ended> {
  const env = { PATH: process.env['PATH'] ?? '', ...added };
  return await new Promise((resolve, reject) => {
    const options = { env, signal, timeout: buildMs, maxBuffer: 64 * 1024 * 1024, encoding: 'buffer' } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr: stderr.toString() });
    });
  });
}

import { resolvePath, rootHome } from '../image-path.ts';
import { recogniseInstall } from '../install.ts';
import type { Instruction } from '../instruction.ts';
import type { Rule, RuleInput } from '../rule.ts';
import { scriptOf } from '../run-knowledge.ts';
import { argumentsOf, programOf, type ShellCommand } from '../shell.ts';
import type { WalkedStage } from '../steps.ts';

function commandsOf({ content, heredocs }: Instruction): readonly ShellCommand[] {
  return content.keyword === 'RUN' ? scriptOf(content.command, heredocs).commands : [];
}

const hasVerb = (command: ShellCommand, ...verbs: readonly string[]): boolean =>
  argumentsOf(command).some((arg) => verbs.includes(arg));

/** Package lists are fetched in one layer and used in another. */
export const packageListsApart: Rule = {
  id: 'package-lists-apart',
  severity: 'warning',
  finds: '`apt-get update` or `apk update` in a RUN without the install',
  reason:
    'The layer with the lists is taken from the cache for months, while the install below it runs anew: it then asks for versions that are gone, or installs old ones.',
  find: ({ dockerfile }) =>
    dockerfile.stages.flatMap(({ instructions }) =>
      instructions.flatMap((instruction) => {
        const commands = commandsOf(instruction);
        const update = commands.find(
          (one) => ['apt-get', 'apt', 'apk'].includes(programOf(one)) && hasVerb(one, 'update'),
        );
        const tool = update === undefined ? '' : programOf(update);
        const installs = commands.some(
          (one) =>
            programOf(one).startsWith(tool.slice(0, 3)) &&
            hasVerb(one, 'install', 'add', 'upgrade', 'dist-upgrade', 'full-upgrade', 'build-dep'),
        );
        if (update === undefined || installs) return [];
        const fix =
          tool === 'apk'
            ? 'apk add --no-cache NAME fetches them by itself'
            : `RUN ${tool} update && ${tool} install -y --no-install-recommends NAME`;
        return [{ at: instruction, message: `${tool} update stands in a RUN of its own`, fix }];
      }),
    ),
};

/** How a package manager leaves a cache behind, and what takes it away. */
interface Cache {
  readonly installs: (command: ShellCommand) => boolean;
  readonly folder: string;
  /** The same RUN takes it away, or never makes it. */
  readonly cleans: (text: string) => boolean;
  /** A variable that turns it off. */
  readonly variable?: string;
  readonly message: string;
  readonly fix: string;
}

const installing =
  (...tools: readonly string[]) =>
  (command: ShellCommand): boolean => {
    const tool = recogniseInstall(command)?.tool ?? '';
    return tools.some((one) => tool === one || tool.startsWith(`${one} `));
  };

const caches: readonly Cache[] = [
  {
    installs: installing('apt-get', 'apt'),
    folder: '/var/lib/apt',
    cleans: (text) => /rm\s[^;&|]{0,500}\/var\/lib\/apt/.test(text),
    message: 'the package lists of apt stay in the layer',
    fix: '&& rm -rf /var/lib/apt/lists/* at its end',
  },
  {
    installs: installing('apk add'),
    folder: '/var/cache/apk',
    cleans: (text) => /--no-cache|rm\s[^;&|]{0,500}\/var\/cache\/apk/.test(text),
    message: 'the package index of apk stays in the layer',
    fix: 'apk add --no-cache',
  },
  {
    installs: installing('dnf', 'yum', 'microdnf'),
    folder: '/var/cache',
    cleans: (text) => /\bclean\s+all\b|rm\s[^;&|]{0,500}\/var\/cache/.test(text),
    message: 'the cache of the package manager stays in the layer',
    fix: '&& dnf clean all at its end',
  },
  {
    installs: installing('pip'),
    folder: `${rootHome}/.cache`,
    cleans: (text) => /--no-cache-dir|rm\s[^;&|]{0,500}\.cache|pip3? cache purge/.test(text),
    variable: 'PIP_NO_CACHE_DIR',
    message: 'the cache of pip stays in the layer',
    fix: `pip install --no-cache-dir, or --mount=type=cache,target=${rootHome}/.cache/pip`,
  },
  {
    installs: installing('uv'),
    folder: `${rootHome}/.cache`,
    cleans: (text) => /--no-cache|-n\b|rm\s[^;&|]{0,500}\.cache|uv cache/.test(text),
    variable: 'UV_NO_CACHE',
    message: 'the cache of uv stays in the layer',
    fix: `--mount=type=cache,target=${rootHome}/.cache/uv, or --no-cache`,
  },
  {
    installs: installing('npm'),
    folder: `${rootHome}/.npm`,
    cleans: (text) => /npm cache clean|rm\s[^;&|]{0,500}\.npm\b/.test(text),
    message: 'the cache of npm stays in the layer',
    fix: `--mount=type=cache,target=${rootHome}/.npm, or && npm cache clean --force at its end`,
  },
  {
    installs: installing('yarn'),
    folder: '/usr/local/share/.cache',
    cleans: (text) => /yarn cache clean|rm\s[^;&|]{0,500}\.cache/.test(text),
    message: 'the cache of yarn stays in the layer',
    fix: '--mount=type=cache,target=/usr/local/share/.cache, or && yarn cache clean at its end',
  },
];

/** What a package manager keeps for the next time stays in the image. */
export const cacheLeftInLayer: Rule = {
  id: 'cache-left-in-layer',
  severity: 'note',
  finds: 'caches of package managers that stay in a layer of the image',
  reason:
    'Nobody reads it again, and every node pulls it. What a later RUN removes is in the image all the same: the cache must go in the RUN that made it.',
  find: ({ shipped }: RuleInput) => shipped.flatMap(leftIn),
};

function leftIn(stage: WalkedStage) {
  return stage.steps.flatMap(({ instruction }) => {
    const commands = commandsOf(instruction);
    const text = commands.map((command) => command.words.map((word) => word.text).join(' ')).join(' ; ');
    const left = caches.filter(
      ({ installs, cleans, folder, variable }) =>
        commands.some(installs) &&
        !cleans(text) &&
        !isMounted(instruction, folder) &&
        !(variable !== undefined && isSet(stage, variable)),
    );
    return left.map(({ message, fix }) => ({ at: instruction, message, fix }));
  });
}

/** A cache mount at the folder, above or below it, or wherever the user's home is. */
function isMounted({ flags }: Instruction, folder: string): boolean {
  return flags.some(({ name, value }) => {
    if (name !== 'mount' || !/type=(?:cache|tmpfs)/.test(value ?? '')) return false;
    const target = resolvePath('/', /(?:^|,)(?:target|dst|destination)=([^,]+)/.exec(value ?? '')?.[1] ?? '');
    const last = folder.split('/').at(-1) ?? '';
    return target.startsWith(folder) || target.split('/').includes(last) || folder.startsWith(`${target}/`);
  });
}

function isSet(stage: WalkedStage, variable: string): boolean {
  const own = stage.steps.some(
    ({ instruction: { content } }) =>
      (content.keyword === 'ENV' || content.keyword === 'ARG') &&
      content.pairs.some(({ name, value }) => name === variable && value !== null && !/^(?:0|false|off|)$/.test(value)),
  );
  return own || (stage.base !== null && isSet(stage.base, variable));
}

import { stageNamed, type Instruction, type Stage } from '../instruction.ts';
import { called, type Rule, type RuleInput } from '../rule.ts';

/** The last instruction of one of some keywords that counts for the image; null when only the base image may have one. */
function lastOf({ shipped }: RuleInput, ...keywords: readonly string[]): Instruction | null {
  for (const { stage } of shipped) {
    const found = stage.instructions.findLast(({ content }) => keywords.includes(content.keyword));
    if (found !== undefined) return found;
  }
  return null;
}

/** The image that the shipped stages begin with. */
function baseImage({ dockerfile, shipped }: RuleInput): string {
  const first: Stage | undefined = shipped.at(-1)?.stage;
  const image = first?.from.content.image.text ?? '';
  return first !== undefined && stageNamed(dockerfile.stages, image, first.index) !== null ? '' : image.toLowerCase();
}

/** The process runs as root. */
export const rootUser: Rule = {
  id: 'root-user',
  severity: 'warning',
  finds: 'an image that runs as root: no USER in its last stage, or USER root',
  reason:
    'Whoever breaks into the process is root in the container, and one mistake of the engine or of a mount away from being root on the node.',
  find: (input) => {
    const user = lastOf(input, 'USER');
    if (user?.content.keyword === 'USER') {
      if (!/^(?:root|0)(?:$|:)/.test(user.content.value.text)) return [];
      return [
        {
          at: user,
          message: `the image runs as ${user.content.value.text}`,
          fix: 'a USER of its own at the end, such as USER 10001',
        },
      ];
    }
    if (/nonroot|unprivileged|rootless/.test(baseImage(input))) return [];
    return [
      {
        at: input.last.from,
        message: 'no USER is set, so the image runs as root',
        fix: 'USER 10001 above CMD, or a user that the base image brings',
      },
    ];
  },
};

/** Nobody can tell whether it is healthy. */
export const healthCheckMissing: Rule = {
  id: 'healthcheck-missing',
  severity: 'note',
  finds: 'an image with a CMD or ENTRYPOINT and no HEALTHCHECK',
  reason:
    'A rollout waits for health, not for a started process. It may also stand in the service definition, as `healthcheck`.',
  find: (input) => {
    const runs = lastOf(input, 'CMD', 'ENTRYPOINT');
    if (runs === null || lastOf(input, 'HEALTHCHECK') !== null) return [];
    return [
      {
        at: runs,
        message: 'there is no HEALTHCHECK',
        fix: 'HEALTHCHECK CMD ["PROGRAM", "ARGUMENT"] that exits with 0 when it is healthy',
      },
    ];
  },
};

/** The shell gets the signals. */
export const shellFormCommand: Rule = {
  id: 'shell-form-command',
  severity: 'warning',
  finds: 'CMD or ENTRYPOINT in shell form',
  reason:
    'The process then runs below a shell, which does not pass the stop signal on: each update waits until the grace period is over, and kills it in the middle of its work.',
  find: ({ dockerfile }) =>
    dockerfile.stages.flatMap(({ instructions }) =>
      instructions.flatMap((instruction) => {
        const { content } = instruction;
        if ((content.keyword !== 'CMD' && content.keyword !== 'ENTRYPOINT') || content.command.form === 'exec')
          return [];
        const { text } = content.command;
        if (/^exec\s/.test(text)) return [];
        const simple = /^[\w./:=@%+,-]+(?: +[\w./:=@%+,-]+)*$/.test(text.slice(0, 1_000)) && text.length < 200;
        const words = simple ? JSON.stringify(text.split(/ +/)).replaceAll('","', '", "') : '["PROGRAM", "ARGUMENT"]';
        return [
          {
            at: instruction,
            message: `${content.keyword} is in shell form: ${called(text)}`,
            fix: `${content.keyword} ${words}`,
          },
        ];
      }),
    ),
};

import { stageNamed, type Dockerfile, type Instruction } from '../instruction.ts';
import type { Breach, Rule } from '../rule.ts';

/** A base image without a version. */
export const baseUnpinned: Rule = {
  id: 'base-unpinned',
  severity: 'warning',
  finds: 'FROM or COPY --from of an image without a tag, or with `latest`',
  reason:
    'The same Dockerfile then builds something else tomorrow, and nobody sees the change. A tag of a version pins it for people, a digest for good.',
  find: ({ dockerfile }) => {
    const { stages } = dockerfile;
    const bases = stages.flatMap(({ from, index }) =>
      breachOf(dockerfile, from, from.content.image.text, index, from.content.image),
    );
    const copied = stages.flatMap(({ instructions, index }) =>
      instructions.flatMap((instruction) => {
        const { content } = instruction;
        if ((content.keyword !== 'COPY' && content.keyword !== 'ADD') || content.from === null) return [];
        return breachOf(dockerfile, instruction, content.from, index, instruction);
      }),
    );
    return [...bases, ...copied];
  },
};

function breachOf(
  dockerfile: Dockerfile,
  instruction: Instruction,
  written: string,
  index: number,
  at: { readonly line: number; readonly column: number },
): readonly Breach[] {
  if (stageNamed(dockerfile.stages, written, index) !== null || written === 'scratch') return [];
  const image = withDefaults(dockerfile, written);
  if (image === null || image.includes('@')) return [];
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  if (tag !== undefined && tag !== 'latest') return [];
  // A number that no stage has is a mistake of its own, which the build names.
  if (instruction.content.keyword !== 'FROM' && /^\d+$/.test(image)) return [];
  const name = image.replace(/:latest$/, '');
  const message =
    tag === undefined ? `${name} has no tag, so it is whatever is latest` : `${name}:latest changes without notice`;
  return [{ at, message, fix: `${name}:VERSION, or better ${name}:VERSION@sha256:DIGEST` }];
}

/** An image with the defaults of global ARGs put in; null when it stays unknown. */
function withDefaults({ globals }: Dockerfile, written: string): string | null {
  const defaults = new Map(
    globals.flatMap(({ content }) =>
      content.keyword === 'ARG' ? content.pairs.map(({ name, value }) => [name, value] as const) : [],
    ),
  );
  const image = written.replaceAll(/\$\{?(\w+)\}?/g, (all, name: string) => defaults.get(name) ?? all);
  return image.includes('$') ? null : image;
}

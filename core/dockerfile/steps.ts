import { readCopyKnowledge, type CopyKnowledge } from './copy-knowledge.ts';
import { resolvePath, unknownFolder, type ImagePath } from './image-path.ts';
import { stageNamed, type Dockerfile, type Instruction, type Stage } from './instruction.ts';
import { readRun, type RunKnowledge } from './run-knowledge.ts';

/** An instruction of a stage with what is known of it where it stands. */
export interface Step {
  readonly instruction: Instruction;
  /** Its place in the stage, from 0. */
  readonly at: number;
  /** The working folder before it. */
  readonly folder: ImagePath;
  readonly run: RunKnowledge | null;
  readonly copy: CopyKnowledge | null;
}

/** A stage, instruction by instruction. */
export interface WalkedStage {
  readonly stage: Stage;
  /** The stage that it begins from; null: an image. */
  readonly base: WalkedStage | null;
  readonly steps: readonly Step[];
  /** The working folder at its end. */
  readonly folder: ImagePath;
}

/** Walks every stage with what is known of its instructions. */
export function walkStages(dockerfile: Dockerfile): readonly WalkedStage[] {
  const walked: WalkedStage[] = [];
  for (const stage of dockerfile.stages) {
    const from = stageNamed(dockerfile.stages, stage.from.content.image.text, stage.index);
    const base = from === null ? null : (walked[from.index] ?? null);
    walked.push({ stage, base, ...walkSteps(stage.instructions, base?.folder ?? unknownFolder) });
  }
  return walked;
}

/** Walks instructions in a row, from the working folder that they begin in. */
export function walkSteps(
  instructions: readonly Instruction[],
  from: ImagePath,
): { readonly steps: readonly Step[]; readonly folder: ImagePath } {
  let folder = from;
  const steps: Step[] = [];
  for (const [at, instruction] of instructions.entries()) {
    const { content, flags, heredocs } = instruction;
    const isCopy = content.keyword === 'COPY' || content.keyword === 'ADD';
    const run = content.keyword === 'RUN' ? readRun(content.command, heredocs, folder) : null;
    steps.push({ instruction, at, folder, run, copy: isCopy ? readCopyKnowledge(content, flags, folder) : null });
    if (content.keyword === 'WORKDIR') folder = resolvePath(folder, content.value.text);
  }
  return { steps, folder };
}

/** The triggers of ONBUILD as steps, as they would run in the image that is built from this one. */
export function walkTriggers(stage: Stage): readonly Step[] {
  const triggers = stage.instructions.flatMap((instruction): Instruction[] => {
    const { content } = instruction;
    return content.keyword === 'ONBUILD'
      ? [{ ...instruction, content: content.trigger, flags: content.triggerFlags }]
      : [];
  });
  return walkSteps(triggers, unknownFolder).steps;
}

import { flagOf, stageNamed } from './instruction.ts';
import type { Step, WalkedStage } from './steps.ts';

/** What is built anew when one instruction is, itself among it. */
export interface Cost {
  /** Instructions that make a layer: RUN, COPY, ADD. */
  readonly layers: number;
  /** Those of them that install something, by their tools. */
  readonly installs: readonly string[];
}

/**
 * The cost of a change in what an instruction brings: what follows in its stage, and what is made of that in others. As
 * BuildKit counts; the older builder makes all anew below a LABEL or ENV that names a changed ARG.
 */
export function costOf(walked: readonly WalkedStage[], changed: Step, within: WalkedStage): Cost {
  const from = new Map<number, number>([[within.stage.index, firstTouched(changed, within)]]);
  for (const later of walked.slice(within.stage.index + 1)) {
    const inherits = later.base !== null && from.has(later.base.stage.index);
    const first = inherits ? 0 : later.steps.findIndex((step) => usesStage(walked, step, later, from));
    if (first !== -1) from.set(later.stage.index, first);
  }
  const repeated = walked.flatMap(({ stage, steps }) => steps.slice(from.get(stage.index) ?? steps.length));
  const layers = repeated.filter(({ run, copy }) => run !== null || copy !== null);
  const installs = layers.flatMap(({ run }) => run?.commands ?? []).flatMap(({ install }) => install?.tool ?? []);
  return { layers: layers.length, installs: [...new Set(installs)] };
}

/** Where a change is first felt: an ARG by the first RUN, which sees them all, or by what names it. */
function firstTouched({ at, instruction: { content } }: Step, { steps }: WalkedStage): number {
  if (content.keyword !== 'ARG') return at;
  const names = content.pairs.map(({ name }) => name);
  const feels = ({ run, instruction }: Step): boolean =>
    run !== null ||
    (['COPY', 'ADD', 'WORKDIR'].includes(instruction.content.keyword) &&
      names.some((name) => instruction.text.includes(name)));
  const found = steps.slice(at + 1).findIndex(feels);
  return found === -1 ? steps.length : at + 1 + found;
}

/** Whether a step takes something out of a stage that is built anew. */
function usesStage(
  walked: readonly WalkedStage[],
  { instruction }: Step,
  { stage }: WalkedStage,
  from: ReadonlyMap<number, number>,
): boolean {
  const copied = flagOf(instruction.flags, 'from');
  const mounted = instruction.flags.flatMap(({ name, value }) =>
    name === 'mount' ? (/(?:^|,)from=([^,]+)/.exec(value ?? '')?.[1] ?? []) : [],
  );
  const stages = walked.map((one) => one.stage);
  return [...(copied === null ? [] : [copied]), ...mounted].some((name) => {
    const named = stageNamed(stages, name, stage.index);
    return named !== null && from.has(named.index);
  });
}

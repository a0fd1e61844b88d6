import type { BuildContext } from './build-context.ts';
import { isChangingArgument } from './changing-argument.ts';
import { costOf, type Cost } from './cost.ts';
import { hoist, type Hoist } from './hoist.ts';
import type { Install } from './install.ts';
import type { Dockerfile } from './instruction.ts';
import { parseDockerfile } from './parse.ts';
import { reorder } from './reorder.ts';
import { walkStages, walkTriggers, type Step, type WalkedStage } from './steps.ts';

export type OrderRule = 'sources-before-dependencies' | 'argument-before-dependencies';

/** A RUN that installs something, below something that changes more often. */
export interface LateInstall {
  readonly tool: string;
  readonly line: number;
}

/** How the order would be better. */
export type OrderRemedy =
  | {
      readonly kind: 'order';
      /** The same instructions in another order, or with a COPY of some files before the COPY of all. */
      readonly by: 'permutation' | 'split';
      /** The whole corrected file. */
      readonly text: string;
      readonly after: Cost;
      readonly granted: readonly string[];
      /** What could not be moved, and why; null when all is. */
      readonly rest: string | null;
    }
  | {
      readonly kind: 'words';
      /** What a person does. */
      readonly text: string;
    };

/** One place where what changes often stands above what is installed. */
export interface OrderAdvice {
  readonly rule: OrderRule;
  readonly step: Step;
  readonly installs: readonly LateInstall[];
  readonly before: Cost;
  readonly remedy: OrderRemedy;
}

/** Advice on the order of instructions, at most one of a rule for each stage. */
export function adviseOrder(dockerfile: Dockerfile, context: BuildContext | null): readonly OrderAdvice[] {
  const walked = walkStages(dockerfile);
  return walked.flatMap((stage) => {
    const installed = installedIn(stage.base);
    const sources = stage.steps.find(
      (step) => step.copy?.isSources === true && lateInstalls(stage.steps, step, installed).length > 0,
    );
    const argument = stage.steps.find(
      (step) => isChangingArgument(step) && lateInstalls(stage.steps, step, new Set()).length > 0,
    );
    return [
      ...(sources === undefined ? [] : [adviceFor('sources-before-dependencies', sources, installed)]),
      ...(argument === undefined ? [] : [adviceFor('argument-before-dependencies', argument, new Set<string>())]),
      ...adviseTriggers(stage),
    ].filter((advice): advice is OrderAdvice => advice !== null);

    function adviceFor(rule: OrderRule, step: Step, before: ReadonlySet<string>): OrderAdvice | null {
      const late = lateInstalls(stage.steps, step, before);
      const found = remedyFor(dockerfile, walked, stage, step, late, context);
      // An argument that installs need, or that cannot move, is where it must be.
      if (rule === 'argument-before-dependencies' && found.kind === 'words') return null;
      return { rule, step, installs: late.map(installOf), before: costOf(walked, step, stage), remedy: found };
    }
  });
}

/** The corrected file: every correction, one after the other. The same text when there is none. */
export function correctOrder(
  dockerfile: Dockerfile,
  context: BuildContext | null,
  isWanted: (file: Dockerfile, advice: OrderAdvice) => boolean = () => true,
): string {
  let current = dockerfile;
  // Each round moves at least one install up; more rounds than instructions are not needed.
  for (let round = 0; round < 20; round += 1) {
    const remedies = adviseOrder(current, context).flatMap((advice) =>
      advice.remedy.kind === 'order' && isWanted(current, advice) ? [advice.remedy] : [],
    );
    const remedy = remedies.find(({ text }) => text !== current.file.text);
    if (remedy === undefined) break;
    current = parseDockerfile({ name: dockerfile.file.name, text: remedy.text });
  }
  return current.file.text;
}

/** A late install with the step that it stands in. */
interface Late {
  readonly step: Step;
  readonly install: Install;
}

function installOf({ step, install }: Late): LateInstall {
  return { tool: install.tool, line: step.instruction.line };
}

/** The tool of an install without its verb, by which one is known to have come before. */
function headOf(install: Install): string {
  return install.tool.replace(/^pip3/, 'pip').split(' ')[0] ?? '';
}

function installedIn(stage: WalkedStage | null): ReadonlySet<string> {
  if (stage === null) return new Set();
  return new Set([...installedIn(stage.base), ...stage.steps.flatMap(headsOf)]);
}

function headsOf({ run }: Step): readonly string[] {
  return (run?.commands ?? []).flatMap(({ install }) =>
    install === null || install.kind === 'packages' ? [] : headOf(install),
  );
}

/** The installs below a step which need not be repeated when it changes; those that were done above are no first ones. */
function lateInstalls(steps: readonly Step[], from: Step, before: ReadonlySet<string>): readonly Late[] {
  const done = new Set([...before, ...steps.slice(0, from.at).flatMap(headsOf)]);
  return steps.slice(from.at + 1).flatMap((step): readonly Late[] => {
    const { run, instruction } = step;
    if (run === null) return [];
    const cached = instruction.flags.some(({ name, value }) => name === 'mount' && /type=cache/.test(value ?? ''));
    const late = run.commands.flatMap(({ install }): readonly Late[] => {
      if (install === null || done.has(headOf(install))) return [];
      if (install.kind === 'packages') return run.understood ? [{ step, install }] : [];
      return install.kind === 'project' && cached ? [] : [{ step, install }];
    });
    for (const { install } of late) if (install.kind !== 'packages') done.add(headOf(install));
    return late;
  });
}

function remedyFor(
  dockerfile: Dockerfile,
  walked: readonly WalkedStage[],
  stage: WalkedStage,
  step: Step,
  late: readonly Late[],
  context: BuildContext | null,
): OrderRemedy {
  const targets = [...new Set(late.filter(({ install }) => install.kind !== 'project').map((one) => one.step))];
  const found: Hoist = hoist(stage.steps, step.at, targets, context);
  const project = late.find(({ install }) => install.kind === 'project')?.install;
  const apart = project?.kind === 'project' ? `${project.tool}: ${project.apart}` : null;
  const text = found.moved.size === 0 ? null : reorder(dockerfile, stage, step, found);
  if (text === null) {
    const why = found.obstacle ?? (found.moved.size === 0 ? null : 'the COPY has flags that cannot be divided');
    return {
      kind: 'words',
      text: [apart, why].filter((one) => one !== null).join('; ') || 'copy the sources below the install',
    };
  }
  const corrected = walkStages(parseDockerfile({ name: dockerfile.file.name, text }));
  const again = corrected[stage.stage.index];
  const moved = again?.steps.findLast((one) => one.instruction.source.trimEnd() === step.instruction.source.trimEnd());
  const after =
    again === undefined || moved === undefined ? costOf(walked, step, stage) : costOf(corrected, moved, again);
  const rest = [apart, found.obstacle].filter((one) => one !== null).join('; ');
  const by = found.split === null ? 'permutation' : 'split';
  return { kind: 'order', by, text, after, granted: found.granted, rest: rest === '' ? null : rest };
}

/** The triggers of ONBUILD run one after the other in another build: the same advice, in words. */
function adviseTriggers({ stage }: WalkedStage): readonly OrderAdvice[] {
  const steps = walkTriggers(stage);
  const step = steps.find((one) => one.copy?.isSources === true && lateInstalls(steps, one, new Set()).length > 0);
  if (step === undefined) return [];
  const installs = lateInstalls(steps, step, new Set()).map(installOf);
  const alone = { stage: { ...stage, index: 0 }, base: null, steps, folder: '?' };
  const before = costOf([alone], step, alone);
  const text = 'copy what declares the dependencies, and install them, in triggers above this one';
  return [{ rule: 'sources-before-dependencies', step, installs, before, remedy: { kind: 'words', text } }];
}

import type { DeploymentView } from '../../wire/deployment.ts';
import { printable, type Style } from '../style.ts';
import { cut } from '../table.ts';
import { elapsed } from '../time.ts';
import { phaseText, stepLines, waitLines } from './deployment.ts';
import { clusterName, simulatedMark, count, spotName, stateWord, stepAction } from './words.ts';

type StepOf = DeploymentView['waves'][number][number];

/** What a terminal shows while a deployment goes on. `trouble`: why the server was not heard just now. */
export interface ProgressFrame {
  readonly view: DeploymentView;
  readonly trouble: string | null;
  readonly nowMs: number;
  readonly columns: number;
  readonly rows: number;
}

/** The lines of one frame: never more nor wider than the terminal. */
export function progressLines(frame: ProgressFrame, style: Style): readonly string[] {
  const { view, nowMs } = frame;
  const width = Math.max(20, frame.columns - 1);
  const took = elapsed(nowMs - view.acceptedAt);
  const head = `${style.bold(view.id)} on ${view.environment}${simulatedMark(view)}  ${phaseText(view, style)}  ${style.dim(took)}`;
  const trouble = frame.trouble === null ? [] : [style.yellow(cut(`  ${printable(frame.trouble)}`, width))];
  const waits = waitLines(view, plainStyle).map((line) => style.yellow(cut(line, width)));
  const least = [head, ...waits, ...trouble];
  const room = Math.max(3, frame.rows - 1 - least.length);
  return [head, ...fit(view, style, nowMs, width, room), ...waits, ...trouble];
}

const plainStyle: Style = (() => {
  const same = (text: string): string => text;
  return { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };
})();

/** All steps where there is room; else those that something happens to, and a count of the others. */
function fit(view: DeploymentView, style: Style, nowMs: number, width: number, room: number): readonly string[] {
  const all = stepLines(view, style, nowMs, width);
  if (all.length <= room) return all;
  const steps = view.waves.flat();
  const busy = all.filter((_, index) => isBusy(steps[index]));
  const shown = busy.slice(0, room - 1);
  const verified = steps.filter((step) => step.state === 'verified').length;
  const others = `${count(all.length - shown.length, 'more step')}; ${verified} of ${all.length} verified`;
  return [...shown, style.dim(cut(`  ${others}`, width))];
}

function isBusy(step: StepOf | undefined): boolean {
  return step !== undefined && step.state !== 'waiting' && step.state !== 'verified' && step.state !== 'reverted';
}

/** What changed between two looks at a deployment, one line each, for output that is no terminal. */
export function changesBetween(before: DeploymentView | null, after: DeploymentView): readonly string[] {
  const lines: string[] = [];
  const phase = phaseLine(after);
  if (phase !== null && (before === null || phaseLine(before) !== phase)) lines.push(phase);
  const known = new Map(before?.waves.flat().map((step) => [step.id, step]));
  for (const [index, wave] of after.waves.entries()) {
    for (const step of wave) {
      const line = stepLine(after, step, index + 1);
      const last = known.get(step.id);
      if (step.state !== (last?.state ?? 'waiting')) lines.push(line);
    }
  }
  const held = new Set(before?.holds);
  lines.push(...after.holds.filter((hold) => !held.has(hold)).map((hold) => `held up: ${printable(hold)}`));
  return lines.map((line) => `${after.id}: ${line}`);
}

/** Null at the end: the outcome is told with its cause. */
function phaseLine(view: DeploymentView): string | null {
  if (view.phase === 'ended') return null;
  if (view.phase === 'active') return view.reverting ? 'rolling back' : 'under way';
  const waits = view.waitsFor.map((wait) => `${wait.deployment} (${wait.services.join(', ')})`);
  return waits.length === 0 ? 'waiting' : `waits for ${waits.join(', ')}`;
}

function stepLine(view: DeploymentView, step: StepOf, wave: number): string {
  const tells = step.state === 'failed' || step.state === 'reverting' || step.state === 'revert-failed';
  const why = step.cause === null || !tells ? '' : `: ${printable(step.cause.summary)}`;
  return `wave ${wave}: ${spotName(step.spot)} on ${clusterName(step.spot.cluster, view)}: ${stepAction(step)}: ${stateWord(step.state)}${why}`;
}

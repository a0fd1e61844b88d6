import { unreachable } from '../../core/unreachable.ts';
import type { CauseView, DeploymentSummary, DeploymentView } from '../../wire/deployment.ts';
import { printable, printableLine, type Style } from '../style.ts';
import { renderTable, type Cell } from '../table.ts';
import { renderParameters } from './parameters.ts';
import { age, elapsed } from '../time.ts';
import { renderWithheld } from './withheld.ts';
import {
  outcomeMeaning,
  outcomePaint,
  outcomeWord,
  simulatedMark,
  spotName,
  stateWord,
  statePaint,
  stepAction,
} from './words.ts';

type StepOf = DeploymentView['waves'][number][number];

/** A deployment with all its steps. */
export function renderDeployment(view: DeploymentView, style: Style, nowMs: number): string {
  const facts = [
    ['environment', `${view.environment}${simulatedMark(view)}`],
    ['services', view.services.join(', ')],
    ['reason', view.reason],
    ['by', view.actor],
    ['accepted', `${new Date(view.acceptedAt).toISOString()} (${age(view.acceptedAt, nowMs)} ago)`],
    ['plan', view.plan.slice(0, 12)],
    ['ledger', `entry ${view.sequence}`],
  ];
  const head = `${style.bold(view.id)}  ${phaseText(view, style)}`;
  const blocks = [
    `${head}\n${renderTable([], facts, style, { indent: '  ' })}`,
    stepLines(view, style, nowMs, Infinity).join('\n'),
    ...(view.parameters.length === 0 ? [] : [renderParameters(view.parameters, style)]),
    ...(view.withheld.length === 0 ? [] : [renderWithheld(view.withheld, style)]),
    ...waitLines(view, style),
    ...(view.outcome === null ? [] : [renderOutcome(view, style)]),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

/** Where a deployment stands, in a word or two. */
export function phaseText(view: DeploymentView | DeploymentSummary, style: Style): string {
  if (view.outcome !== null) return outcomePaint(view.outcome, style)(outcomeWord(view.outcome));
  switch (view.phase) {
    case 'queued':
      return style.dim('waiting');
    case 'active': {
      const reverting = 'reverting' in view && view.reverting;
      return reverting ? style.yellow('rolling back') : style.cyan('under way');
    }
    case 'ended':
      return 'ended';
    default:
      return unreachable(view.phase);
  }
}

/** One line for each step, under its wave's number. */
export function stepLines(view: DeploymentView, style: Style, nowMs: number, width: number): readonly string[] {
  const rows = view.waves.flatMap((wave, index) =>
    wave.map((step, at) => stepRow(step, at === 0 ? `wave ${index + 1}` : '', style, nowMs)),
  );
  return rows.length === 0 ? [] : renderTable([], rows, style, { indent: '  ', width }).split('\n');
}

function stepRow(step: StepOf, wave: string, style: Style, nowMs: number): readonly Cell[] {
  return [
    { text: wave, paint: style.dim },
    spotName(step.spot),
    stepAction(step),
    { text: stateWord(step.state), paint: statePaint(step.state, style) },
    step.startedAt === null ? '' : elapsed((step.endedAt ?? nowMs) - step.startedAt),
    { text: step.cause?.summary ?? progressOf(step), paint: style.dim },
  ];
}

/** What was last seen of a step is of interest only while something happens to it. */
function progressOf(step: StepOf): string {
  return step.state === 'started' || step.state === 'reverting' ? (step.progress ?? '') : '';
}

/** For whom it waits, and what keeps it from going on. */
export function waitLines(view: DeploymentView, style: Style): readonly string[] {
  if (view.outcome !== null) return [];
  return [
    ...view.waitsFor.map((wait) => `  waits for ${wait.deployment} (${wait.services.join(', ')})`),
    ...view.holds.map((hold) => `  ${style.yellow('held up:')} ${printable(hold)}`),
  ];
}

/** How a deployment ended, why, and what to do next. */
export function renderOutcome(view: DeploymentView, style: Style): string {
  if (view.outcome === null) return '';
  const took = view.endedAt === null ? '' : ` after ${elapsed(view.endedAt - view.acceptedAt)}`;
  const word = outcomePaint(view.outcome, style)(outcomeWord(view.outcome));
  const lines = [`${style.bold(view.id)} ${word}${took}${simulatedMark(view)}: ${outcomeMeaning(view.outcome)}`];
  if (view.cause !== null) lines.push(...renderCause(view.cause, style));
  if (view.unknown.length > 0) lines.push(`  ${style.red('not known what runs:')} ${view.unknown.join(', ')}`);
  const next = nextStep(view);
  if (next !== null) lines.push(`  ${style.bold('next:')} ${next}`);
  return lines.join('\n');
}

/** A cause with its task, exit code and last log lines. */
export function renderCause(cause: CauseView, style: Style): readonly string[] {
  const facts: [string, string | null][] = [
    ['step', cause.step],
    ['task', cause.task],
    ['node', cause.node],
    ['exit code', cause.exitCode === null ? null : String(cause.exitCode)],
  ];
  const known = facts.flatMap(([name, value]) => (value === null ? [] : [[`${name}:`, value]]));
  const lines = [`  ${style.bold('cause:')} ${printable(cause.summary)}`];
  if (known.length > 0) lines.push(...renderTable([], known, style, { indent: '    ' }).split('\n'));
  if (cause.logs !== null && cause.logs.length > 0) {
    lines.push('    last log lines:');
    lines.push(...cause.logs.map((line) => `      ${style.dim('|')} ${printableLine(line.text, false)}`));
  }
  if (cause.logsErased) lines.push('    last log lines: (erased)');
  if (cause.hint !== null) lines.push(`  ${style.bold('hint:')} ${printable(cause.hint)}`);
  return lines;
}

function nextStep(view: DeploymentView): string | null {
  switch (view.outcome) {
    case 'rolled-back':
    case 'failed':
      return `mend the cause and release a new version; dray show ${view.id} has all of it`;
    case 'rollback-failed':
      return `dray status ${view.environment} shows what runs now; dray doctor what keeps the cluster from answering`;
    case 'refused':
      return `plan again: dray plan ${view.environment} --set SERVICE=VERSION, or with the file`;
    case 'succeeded':
    case 'cancelled':
    case 'superseded':
    case null:
      return null;
    default:
      return unreachable(view.outcome);
  }
}

/** A list of deployments, newest first. */
export function renderDeployments(
  deployments: readonly DeploymentSummary[],
  style: Style,
  nowMs: number,
  width: number,
): string {
  if (deployments.length === 0) return 'No deployments yet. dray deploy FILE makes the first.';
  const rows = deployments.map((view) => [
    { text: view.id, paint: style.bold },
    view.environment,
    { text: plainPhase(view), paint: view.outcome === null ? style.cyan : outcomePaint(view.outcome, style) },
    age(view.acceptedAt, nowMs),
    view.endedAt === null ? '' : elapsed(view.endedAt - view.acceptedAt),
    view.reason,
    view.services.join(', '),
  ]);
  const header = ['DEPLOYMENT', 'ENVIRONMENT', 'STATE', 'AGE', 'TOOK', 'REASON', 'SERVICES'];
  return renderTable(header, rows, style, { width });
}

function plainPhase(view: DeploymentSummary): string {
  if (view.outcome !== null) return outcomeWord(view.outcome);
  return view.phase === 'queued' ? 'waiting' : 'under way';
}

import type { Json } from '../../core/json.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { PlanView, StepView } from '../../wire/plan.ts';
import { printable, type Paint, type Style } from '../style.ts';
import { cut, renderTable } from '../table.ts';
import { renderConfig, renderParameters } from './parameters.ts';
import { renderWithheld } from './withheld.ts';
import { clusterName, count, spotName, stepAction } from './words.ts';

const valueWidth = 60;

/** A plan for people. `brief` leaves out the changed fields and the notes. */
export function renderPlan(plan: PlanView, style: Style, options: { readonly brief: boolean }): string {
  const steps = plan.waves.flat();
  const blocks = [headline(plan, steps.length, style)];
  for (const [index, wave] of plan.waves.entries()) {
    const title = style.bold(`Wave ${index + 1}`);
    const rows = stepRows(plan, wave, style);
    const body = wave.map((step, at) => renderStep(step, rows[at] ?? '', style, options.brief));
    blocks.push([title, ...body].join('\n'));
  }
  if (plan.parameters.length > 0) blocks.push(renderParameters(plan.parameters, style));
  if (plan.withheld.length > 0) blocks.push(renderWithheld(plan.withheld, style));
  if (!options.brief) for (const config of plan.configs) blocks.push(renderConfig(config, style));
  const tail = [
    ...(plan.unchanged.length === 0 ? [] : [style.dim(`unchanged: ${unchangedNames(plan).join(', ')}`)]),
    ...plan.warnings.map((warning) => `${style.yellow('warning:')} ${printable(warning)}`),
    ...(options.brief ? [] : plan.advice.map((line) => `${style.dim('advice:')} ${printable(line)}`)),
    ...(plan.waitsFor.length === 0 ? [] : [`would wait for: ${plan.waitsFor.join(', ')}`]),
  ];
  if (tail.length > 0) blocks.push(tail.join('\n'));
  return blocks.join('\n\n');
}

/**
 * What stays as it is, each name once: the plan has `cluster/service/component`. With its cluster where something of
 * that name changes on another.
 */
function unchangedNames(plan: PlanView): readonly string[] {
  const changing = new Set(plan.waves.flat().map((step) => spotName(step.spot)));
  const names = plan.unchanged.map((id) => {
    const [cluster = '', service = id, component = service] = id.split('/');
    const name = spotName({ service, component });
    return changing.has(name) ? `${name} on ${clusterName(cluster, plan)}` : name;
  });
  return [...new Set(names)];
}

function headline(plan: PlanView, steps: number, style: Style): string {
  const name = style.bold(plan.environment);
  const from = style.dim(`(plan ${plan.digest.slice(0, 12)}, on revision ${plan.baseRevision})`);
  if (steps === 0 && Object.keys(plan.changes).length === 0) {
    return `Nothing to do: ${name} is as asked. ${from}`;
  }
  if (steps === 0) {
    return `Nothing to change on any cluster; ${name} gets a new revision of its spec. ${from}`;
  }
  return `Plan for ${name}: ${count(steps, 'step')} in ${count(plan.waves.length, 'wave')} ${from}`;
}

function stepRows(plan: PlanView, wave: readonly StepView[], style: Style): readonly string[] {
  const rows = wave.map((step) => [
    { text: `${markOf(step)} ${spotName(step.spot)}`, paint: paintOf(step, style) },
    stepAction(step),
    `on ${clusterName(step.spot.cluster, plan)}`,
    restartWord(step),
  ]);
  return renderTable([], rows, style, { indent: '  ' }).split('\n');
}

function renderStep(step: StepView, row: string, style: Style, brief: boolean): string {
  if (brief) return row;
  const fields = step.change.kind === 'update' ? step.change.fields : [];
  const rows = fields.map(({ field, from, to }) => [
    field,
    { text: valueText(from), paint: style.dim },
    '->',
    { text: valueText(to), paint: (text: string) => text },
  ]);
  return [
    row,
    ...(rows.length === 0 ? [] : [renderTable([], rows, style, { indent: '      ' })]),
    ...step.notes.map((note) => `      ${style.dim('note:')} ${printable(note)}`),
  ].join('\n');
}

function markOf(step: StepView): string {
  switch (step.change.kind) {
    case 'create':
      return '+';
    case 'update':
    case 'scale':
      return '~';
    case 'remove':
      return '-';
    default:
      return unreachable(step.change);
  }
}

function paintOf(step: StepView, style: Style): Paint {
  switch (step.change.kind) {
    case 'create':
      return style.green;
    case 'update':
    case 'scale':
      return style.yellow;
    case 'remove':
      return style.red;
    default:
      return unreachable(step.change);
  }
}

function restartWord(step: StepView): string {
  switch (step.change.kind) {
    case 'create':
      return 'starts';
    case 'update':
      return step.change.restarts ? 'restarts' : 'no restart';
    case 'scale':
      return 'no restart';
    case 'remove':
      return 'stops';
    default:
      return unreachable(step.change);
  }
}

/** A value within one line: texts as they are, digests short, nothing as `(none)`. */
export function valueText(value: Json): string {
  if (value === null) return '(none)';
  const text = typeof value === 'string' ? (value === '' ? '""' : value) : JSON.stringify(value);
  return cut(printable(text.replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, 'sha256:$1')), valueWidth);
}

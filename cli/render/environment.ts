import { unreachable } from '../../core/unreachable.ts';
import type { ComponentStatus, EnvironmentView } from '../../wire/environment.ts';
import { printable, type Paint, type Style } from '../style.ts';
import { renderTable, type Cell } from '../table.ts';
import { age } from '../time.ts';
import { renderDeployments } from './deployment.ts';
import { count, spotName } from './words.ts';

/** What environments are to run and were seen to run: one row for each component on each cluster. */
export function renderStatus(
  environments: readonly EnvironmentView[],
  style: Style,
  nowMs: number,
  width: number,
): string {
  if (environments.length === 0) return 'The platform document names no environment.';
  const rows = environments.flatMap((environment) => statusRows(environment, style, nowMs));
  const header = ['ENVIRONMENT', 'SERVICE', 'VERSION', 'HEALTH', 'RUNNING', 'CLUSTER', 'SEEN', ''];
  const notes = environments.flatMap((environment) => troubleLines(environment, style));
  return [renderTable(header, rows, style, { width, right: [4] }), ...notes].join('\n');
}

/** One environment with its newest deployments. */
export function renderEnvironment(view: EnvironmentView, style: Style, nowMs: number, width: number): string {
  const clusters = view.clusters.join(', ');
  const head = `${style.bold(view.name)} on ${clusters}, revision ${view.revision}, ${count(view.services, 'service')}`;
  return [
    head,
    renderStatus([view], style, nowMs, width),
    ...(view.olderSecrets.length === 0 ? [] : [renderOlder(view, style)]),
    renderDeployments(view.deployments, style, nowMs, width),
  ].join('\n\n');
}

function renderOlder({ olderSecrets }: EnvironmentView, style: Style): string {
  const rows = olderSecrets.map(({ service, secret, runs, newest }) => [
    { text: service, paint: style.bold },
    secret,
    `has ${runs}`,
    `newest ${newest}`,
  ]);
  return `${style.bold('Older versions of secrets')}\n${renderTable([], rows, style, { indent: '  ' })}`;
}

function statusRows(view: EnvironmentView, style: Style, nowMs: number): readonly (readonly Cell[])[] {
  if (view.components.length === 0) {
    return [[view.name, { text: 'nothing runs here yet', paint: style.dim }]];
  }
  return view.components.map((component) => componentRow(view, component, style, nowMs));
}

function componentRow(view: EnvironmentView, component: ComponentStatus, style: Style, nowMs: number): readonly Cell[] {
  const seen = view.observed.find((look) => look.cluster === component.cluster);
  const simulated = seen?.simulated === true ? ' (simulated)' : '';
  return [
    view.name,
    { text: spotName(component), paint: style.bold },
    component.settled ? component.release : `${component.release} (changing)`,
    { text: component.health, paint: healthPaint(component.health, style) },
    `${component.running ?? '?'}/${component.replicas}`,
    `${component.cluster}${simulated}`,
    seen?.observedAt === undefined || seen.observedAt === null ? 'never' : age(seen.observedAt, nowMs),
    { text: component.message ?? '', paint: style.dim },
  ];
}

/** Only what was seen to be healthy is green. */
function healthPaint(health: ComponentStatus['health'], style: Style): Paint {
  switch (health) {
    case 'healthy':
      return style.green;
    case 'converging':
      return style.cyan;
    case 'degraded':
    case 'missing':
      return style.red;
    case 'unknown':
      return style.yellow;
    default:
      return unreachable(health);
  }
}

function troubleLines(view: EnvironmentView, style: Style): readonly string[] {
  return view.observed.flatMap((look) =>
    look.trouble === null
      ? []
      : [`${style.yellow('not seen whole:')} ${view.name}, cluster ${look.cluster}: ${printable(look.trouble)}`],
  );
}

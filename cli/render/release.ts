import type { ReleaseSummary, ReleaseView } from '../../wire/release.ts';
import { renderBom, renderEvidence, renderFindings, renderSignatures } from './bom.ts';
import { renderStandings } from './standing.ts';
import { printable, type Style } from '../style.ts';
import { cut, renderTable } from '../table.ts';
import { age } from '../time.ts';

/** Releases, newest first. */
export function renderReleases(
  releases: readonly ReleaseSummary[],
  style: Style,
  nowMs: number,
  width: number,
): string {
  if (releases.length === 0) return 'No releases yet. dray release SERVICE VERSION -f compose.yaml registers one.';
  const rows = releases.map((release) => [
    { text: `${release.service}@${release.version}`, paint: style.bold },
    age(release.registeredAt, nowMs),
    release.identity.slice(0, 12),
    release.actor,
    String(release.sequence),
  ]);
  return renderTable(['RELEASE', 'AGE', 'IDENTITY', 'BY', 'ENTRY'], rows, style, { width, right: [4] });
}

/** One release: images by digest, parameters, files, what was added to it. */
export function renderRelease(view: ReleaseView, style: Style, nowMs: number): string {
  const facts = [
    ['identity', view.identity],
    [
      'registered',
      `${new Date(view.registeredAt).toISOString()} (${age(view.registeredAt, nowMs)} ago) by ${view.actor}`,
    ],
    ['ledger', `entry ${view.receipt.sequence}, ${view.receipt.hash}`],
    ['source', sourcesOf(view.source)],
    ...Object.entries(view.meta).map(([key, value]) => [key, value]),
  ];
  const images = Object.entries(view.images).map(([component, image]) => [
    { text: component, paint: style.bold },
    image.resolved,
    { text: image.hasHealthCheck === true ? 'declares a health check' : '', paint: style.dim },
  ]);
  const parameters = view.parameters.map((parameter) => [
    { text: parameter.name, paint: style.bold },
    kindOf(parameter),
    {
      text: parameter.required
        ? 'each environment supplies it'
        : parameter.default === undefined
          ? 'has a default'
          : `default ${parameter.default === '' ? '""' : cut(printable(parameter.default), 60)}`,
      paint: style.dim,
    },
    { text: cut(printable(parameter.description ?? ''), 100), paint: style.dim },
  ]);
  const files = Object.entries(view.files).map(([path, digest]) => [path, digest.slice(0, 12)]);
  const indent = { indent: '  ' };
  return [
    `${style.bold(`${view.service}@${view.version}`)}\n${renderTable([], facts, style, indent)}`,
    section('Images', renderTable([], images, style, indent), images.length, style),
    renderBom(view.bom, style),
    section('Findings', renderFindings(view.findings), view.findings.scanned.length, style),
    section('Signatures', renderSignatures(view.signatures, style), view.signatures.length, style),
    ...(view.standings.length === 0 ? [] : [renderStandings(view.standings, style)]),
    section('Parameters', renderTable([], parameters, style, indent), parameters.length, style),
    section('Files', renderTable([], files, style, indent), files.length, style),
    section('Evidence', renderEvidence(view.evidence, style, nowMs), view.evidence.length, style),
    ...view.warnings.map((warning) => `${style.yellow('warning:')} ${printable(warning)}`),
  ]
    .filter((block) => block !== '')
    .join('\n');
}

/** The type of a parameter, with what narrows it. */
function kindOf({ type, values, min, max, pattern }: ReleaseView['parameters'][number]): string {
  if (values !== undefined) return printable(values.join(' | '));
  const range = min === undefined && max === undefined ? '' : ` ${min ?? ''}..${max ?? ''}`;
  return `${type}${range}${pattern === undefined ? '' : ` ${cut(printable(pattern), 40)}`}`;
}

/** The files that were merged, in their order, and how many more they name. */
function sourcesOf({ name, overrides = [], files = {}, profiles = [] }: ReleaseView['source']): string {
  const count = Object.keys(files).length;
  const more = count === 0 ? '' : ` and ${count} more ${count === 1 ? 'file' : 'files'}`;
  const active = profiles.length === 0 ? '' : `, profiles ${profiles.join(', ')}`;
  return `${[name, ...overrides.map((one) => one.name)].join(' + ')}${more}${active}`;
}

function section(title: string, body: string, rows: number, style: Style): string {
  return rows === 0 ? '' : `${style.dim(title)}\n${body}`;
}

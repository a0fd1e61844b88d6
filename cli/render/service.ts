import type { ServiceView } from '../../wire/service.ts';
import type { Style } from '../style.ts';
import { renderTable, type Cell } from '../table.ts';
import { age } from '../time.ts';
import { count } from './words.ts';

type Release = ServiceView['releases'][number];

const barMost = 20;

/** A service: its releases, newest first, with the defect rate of each. What is not known is said, and has no bar. */
export function renderService({ service, releases, hasMore }: ServiceView, style: Style, nowMs: number): string {
  const most = Math.max(0, ...releases.map(({ rate }) => (rate.kind === 'known' ? rate.value : 0)));
  const rows = releases.map((release) => rowOf(service, release, most, style, nowMs));
  const head = `${style.bold(service)}: ${hasMore ? 'the newest ' : ''}${count(releases.length, 'release')}`;
  const head2 = ['RELEASE', 'AGE', 'RUNS IN', 'LINES', 'CRITICAL', 'HIGH', 'RATE', ''];
  return [
    head,
    renderTable(head2, rows, style, { indent: '  ', right: [3, 4, 5, 6] }),
    style.dim('RATE: critical and high findings per 10,000 lines of code, waived ones too.'),
  ].join('\n');
}

function rowOf(service: string, release: Release, most: number, style: Style, nowMs: number): readonly Cell[] {
  const { version, registeredAt, runsIn, lines, defects, rate } = release;
  const unknown: Cell = { text: '?', paint: style.yellow };
  const bar = rate.kind === 'known' ? '#'.repeat(most === 0 ? 0 : Math.round((rate.value / most) * barMost)) : '';
  return [
    { text: `${service}@${version}`, paint: style.bold },
    age(registeredAt, nowMs),
    runsIn.length === 0 ? { text: 'nowhere', paint: style.dim } : runsIn.join(', '),
    lines.kind === 'known' ? String(lines.value) : unknown,
    defects.kind === 'known' ? String(defects.value.critical) : unknown,
    defects.kind === 'known' ? String(defects.value.high) : unknown,
    rate.kind === 'known' ? rate.value.toFixed(1) : unknown,
    rate.kind === 'known' ? bar : { text: `unknown: ${rate.why}`, paint: style.yellow },
  ];
}

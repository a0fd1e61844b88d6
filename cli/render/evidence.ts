import type { WhereView } from '../../wire/evidence.ts';
import type { ReleaseView } from '../../wire/release.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';
import { renderEvidence, renderFindings } from './bom.ts';
import { renderStandings } from './standing.ts';

/** What a release says after something was appended to it: its evidence, its findings, and where that matters. */
export function renderAttached(view: ReleaseView, style: Style, nowMs: number): string {
  return [
    renderEvidence(view.evidence, style, nowMs),
    ...(view.findings.scanned.length === 0 ? [] : [`${style.dim('Findings')}\n${renderFindings(view.findings)}`]),
    renderStandings(view.standings, style),
  ].join('\n');
}

/** Where a vulnerability is. */
export function renderWhere({ vulnerability, releases }: WhereView, style: Style): string {
  if (releases.length === 0) return `No newest report of any release names ${vulnerability}.`;
  const rows = releases.flatMap(({ service, version, runsIn, findings }) =>
    findings.map((it) => [
      { text: `${service}@${version}`, paint: style.bold },
      runsIn.length === 0 ? { text: 'nowhere', paint: style.dim } : { text: runsIn.join(', '), paint: style.yellow },
      `${it.package} ${it.version ?? ''}`.trim(),
      it.severity,
      stateText(it.state),
      it.fixedIn === null ? '' : `fixed in ${it.fixedIn}`,
    ]),
  );
  return renderTable(['RELEASE', 'RUNS IN', 'PACKAGE', 'SEVERITY', 'STATE', ''], rows, style);
}

function stateText(state: WhereView['releases'][number]['findings'][number]['state']): string {
  if (state.kind === 'waived')
    return `waived until ${new Date(state.until).toISOString().slice(0, 10)}: ${state.reason}`;
  return state.kind === 'open' ? 'open' : `not affected${state.why === null ? '' : `: ${state.why}`}`;
}

/** A waiver that was recorded. */
export function renderWaived(of: {
  readonly vulnerability: string;
  /** Null: in every service. */
  readonly service: string | null;
  readonly until: number;
  readonly sequence: number;
}): string {
  const where = of.service === null ? 'in every service' : `in ${of.service}`;
  return `${of.vulnerability} is waived ${where} until ${new Date(of.until).toISOString()} (entry ${of.sequence}).`;
}

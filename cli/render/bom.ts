import { bomFields, questions, type BomField, type Question } from '../../core/bom/lines.ts';
import { severities } from '../../core/evidence/summary.ts';
import type { FindingsView, SignatureView } from '../../wire/evidence.ts';
import type { BomLineView, EvidenceView } from '../../wire/bom.ts';
import type { Style } from '../style.ts';
import { renderTable, type Cell } from '../table.ts';
import { age } from '../time.ts';

/** The bill of materials under its questions; what is missing says why. */
export function renderBom(lines: readonly BomLineView[], style: Style): string {
  const blocks = (Object.keys(questions) as readonly Question[]).map((question) => {
    const rows = lines.filter(({ field }) => bomFields[field][0] === question).map((line) => rowOf(line, style));
    return rows.length === 0
      ? ''
      : `${style.dim(questions[question])}\n${renderTable([], rows, style, { indent: '  ' })}`;
  });
  return blocks.filter((block) => block !== '').join('\n');
}

function rowOf({ field, component, answer }: BomLineView, style: Style): readonly Cell[] {
  const name = nameOf(field, component);
  if (answer.kind === 'missing') return [name, { text: `missing: ${answer.why}`, paint: style.yellow }];
  return [name, answer.value, { text: answer.source, paint: style.dim }];
}

function nameOf(field: BomField, component: string | null): string {
  const [, name] = bomFields[field];
  return component === null ? name : `${name} (${component})`;
}

/** What was appended to a release, oldest first. */
export function renderEvidence(evidence: readonly EvidenceView[], style: Style, nowMs: number): string {
  const rows = evidence.map(({ kind, image, told, at, actor, sequence }) => [
    { text: kind, paint: style.bold },
    image === null ? 'the release' : image.slice(0, 19),
    told,
    age(at, nowMs),
    { text: `entry ${sequence} by ${actor}`, paint: style.dim },
  ]);
  return renderTable([], rows, style, { indent: '  ' });
}

/** Who signed which image, and who did not. */
export function renderSignatures(signatures: readonly SignatureView[], style: Style): string {
  const rows = signatures.map(({ component, signer, requiredBy, state }) => [
    { text: component, paint: style.bold },
    signer,
    state.kind === 'valid'
      ? { text: `signed by ${state.by} (entry ${state.entry})`, paint: style.green }
      : { text: `not signed: ${state.found.join('; ')}`, paint: style.yellow },
    { text: requiredBy.length === 0 ? '' : `required by ${requiredBy.join(', ')}`, paint: style.dim },
  ]);
  return renderTable([], rows, style, { indent: '  ' });
}

/** Open findings by severity, and what does not count. */
export function renderFindings({ counts, waived, notAffected }: FindingsView): string {
  const open = severities.map((severity) => `${counts[severity]} ${severity}`).join(', ');
  return `  ${open}; ${waived} waived, ${notAffected} not affected`;
}

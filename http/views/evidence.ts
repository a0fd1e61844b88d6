import { exportBom, type BomFormat } from '../../core/evidence/export.ts';
import type { Json } from '../../core/json.ts';
import type { ReleaseDetail, SignatureDetail } from '../../app/release-api.ts';
import type { Evidence } from '../../app/evidence/bill.ts';
import { tell } from '../../core/evidence/tell.ts';
import { linesOf } from '../../core/bom/lines.ts';
import type { BillOfMaterials } from '../../core/bom/bom.ts';
import type { Whereabouts } from '../../app/evidence/findings.ts';
import { countsOf, type Findings, type JudgedFinding } from '../../core/evidence/findings.ts';
import type { BomLineView, EvidenceView } from '../../wire/bom.ts';
import type { FindingsView, FindingView, SignatureView, WhereView } from '../../wire/evidence.ts';

/** A bill of materials, line by line. */
export function bomView(bom: BillOfMaterials): BomLineView[] {
  return linesOf(bom).map(({ field, component, answer }) => ({ field, component, answer: { ...answer } }));
}

/** A bill of materials in the form of another standard. */
export function bomDocument(format: BomFormat, { row, manifest, bom, evidence }: ReleaseDetail): Record<string, Json> {
  const documents = evidence.flatMap(({ row: { document, kind, image } }) =>
    document === null ? [] : [{ digest: document.digest, kind, image }],
  );
  return { ...exportBom(format, { manifest, identity: row.identity, bom, registeredAt: row.time, documents }) };
}

/** A piece of evidence as it stands in a list. */
export function evidenceView({ row, summary }: Evidence): EvidenceView {
  const { kind, image, document, sequence, time, actor } = row;
  return {
    kind,
    image,
    told: tell(summary),
    document: document === null ? null : { digest: document.digest, bytes: document.bytes },
    sequence,
    at: time,
    actor,
  };
}

/** What scanners found, counted. */
export function findingsView({ findings, scannedAt }: Findings): FindingsView {
  const of = (kind: JudgedFinding['state']['kind']) => findings.filter(({ state }) => state.kind === kind).length;
  return {
    counts: { ...countsOf(findings) },
    waived: of('waived'),
    notAffected: of('not-affected'),
    scanned: [...scannedAt].map(([image, at]) => ({ image, at })),
  };
}

/** What a signer says of an image. */
export function signatureView({ requiredBy, state, ...rest }: SignatureDetail): SignatureView {
  const told = state.kind === 'valid' ? { ...state } : { ...state, found: [...state.found] };
  return { ...rest, requiredBy: [...requiredBy], state: told };
}

/** Where a vulnerability is. */
export function whereView(vulnerability: string, releases: readonly Whereabouts[]): WhereView {
  return {
    vulnerability: vulnerability.toUpperCase(),
    releases: releases.map(({ service, version, runsIn, findings }) => {
      return { service, version, runsIn: [...runsIn], findings: findings.map(findingView) };
    }),
  };
}

function findingView({ aliases, state, ...rest }: JudgedFinding): FindingView {
  if (state.kind !== 'waived') return { ...rest, aliases: [...aliases], state: { ...state } };
  const { reason, until, actor } = state.waiver;
  return { ...rest, aliases: [...aliases], state: { kind: 'waived', reason, until, actor } };
}

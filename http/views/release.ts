import type { ReleaseDetail } from '../../app/release-api.ts';
import { typeWords } from '../../core/parameter/value.ts';
import type { Parameter, ReleaseSource } from '../../core/release.ts';
import type { ReleaseRow } from '../../port/store.ts';
import type { ReceiptView } from '../../wire/common.ts';
import type { ReleaseSummary, ReleaseView } from '../../wire/release.ts';
import { bomView, evidenceView, findingsView, signatureView } from './evidence.ts';
import { nameOf, type Names } from './names.ts';
import { mapValues } from './plan.ts';

/** A line of a list of releases. */
export function releaseSummary(row: ReleaseRow, names: Names): ReleaseSummary {
  const { service, version, identity, time, actor, sequence } = row;
  return { service, version, identity, registeredAt: time, actor, actorName: nameOf(names, actor), sequence };
}

/** A release with what it was made of. */
export function releaseView(
  { row, manifest, created, runsIn, standings, bom, evidence, findings, signatures }: ReleaseDetail,
  { receipt, names }: { readonly receipt: ReceiptView; readonly names: Names },
): ReleaseView {
  return {
    ...releaseSummary(row, names),
    created,
    receipt,
    images: mapValues(manifest.images, ({ reference, resolved, hasHealthCheck }) => ({
      reference,
      resolved,
      hasHealthCheck,
    })),
    parameters: manifest.parameters.map(parameterView),
    files: { ...manifest.identity.files },
    meta: { ...manifest.meta },
    warnings: [...manifest.warnings],
    source: sourceView(manifest.source),
    runsIn: [...runsIn],
    standings: standings.map(({ environment, lacks }) => ({ environment, lacks: [...lacks] })),
    bom: bomView(bom),
    findings: findingsView(findings),
    signatures: signatures.map(signatureView),
    evidence: evidence.map(evidenceView),
  };
}

function parameterView(parameter: Parameter): ReleaseView['parameters'][number] {
  const { name, type, required, description, default: value, pattern, values, min, max } = parameter;
  return {
    name,
    type: typeWords[type],
    required,
    ...(description === undefined ? {} : { description }),
    ...(value === undefined ? {} : { default: value }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(values === undefined ? {} : { values: [...values] }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}

function sourceView({ name, text, overrides, files, profiles }: ReleaseSource): ReleaseView['source'] {
  return {
    name,
    text,
    ...(overrides === undefined ? {} : { overrides: overrides.map((one) => ({ name: one.name, text: one.text })) }),
    ...(files === undefined ? {} : { files: { ...files } }),
    ...(profiles === undefined ? {} : { profiles: [...profiles] }),
  };
}

import type { Evidence } from '../../app/evidence/bill.ts';
import { tell } from '../../core/evidence/tell.ts';
import { linesOf } from '../../core/bom/lines.ts';
import type { BillOfMaterials } from '../../core/bom/bom.ts';
import type { BomLineView, EvidenceView } from '../../wire/bom.ts';

/** A bill of materials, line by line. */
export function bomView(bom: BillOfMaterials): BomLineView[] {
  return linesOf(bom).map(({ field, component, answer }) => ({ field, component, answer: { ...answer } }));
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

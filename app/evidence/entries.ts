import type { LedgerEvent } from '../../core/event.ts';
import type { EvidenceSummary } from '../../core/evidence/summary.ts';
import { sha256 } from '../../core/hash.ts';
import { toBlob } from '../blobs.ts';
import type { CollectedImage } from './collect-images.ts';

type EvidenceAppended = Extract<LedgerEvent, { readonly kind: 'evidence-appended' }>;

/** An event with the blobs that go with it. */
export interface Recordable {
  readonly event: EvidenceAppended;
  readonly blobs: readonly Uint8Array[];
}

interface Release {
  readonly service: string;
  readonly version: string;
}

/** Evidence that was collected and did not come as a document. */
export function collected(
  { service, version }: Release,
  summary: EvidenceSummary,
  about: { readonly image: string; readonly chain: string | null } | null = null,
): Recordable {
  const blob = toBlob(summary);
  const { image, chain } = about ?? { image: null, chain: null };
  const event = { service, version, evidence: summary.kind, image, chain, summary: sha256(blob), document: null };
  return { event: { kind: 'evidence-appended', ...event }, blobs: [blob] };
}

/** What was learned of an image. */
export function imageEvidence(of: Release, { image, facts }: CollectedImage): Recordable {
  const chain = facts.kind === 'known' ? facts.value.chain : null;
  return collected(of, { kind: 'image', facts }, { image, chain });
}

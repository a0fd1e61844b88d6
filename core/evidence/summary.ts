import type { Answer } from '../bom/answer.ts';
import type { BuildFacts } from '../bom/build.ts';
import type { ImageFacts } from '../bom/image.ts';

/** What evidence is of. */
export const evidenceKinds = ['build', 'image', 'sbom', 'provenance', 'scan', 'vex', 'signature'] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

/** What is kept of a piece of evidence beside its bytes: read once, when it comes. */
export type EvidenceSummary =
  | { readonly kind: 'build'; readonly build: BuildFacts }
  /** Of the image that the entry names. */
  | { readonly kind: 'image'; readonly facts: Answer<ImageFacts> };

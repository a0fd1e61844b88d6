import type { Answer } from '../bom/answer.ts';
import type { BuildFacts } from '../bom/build.ts';
import type { ImageFacts } from '../bom/image.ts';

/** What evidence is of. */
export const evidenceKinds = ['build', 'image', 'artifacts', 'sbom', 'provenance', 'scan', 'vex', 'signature'] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

/** A package in an image. */
export interface Package {
  readonly name: string;
  readonly version: string | null;
  /** Package URL (purl-spec). */
  readonly purl: string | null;
}

/** From the worst to the least. */
export const severities = ['critical', 'high', 'medium', 'low', 'unknown'] as const;
export type Severity = (typeof severities)[number];

/** A known vulnerability in a package of an image, as a scanner reports it. */
export interface Finding {
  /** `CVE-2024-1234`, `GHSA-...`. */
  readonly id: string;
  /** Other names of the same vulnerability. */
  readonly aliases: readonly string[];
  readonly severity: Severity;
  readonly package: string;
  readonly version: string | null;
  readonly fixedIn: string | null;
}

/** What a VEX document says of one vulnerability (the statuses of OpenVEX 0.2.0). */
export interface VexStatement {
  readonly vulnerability: string;
  readonly status: 'not_affected' | 'affected' | 'fixed' | 'under_investigation';
  readonly why: string | null;
  /** Digests of images that it is said of; empty: of whatever the document is appended to. */
  readonly images: readonly string[];
}

/** What was read of a document that somebody handed in. */
export type DocumentSummary =
  | {
      readonly kind: 'sbom';
      readonly format: string;
      readonly tool: string | null;
      readonly packages: readonly Package[];
    }
  | { readonly kind: 'scan'; readonly format: string; readonly tool: string; readonly findings: readonly Finding[] }
  | { readonly kind: 'vex'; readonly format: string; readonly statements: readonly VexStatement[] }
  /** What it says has whoever made it said: whether that is somebody who is believed, signers judge. */
  | {
      readonly kind: 'provenance';
      readonly format: string;
      readonly builder: string | null;
      readonly buildType: string | null;
      /** Where the sources came from, with their commit where it is told. */
      readonly source: string | null;
      readonly commit: string | null;
      /** In ms since 1970. */
      readonly startedAt: number | null;
      /** Absent: it came without a signature. */
      readonly signed?: true;
    }
  /** A signature of an image. By whom, and whether it holds, is judged each time: keys come and go. */
  | {
      readonly kind: 'signature';
      readonly format: string;
      readonly by: 'key' | 'certificate';
      /** Whether it brings an entry of a transparency log. */
      readonly logged: boolean;
    };

/** What is kept of a piece of evidence beside its bytes: read once, when it comes. */
export type EvidenceSummary =
  | DocumentSummary
  | { readonly kind: 'build'; readonly build: BuildFacts }
  /** Of the image that the entry names. */
  | { readonly kind: 'image'; readonly facts: Answer<ImageFacts> }
  | ArtifactsSummary;

/** What was looked for beside an image at its registry. */
export interface ArtifactsSummary {
  readonly kind: 'artifacts';
  readonly asked: readonly AskedPlace[];
  /** How many documents were appended to the release, or were there already. */
  readonly taken: number;
  /** Why others were not, each a clause for people. */
  readonly passedOver: readonly string[];
}

/** A place at a registry where artifacts of an image may lie, and what became of asking there. */
export interface AskedPlace {
  /** `the referrers API`, `the .sig tag`: what cosign and OCI call these for an image's digest. */
  readonly place: string;
  readonly outcome:
    | { readonly kind: 'found'; readonly count: number }
    | { readonly kind: 'none' }
    /** It could not be asked. */
    | { readonly kind: 'untold'; readonly why: string };
}

/** A document as it was read: what it says, and of which images. */
export interface DocumentReading {
  readonly summary: DocumentSummary;
  /** Digests that it names as its subject: of images, their manifests or configurations; empty: it names none. */
  readonly subjects: readonly string[];
}

import type { Digest } from '../core/hash.ts';
import type { DocumentReading } from '../core/evidence/summary.ts';

/** A document that was read, and its bytes as they are kept. */
export interface ReadEvidence extends DocumentReading {
  /** SHA-256 of the document's own bytes. */
  readonly digest: Digest;
  readonly bytes: number;
  /** Those bytes, compressed (RFC 1952). */
  readonly compressed: Uint8Array;
  /** The summary as it is stored, its canonical JSON: of a large SBOM that takes as long as reading it. */
  readonly summaryBytes: Uint8Array;
}

/**
 * Reads SBOMs, reports and statements away from the caller's thread, within bounds of time and memory. Rejects with
 * `evidence.unreadable`, `evidence.too-large` or `server.busy`.
 */
export interface EvidenceReader {
  /** `compressed` says whether the bytes are compressed (RFC 1952) already. */
  read(content: Uint8Array, compressed: boolean, signal: AbortSignal): Promise<ReadEvidence>;
}

import { gunzipSync, gzipSync } from 'node:zlib';
import { canonical } from '../core/canonical.ts';
import { readEvidenceDocument } from '../core/evidence/read-document.ts';
import { Fault } from '../core/fault.ts';
import { sha256 } from '../core/hash.ts';
import type { ReadEvidence } from '../port/evidence.ts';
import { answerOf, type ThreadAnswer } from './thread-answer.ts';

/** The largest document that is read. */
export const documentBytesMost = 50 * 1024 * 1024;

/** The largest that is kept, compressed: what the ledger takes at once has at most 16 MiB. */
export const compressedBytesMost = 11 * 1024 * 1024;

/** The same with what was read of it, which is stored beside it in one piece. */
const togetherBytesMost = 15 * 1024 * 1024;

export interface EvidenceJob {
  readonly content: Uint8Array;
  readonly compressed: boolean;
}

export type EvidenceAnswer = ThreadAnswer<ReadEvidence>;

/** Does one job; never throws. */
export function runEvidenceJob(job: EvidenceJob): EvidenceAnswer {
  return answerOf(() => read(job));
}

function read({ content, compressed }: EvidenceJob): ReadEvidence {
  const plain = compressed ? unpack(content) : content;
  if (plain.length > documentBytesMost) throw tooLarge();
  const reading = readEvidenceDocument(parse(plain));
  const kept = compressed ? content : gzipSync(plain, { level: 6 });
  if (kept.length > compressedBytesMost) {
    throw new Fault(
      'evidence.too-large',
      `The document has ${kept.length} bytes when it is compressed; at most ${compressedBytesMost} are kept.`,
      {
        facts: { bytes: kept.length, bytesMost: compressedBytesMost },
      },
    );
  }
  const summaryBytes = new TextEncoder().encode(canonical(reading.summary));
  const together = kept.length + summaryBytes.length;
  if (together > togetherBytesMost) {
    throw new Fault(
      'evidence.too-large',
      `The document, compressed, and what is read of it have ${together} bytes; at most ${togetherBytesMost} are kept.`,
      { facts: { bytes: together, bytesMost: togetherBytesMost } },
    );
  }
  return { ...reading, digest: sha256(plain), bytes: plain.length, compressed: kept, summaryBytes };
}

/** Ends at the limit, whatever was packed: a small file can hold gigabytes of zeros. */
function unpack(content: Uint8Array): Uint8Array {
  try {
    return gunzipSync(content, { maxOutputLength: documentBytesMost });
  } catch (cause) {
    const isTooLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLarge
      ? tooLarge()
      : new Fault('evidence.unreadable', 'The document is not compressed as it says (gzip).');
  }
}

function parse(plain: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(plain);
  } catch {
    throw new Fault('evidence.unreadable', 'The document is not UTF-8 text. Archives and binary forms are not read.');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 120) : '';
    throw new Fault('evidence.unreadable', `The document is not JSON: ${said}.`, {
      next: 'Hand in the JSON form of the SBOM, report or statement.',
    });
  }
}

function tooLarge(): Fault {
  return new Fault('evidence.too-large', `The document has more than ${documentBytesMost} bytes.`, {
    facts: { bytesMost: documentBytesMost },
    next: 'Leave files and snippets out of the SBOM: packages are what is read of it.',
  });
}

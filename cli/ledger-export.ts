import { sha256 } from '../core/hash.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { createLedgerAudit, type Audit, type AuditEntry, type LedgerAudit } from '../core/ledger-audit.ts';
import { readCheckpoint } from '../core/ledger-evidence.ts';
import { entryBytesMost } from '../core/ledger.ts';
import type { LedgerVerdictOptions } from './ledger-evidence.ts';

/** The line that closes an export holds a note of at most 64 KiB, in which JSON may write a newline in two bytes. */
const lineBytesMost = 2 * entryBytesMost;

const newline = 0x0a;

/** The last line of an export: the signed checkpoint that covers all of its entries. */
export function closingLine(note: string): string {
  return `${JSON.stringify({ checkpoint: note })}\n`;
}

/** A line as it was read; `null` instead of bytes when it is too long for any that an export has. */
interface Line {
  readonly bytes: Uint8Array | null;
  /** Whether a newline ended it. */
  readonly isWhole: boolean;
}

/** Lines of a stream, none kept that is longer than an export's can be. */
async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let rest = Buffer.alloc(0);
  for await (const piece of pieces) {
    const text = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    let from = 0;
    for (let at = text.indexOf(newline); at >= 0; at = text.indexOf(newline, from)) {
      yield { bytes: at - from > lineBytesMost ? null : text.subarray(from, at), isWhole: true };
      from = at + 1;
    }
    rest = text.subarray(from);
    if (rest.length > lineBytesMost) yield { bytes: null, isWhole: false };
  }
  if (rest.length > 0) yield { bytes: rest, isWhole: false };
}

/**
 * Verifies an export: each line's bytes are what was hashed. An export that was cut is never whole: the line that closes
 * it is missing, or tells of entries that are. Rejects when the stream does.
 */
export async function auditExport(
  pieces: AsyncIterable<Uint8Array>,
  { keys, evidence, tell }: LedgerVerdictOptions & { readonly tell: (done: number) => void },
): Promise<Audit> {
  const audit = createLedgerAudit({ keys, evidence });
  let lines = 0;
  let isClosed = false;
  let goesOn = true;
  for await (const line of linesOf(pieces)) {
    lines += 1;
    if (isClosed) {
      report(audit, 'broken', `line ${lines} stands after the checkpoint that closes the export`);
      break;
    }
    const read = readLine(line);
    if (read.kind === 'entry') goesOn = audit.add(read.entry);
    if (read.kind === 'checkpoint') isClosed = close(audit, read.note);
    if (read.kind === 'cut')
      report(audit, 'unproven', `the export is not complete: line ${lines} is cut in the middle`);
    if (read.kind === 'odd') report(audit, 'broken', `line ${lines} is no entry of a ledger: ${read.problem}`);
    goesOn &&= read.kind === 'entry' || read.kind === 'checkpoint';
    if (!goesOn) break;
    if (audit.entries() % 1_000 === 0) tell(audit.entries());
  }
  if (goesOn && !isClosed) {
    const problem = `the export is not complete: it ends after entry ${audit.entries()} without the checkpoint that closes one`;
    report(audit, 'unproven', problem);
  }
  return audit.end(null);
}

function report(audit: LedgerAudit, kind: 'broken' | 'unproven', problem: string): void {
  audit.report({ kind, sequence: audit.entries() + 1, problem });
}

function close(audit: LedgerAudit, note: string): true {
  const checkpoint = readCheckpoint("the export's checkpoint", note);
  if (checkpoint === null) report(audit, 'unproven', 'the line that closes the export holds no signed checkpoint');
  else audit.addEvidence(checkpoint);
  return true;
}

type ReadLine =
  | { readonly kind: 'entry'; readonly entry: AuditEntry }
  | { readonly kind: 'checkpoint'; readonly note: string }
  /** The stream ended in it. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'odd'; readonly problem: string };

function readLine({ bytes, isWhole }: Line): ReadLine {
  if (bytes === null) return { kind: 'odd', problem: `it is longer than ${lineBytesMost} bytes` };
  if (!isWhole) return { kind: 'cut' };
  const value = parse(bytes);
  if (value === null) return { kind: 'odd', problem: 'it is no JSON object' };
  const { checkpoint, sequence, prev, kind, payload } = value;
  if (typeof checkpoint === 'string' && Object.keys(value).length === 1)
    return { kind: 'checkpoint', note: checkpoint };
  if (typeof sequence !== 'number' || typeof prev !== 'string' || typeof kind !== 'string' || !isObject(payload))
    return { kind: 'odd', problem: 'its sequence, prev, kind or payload is missing' };
  const leaf = sha256(Buffer.concat([Uint8Array.of(0), bytes]));
  return { kind: 'entry', entry: { sequence, prev, kind, payload, leaf, storedHash: null } };
}

function parse(bytes: Uint8Array): JsonObject | null {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

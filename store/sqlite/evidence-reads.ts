import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import type { EvidenceRow, WaiverRow } from '../../port/store.ts';
import { readEvidence, readWaiver } from './rows.ts';

const evidenceMost = 1_000;
const chainsMost = 500;
const reportsMost = 1_000;
const waiversMost = 10_000;

/** Reads of what was appended to releases; limits as in the port. */
export function createEvidenceReads(database: DatabaseSync) {
  const evidence = database.prepare(`SELECT * FROM evidence WHERE service = ? AND version = ?
    ORDER BY sequence DESC LIMIT ?`);
  const imageOfChain = database.prepare('SELECT * FROM evidence WHERE chain = ? ORDER BY sequence LIMIT 1');
  const reports = database.prepare(`SELECT evidence.* FROM finding CROSS JOIN evidence USING (sequence)
    WHERE vulnerability = upper(?) ORDER BY finding.sequence DESC LIMIT ?`);
  const waivers = database.prepare('SELECT * FROM waiver WHERE until > ? ORDER BY until, sequence LIMIT ?');
  return {
    evidence: (service: string, version: string): readonly EvidenceRow[] =>
      evidence.all(service, version, evidenceMost).map(readEvidence).toReversed(),
    imagesOfChains(chains: readonly string[]): readonly EvidenceRow[] {
      if (chains.length > chainsMost) throw new Fault('request.invalid', `More than ${chainsMost} chains at once.`);
      return chains.flatMap((chain) => {
        const row = imageOfChain.get(chain);
        return row === undefined ? [] : [readEvidence(row)];
      });
    },
    reportsOf: (vulnerability: string): readonly EvidenceRow[] =>
      reports.all(vulnerability, reportsMost).map(readEvidence),
    waivers: (endingAfter: number): readonly WaiverRow[] => waivers.all(endingAfter, waiversMost).map(readWaiver),
  };
}

import { Fault } from '../fault.ts';
import { at, listAt, textAt } from './loose.ts';
import { readProvenance, subjectsOf } from './provenance.ts';
import { readCycloneDx, readSpdx } from './sbom.ts';
import { findingsMost, hasAnalysis, readCycloneDxScan, readGrype, readSarif, readTrivy } from './scan.ts';
import type { DocumentReading } from './summary.ts';
import { readCycloneDxVex, readOpenVex } from './vex.ts';

const forms =
  'CycloneDX or SPDX JSON, a report of Trivy or Grype, SARIF, CycloneDX VEX, OpenVEX, or an in-toto statement with SLSA provenance';

/**
 * Tells by its content what a document is, and reads it. Throws `evidence.unreadable` for what is none of these, and
 * `evidence.too-large` for a report with more findings than are kept.
 */
export function readEvidenceDocument(document: unknown): DocumentReading {
  const reading = tryRead(document);
  if (reading === null) {
    throw new Fault('evidence.unreadable', `The document is nothing that is known: ${forms}.`, {
      next: 'Hand in the JSON form of one of these.',
    });
  }
  const { summary } = reading;
  if (summary.kind !== 'scan' || summary.findings.length <= findingsMost) return reading;
  throw new Fault(
    'evidence.too-large',
    `The report has ${summary.findings.length} findings; at most ${findingsMost} are kept.`,
    {
      facts: { findings: summary.findings.length, findingsMost },
    },
  );
}

function tryRead(document: unknown): DocumentReading | null {
  if (at(document, 'bomFormat') === 'CycloneDX') return readAnyCycloneDx(document);
  if (textAt(document, ['spdxVersion'])?.startsWith('SPDX-2.') === true) return readSpdx(document);
  if (at(document, 'SchemaVersion') === 2 && at(document, 'ArtifactName') !== undefined) return readTrivy(document);
  if (at(document, 'descriptor', 'name') === 'grype') return readGrype(document);
  if (at(document, 'version') === '2.1.0' && listAt(document, 'runs').length > 0) return readSarif(document);
  if (textAt(document, ['@context'])?.startsWith('https://openvex.dev/ns') === true) return readOpenVex(document);
  if (textAt(document, ['_type'])?.startsWith('https://in-toto.io/Statement/') === true) return readStatement(document);
  return null;
}

function readAnyCycloneDx(document: unknown): DocumentReading {
  const bom = readCycloneDx(document);
  if (listAt(document, 'vulnerabilities').length === 0) return bom;
  return hasAnalysis(document) ? readCycloneDxVex(document, bom.subjects) : readCycloneDxScan(document, bom.subjects);
}

/** A statement's predicate may be an SBOM; its subject is then what the statement says. */
function readStatement(statement: unknown): DocumentReading | null {
  const provenance = readProvenance(statement);
  if (provenance !== null) return provenance;
  const inner = at(statement, 'predicate');
  if (textAt(inner, ['_type'])?.startsWith('https://in-toto.io/') === true) return null;
  const reading = tryRead(inner);
  return reading === null ? null : { ...reading, subjects: subjectsOf(statement) };
}

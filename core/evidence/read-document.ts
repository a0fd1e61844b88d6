import { Fault } from '../fault.ts';
import { at, listAt, textAt } from './loose.ts';
import { readProvenance, subjectsOf } from './provenance.ts';
import { readCycloneDx, readSpdx } from './sbom.ts';
import { findingsMost, hasAnalysis, readCycloneDxScan, readGrype, readSarif, readTrivy } from './scan.ts';
import { readSigned, type Signed } from './signed.ts';
import type { DocumentReading, DocumentSummary } from './summary.ts';
import { readCycloneDxVex, readOpenVex, statementsMost, weightOf } from './vex.ts';

const forms =
  'CycloneDX or SPDX JSON, a report of Trivy or Grype, SARIF, CycloneDX VEX, OpenVEX, an in-toto statement with SLSA provenance, or a signature as a sigstore bundle';

/**
 * Tells by its content what a document is, and reads it. Throws `evidence.unreadable` for what is none of these, and
 * `evidence.too-large` for a report with more findings, or a VEX document with more statements, than are kept.
 */
export function readEvidenceDocument(document: unknown): DocumentReading {
  const reading = tryRead(document);
  if (reading === null) {
    throw new Fault('evidence.unreadable', `The document is nothing that is known: ${forms}.`, {
      next: 'Hand in the JSON form of one of these.',
    });
  }
  refuseLarge(reading.summary);
  return reading;
}

function refuseLarge(summary: DocumentSummary): void {
  if (summary.kind === 'scan' && summary.findings.length > findingsMost) {
    const findings = summary.findings.length;
    throw new Fault('evidence.too-large', `The report has ${findings} findings; at most ${findingsMost} are kept.`, {
      facts: { findings, findingsMost },
    });
  }
  const statements = summary.kind === 'vex' ? weightOf(summary.statements) : 0;
  if (statements <= statementsMost) return;
  const counted = 'each name of a vulnerability and each image of it counts';
  throw new Fault(
    'evidence.too-large',
    `The document makes ${statements} statements (${counted}); at most ${statementsMost} are kept.`,
    {
      facts: { statements, statementsMost },
      next: 'Leave out statements on vulnerabilities that no report of the release names.',
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
  const signed = readSigned(document);
  return signed === null ? null : readSignedDocument(signed);
}

/** What `cosign sign` states of an image. Any other statement is no signature of it, however it is signed. */
const signPredicate = 'https://sigstore.dev/cosign/sign/v1';

/** What a document says that somebody signed. */
export function readSignedDocument(signed: Signed): DocumentReading | null {
  const { form: format, by } = signed;
  const summary = { kind: 'signature', format, by: by.key, logged: by.logged } as const;
  if (signed.kind === 'image') return { subjects: [signed.image], summary };
  const { statement } = signed;
  if (at(statement, 'predicateType') === signPredicate) return { subjects: subjectsOf(statement), summary };
  const reading = readStatement(statement);
  if (reading?.summary.kind !== 'provenance') return reading;
  return { ...reading, summary: { ...reading.summary, signed: true } };
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

import { at, digestsIn, listAt, textAt } from './loose.ts';
import type { DocumentReading, VexStatement } from './summary.ts';

/** Statements of one document that are kept, as `weightOf` counts them: they are weighed each time somebody looks. */
export const statementsMost = 50_000;

/** How many statements there are when each is made of one image alone. */
export function weightOf(statements: readonly VexStatement[]): number {
  return statements.reduce((sum, { images }) => sum + Math.max(1, images.length), 0);
}

const statuses = ['not_affected', 'affected', 'fixed', 'under_investigation'] as const;

/** OpenVEX 0.2.0 (openvex/spec, OPENVEX-SPEC.md). A statement without products is said of what the document is about. */
export function readOpenVex(document: unknown): DocumentReading {
  const statements = listAt(document, 'statements').flatMap((it): readonly VexStatement[] => {
    const status = statuses.find((each) => each === at(it, 'status'));
    const name = textAt(it, ['vulnerability', 'name'], 100) ?? textAt(it, ['vulnerability'], 100);
    if (status === undefined || name === null) return [];
    const why = textAt(it, ['justification'], 200) ?? textAt(it, ['impact_statement'], 300);
    const aliases = listAt(it, 'vulnerability', 'aliases').flatMap((alias) => textAt(alias, [], 100) ?? []);
    const names = [name, ...aliases];
    const images = listAt(it, 'products').flatMap(imagesOfProduct);
    return names.map((vulnerability) => ({ vulnerability, status, why, images }));
  });
  return { subjects: [], summary: { kind: 'vex', format: 'OpenVEX', statements } };
}

function imagesOfProduct(product: unknown): readonly string[] {
  const texts = [textAt(product, ['@id'], 500), textAt(product, ['identifiers', 'purl'], 500)];
  const hash = textAt(product, ['hashes', 'sha-256']);
  return [
    ...texts.flatMap((text) => digestsIn(text?.replaceAll(/%3a/gi, ':') ?? null)),
    ...digestsIn(hash === null ? null : `sha256:${hash}`),
  ];
}

/** States of a CycloneDX analysis, as OpenVEX has them. */
const states: Readonly<Record<string, VexStatement['status']>> = {
  not_affected: 'not_affected',
  false_positive: 'not_affected',
  exploitable: 'affected',
  in_triage: 'under_investigation',
  resolved: 'fixed',
  resolved_with_pedigree: 'fixed',
};

/** CycloneDX VEX: `vulnerabilities[].analysis`. */
export function readCycloneDxVex(document: unknown, subjects: readonly string[]): DocumentReading {
  const statements = listAt(document, 'vulnerabilities').flatMap((it): readonly VexStatement[] => {
    const state = at(it, 'analysis', 'state');
    const status = typeof state === 'string' && Object.hasOwn(states, state) ? states[state] : undefined;
    const vulnerability = textAt(it, ['id'], 100);
    if (status === undefined || vulnerability === null) return [];
    const why = textAt(it, ['analysis', 'justification'], 200) ?? textAt(it, ['analysis', 'detail'], 300);
    return [{ vulnerability, status, why, images: [] }];
  });
  const format = `CycloneDX ${textAt(document, ['specVersion'], 10) ?? '?'} VEX`;
  return { subjects, summary: { kind: 'vex', format, statements } };
}

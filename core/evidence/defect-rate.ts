import { known, missing, type Answer } from '../bom/answer.ts';
import { digestIn } from '../bom/bom.ts';
import type { ReleaseManifest } from '../release.ts';
import { countsOf, type Findings } from './findings.ts';

/** Critical and high findings of a release. */
export interface Defects {
  readonly critical: number;
  readonly high: number;
}

/** The rate is told per so many lines. */
export const linesPerRate = 10_000;

/**
 * The critical and high findings of a release, each once however many scanners report it. One that is waived is a defect
 * all the same; one that a VEX document says does not affect it is none. Missing while nobody looked at every image.
 */
export function defectsOf({ images }: ReleaseManifest, { findings, scannedAt }: Findings): Answer<Defects> {
  const unseen = Object.entries(images).filter(([, { resolved }]) => !scannedAt.has(digestIn(resolved)));
  if (unseen.length > 0)
    return missing(`no report of a scanner of ${unseen.map(([component]) => component).join(', ')}`);
  const { critical, high } = countsOf(findings, ['open', 'waived']);
  return known({ critical, high }, 'the newest reports');
}

/** Defects per 10,000 lines; missing when either is not known, and never zero for that. */
export function defectRate(lines: Answer<number>, defects: Answer<Defects>): Answer<number> {
  if (defects.kind === 'missing') return defects;
  if (lines.kind === 'missing') return missing(`lines of code: ${lines.why}`);
  if (lines.value === 0) return missing('no line of code was counted');
  const { critical, high } = defects.value;
  return known(((critical + high) * linesPerRate) / lines.value, lines.source);
}

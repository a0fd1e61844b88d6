import { setImmediate } from 'node:timers/promises';
import type { Answer } from '../../core/bom/answer.ts';
import { linesOfBuild } from '../../core/bom/build.ts';
import { defectRate, defectsOf, type Defects } from '../../core/evidence/defect-rate.ts';
import { Fault } from '../../core/fault.ts';
import type { ReleaseRow } from '../../port/store.ts';
import { environmentsThatRun, type Recorded } from '../recorded.ts';
import { billOf, evidenceOf } from './bill.ts';
import { releaseFindings, type FindingParts } from './findings.ts';

/** One release of a service, with what its defect rate is made of. */
export interface ServiceRelease {
  readonly row: ReleaseRow;
  readonly runsIn: readonly string[];
  readonly lines: Answer<number>;
  readonly defects: Answer<Defects>;
  /** Critical and high findings per 10,000 lines. */
  readonly rate: Answer<number>;
}

export interface ServiceDetail {
  readonly service: string;
  /** Newest first; the newest 50. */
  readonly releases: readonly ServiceRelease[];
  /** Whether there are older ones. */
  readonly hasMore: boolean;
}

const releasesMost = 50;

/** The newest releases of a service and how many defects each has: `service.unknown`. */
export async function serviceDetail(
  parts: FindingParts & { readonly recorded: Recorded },
  service: string,
  signal: AbortSignal,
): Promise<ServiceDetail> {
  const { items, next } = await parts.store.releases({ service }, { limit: releasesMost }, signal);
  if (items.length === 0) {
    throw new Fault('service.unknown', `No release of ${service} was ever registered.`, {
      facts: { service },
      next: '"dray releases" lists all.',
    });
  }
  const recorded = await parts.recorded.current();
  const releases: ServiceRelease[] = [];
  for (const row of items) {
    await setImmediate();
    const manifest = await parts.blobs.read('manifest', row.manifest, signal);
    const evidence = await evidenceOf(parts, service, row.version, signal);
    const lines = linesOfBuild(billOf(manifest, evidence).build);
    const defects = defectsOf(manifest, await releaseFindings(parts, service, evidence, signal));
    const runsIn = environmentsThatRun(recorded, service, row.version);
    releases.push({ row, runsIn, lines, defects, rate: defectRate(lines, defects) });
  }
  return { service, releases, hasMore: next !== null };
}

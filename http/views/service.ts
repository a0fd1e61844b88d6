import type { ServiceDetail } from '../../app/evidence/service.ts';
import type { Refusals } from '../../app/evidence/refusals.ts';
import type { RefusalsView } from '../../wire/standing.ts';
import type { ServiceView } from '../../wire/service.ts';

/** A service as the wire has it. */
export function serviceView({ service, releases, hasMore }: ServiceDetail): ServiceView {
  return {
    service,
    releases: releases.map(({ row, runsIn, lines, defects, rate }) => ({
      version: row.version,
      registeredAt: row.time,
      runsIn: [...runsIn],
      lines: { ...lines },
      defects: { ...defects },
      rate: { ...rate },
    })),
    hasMore,
  };
}

/** What would be refused, as the wire has it. */
export function refusalsView({ refusals, unreadable, unseen }: Refusals): RefusalsView {
  const items = refusals.map((refusal) => ({ ...refusal, lacks: [...refusal.lacks] }));
  return { items, unreadable: [...unreadable], unseen };
}

import type { Variety, VarietyUse } from '../../app/evidence/variety.ts';
import type { VarietyView } from '../../wire/variety.ts';

/** The variety as the wire has it. */
export function varietyView({ items, gaps, unseen }: Variety): VarietyView {
  return {
    items: items.map(({ versions, uses, ...rest }) => ({ ...rest, versions: [...versions], uses: uses.map(useView) })),
    gaps: gaps.map(({ kind, why, ...use }) => ({ kind, why, ...useView(use) })),
    unseen,
  };
}

function useView({ service, version, component, environments }: VarietyUse) {
  return { service, version, component, environments: [...environments] };
}

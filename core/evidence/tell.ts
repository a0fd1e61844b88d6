import { unreachable } from '../unreachable.ts';
import type { EvidenceSummary } from './summary.ts';

/** What a piece of evidence says, in a few words. */
export function tell(summary: EvidenceSummary): string {
  switch (summary.kind) {
    case 'build': {
      const { builder, commit } = summary.build;
      const by = builder.kind === 'known' ? builder.value : 'a builder that does not say its name';
      return commit.kind === 'known' ? `built by ${by} from ${commit.value.slice(0, 12)}` : `built by ${by}`;
    }
    case 'image': {
      const { facts } = summary;
      if (facts.kind === 'missing') return `not read: ${facts.why}`;
      const { platform, layers } = facts.value;
      return `image for ${platform ?? 'an unknown platform'}, ${layers} ${layers === 1 ? 'layer' : 'layers'}`;
    }
    default:
      return unreachable(summary);
  }
}

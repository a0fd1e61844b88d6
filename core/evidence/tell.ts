import { unreachable } from '../unreachable.ts';
import { severities, type EvidenceSummary } from './summary.ts';

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
    case 'sbom':
      return `${summary.format}, ${summary.packages.length} packages${summary.tool === null ? '' : `, by ${summary.tool}`}`;
    case 'scan': {
      const counts = severities.flatMap((severity) => {
        const count = summary.findings.filter((it) => it.severity === severity).length;
        return count === 0 ? [] : [`${count} ${severity}`];
      });
      return `${summary.tool}: ${counts.length === 0 ? 'nothing found' : counts.join(', ')}`;
    }
    case 'vex':
      return `${summary.format}, ${summary.statements.length} ${summary.statements.length === 1 ? 'statement' : 'statements'}`;
    case 'provenance': {
      const { builder, commit, source } = summary;
      return `built by ${builder ?? 'a builder that is not named'} from ${source ?? 'sources that are not named'}${commit === null ? '' : ` at ${commit.slice(0, 12)}`}; not signed, or not checked`;
    }
    default:
      return unreachable(summary);
  }
}

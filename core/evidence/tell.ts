import { unreachable } from '../unreachable.ts';
import { severities, type ArtifactsSummary, type AskedPlace, type EvidenceSummary } from './summary.ts';

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
      return `${summary.format}, ${summary.packages.length} ${summary.packages.length === 1 ? 'package' : 'packages'}${summary.tool === null ? '' : `, by ${summary.tool}`}`;
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
      return `built by ${builder ?? 'a builder that is not named'} from ${source ?? 'sources that are not named'}${commit === null ? '' : ` at ${commit.slice(0, 12)}`}${summary.signed === true ? '; signed' : '; not signed'}`;
    }
    case 'signature':
      return `${summary.format}, made with a ${summary.by}${summary.logged ? ', with an entry of a log' : ''}`;
    case 'artifacts':
      return tellArtifacts(summary);
    default:
      return unreachable(summary);
  }
}

/** What was found beside an image, and what was not. */
function tellArtifacts({ asked, taken, passedOver }: ArtifactsSummary): string {
  const left = passedOver.length === 0 ? '' : `; passed over: ${passedOver.join('; ')}`;
  return `${taken} taken; ${asked.map(tellPlace).join('; ')}${left}`;
}

/** What became of asking at one place. */
export function tellPlace({ place, outcome }: AskedPlace): string {
  switch (outcome.kind) {
    case 'found':
      return `${place}: ${outcome.count}`;
    case 'none':
      return `${place}: none`;
    case 'untold':
      return `${place} could not be asked: ${outcome.why}`;
    default:
      return unreachable(outcome);
  }
}

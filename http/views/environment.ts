import type { EnvironmentDetail, EnvironmentSummary as Summary, PlacedLogLine, Revision } from '../../app/api.ts';
import type { EnvironmentSummary, EnvironmentView, RevisionView, WireLogLine } from '../../wire/environment.ts';
import { deploymentSummary } from './deployment.ts';
import { nameOf, type Names } from './names.ts';
import { mapValues, specEntryView, versionOf } from './plan.ts';

/** A line of the list of environments. */
export function environmentSummary({ name, clusters, revision, services, unfinished }: Summary): EnvironmentSummary {
  return { name, clusters: [...clusters], revision, services, unfinished };
}

/** What an environment is to run, and what it was seen to run. */
export function environmentView(detail: EnvironmentDetail, names: Names): EnvironmentView {
  return {
    ...environmentSummary(detail),
    spec: mapValues(detail.spec, specEntryView),
    observed: detail.observed.map((look) => ({ ...look })),
    components: detail.components.map((component) => ({ ...component })),
    olderSecrets: detail.olderSecrets.map((one) => {
      return { ...one, runs: versionOf(one.runs), newest: versionOf(one.newest) };
    }),
    deployments: detail.deployments.map((row) => deploymentSummary(row, names)),
  };
}

/** What a revision of an environment changed. */
export function revisionView(line: Revision, names: Names): RevisionView {
  const { revision, deployment, actor, time, changes } = line;
  return {
    revision,
    deployment,
    actor,
    actorName: nameOf(names, actor),
    time,
    changes: mapValues(changes, ({ from, to }) => ({
      from: from === null ? null : specEntryView(from),
      to: to === null ? null : specEntryView(to),
    })),
  };
}

/** A log line. */
export function logLineView({ cluster, component, task, node, stream, text, timeMs }: PlacedLogLine): WireLogLine {
  return { cluster, component, task, node, stream, text, timeMs };
}

import type { EnvironmentDetail, EnvironmentSummary as Summary, PlacedLogLine } from '../../app/api.ts';
import type { EnvironmentSummary, EnvironmentView, WireLogLine } from '../../wire/environment.ts';
import { deploymentSummary } from './deployment.ts';
import { mapValues, specEntryView } from './plan.ts';

/** A line of the list of environments. */
export function environmentSummary({ name, clusters, revision, services, unfinished }: Summary): EnvironmentSummary {
  return { name, clusters: [...clusters], revision, services, unfinished };
}

/** What an environment is to run, and what it was seen to run. */
export function environmentView(detail: EnvironmentDetail): EnvironmentView {
  return {
    ...environmentSummary(detail),
    spec: mapValues(detail.spec, specEntryView),
    observed: detail.observed.map((look) => ({ ...look })),
    components: detail.components.map((component) => ({ ...component })),
    deployments: detail.deployments.map(deploymentSummary),
  };
}

/** A log line. */
export function logLineView({ cluster, component, task, node, stream, text, timeMs }: PlacedLogLine): WireLogLine {
  return { cluster, component, task, node, stream, text, timeMs };
}

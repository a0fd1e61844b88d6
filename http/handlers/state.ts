import type { App, LogsInput } from '../../app/api.ts';
import { ledgerEvents, logEvents } from '../event-stream-piece.ts';
import { resumeAfter } from '../event-stream-resume.ts';
import type { Parts } from '../request-parts.ts';
import { platformView } from '../views/admin.ts';
import { comparisonView } from '../views/comparison.ts';
import { environmentSummary, environmentView, revisionView } from '../views/environment.ts';
import { entriesView } from '../views/ledger.ts';
import { clusterView, overviewView } from '../views/overview.ts';
import { answered, given, namedPage, pageRequest, pageView, type Handlers } from './call.ts';
import { entriesRequest } from './entries.ts';
import { eventKinds } from './event-kinds.ts';

type StateRoutes =
  | 'overview'
  | 'listEnvironments'
  | 'getEnvironment'
  | 'listRevisions'
  | 'logs'
  | 'listClusters'
  | 'compare'
  | 'events'
  | 'ledgerEntries'
  | 'getPlatform';

/** What runs where, what was recorded of it, and both live. */
export function createStateHandlers(app: App): Handlers<StateRoutes> {
  return {
    overview: async ({ query, signal }) =>
      answered(overviewView(await app.overview(given(query, ['search', 'health']), pageRequest(query), signal))),
    listEnvironments: async ({ query, signal }) => {
      const page = await app.environments(given(query, ['search']), pageRequest(query), signal);
      return answered(pageView(page, environmentSummary));
    },
    getEnvironment: async ({ params, signal }) => {
      const detail = await app.environment(params.environment, signal);
      const actors = detail.deployments.map(({ actor }) => actor);
      return answered(environmentView(detail, await app.actorNames(actors, signal)));
    },
    listRevisions: async ({ params, query, signal }) => {
      const page = await app.revisions(params.environment, pageRequest(query), signal);
      return await namedPage({ app, page, signal }, revisionView);
    },
    logs: async ({ actor, params, query, signal }) => {
      const lines = app.logs(actor, params.environment, logsInput(query), signal);
      return { kind: 'events', pieces: logEvents(lines) };
    },
    compare: async ({ body: { a, b }, signal }) => answered(comparisonView(await app.compare(a, b, signal))),
    listClusters: async ({ signal }) => answered({ items: (await app.clusters(signal)).map(clusterView), next: null }),
    events: async ({ query, lastEventId, signal }) => {
      const place = given(query, ['environment', 'deployment', 'service']);
      const filter = query.kinds === undefined ? place : { ...place, kinds: eventKinds('kinds', query.kinds) };
      const batches = app.events(filter, resumeAfter(lastEventId, query.after), signal);
      return { kind: 'events', pieces: ledgerEvents(batches) };
    },
    ledgerEntries: async ({ query, signal }) => {
      const wanted = entriesRequest(query);
      const page =
        wanted.order === 'oldest'
          ? { ...(await app.entries(wanted.after, wanted.limit, signal)), next: null }
          : await app.entriesBefore(wanted.before, wanted.limit, wanted.filter, signal);
      const actors = page.entries.map(({ actor }) => actor);
      return answered(entriesView(page, await app.actorNames(actors, signal)));
    },
    getPlatform: async ({ signal }) => answered(platformView(await app.platform(signal))),
  };
}

function logsInput(query: Parts<'logs'>['query']): LogsInput {
  const { service, component, cluster, tail, follow } = query;
  return { service, component: component ?? null, cluster: cluster ?? null, tail, follow };
}

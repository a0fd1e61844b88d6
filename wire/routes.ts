import { z } from 'zod';
import {
  sessionClosed,
  sessionRequest,
  sessionView,
  signInLink,
  tokenCreated,
  tokenRequest,
  tokensQuery,
  tokenSummary,
} from './access.ts';
import { doctorView, healthView, platformView } from './admin.ts';
import { json, name, pageOf, pageQuery, receipt, version } from './common.ts';
import { comparison, comparisonRequest } from './comparison.ts';
import {
  cancelRequest,
  deploymentAccepted,
  deploymentsQuery,
  deploymentSummary,
  deploymentView,
} from './deployment.ts';
import { environmentsQuery, environmentSummary, environmentView, logsQuery, revisionView } from './environment.ts';
import { erasureRequest, erasureView } from './erasure.ts';
import { evidenceRoutes } from './evidence-routes.ts';
import { eventsQuery } from './events.ts';
import { entriesQuery, entriesView, receiptParams, signingKeyView, tileParams } from './ledger.ts';
import { clusterView, overviewQuery, overviewView } from './overview.ts';
import { paths, type Path, type RouteName } from './paths.ts';
import { deploymentConfigs, deployRequest, planRequest, planView } from './plan.ts';
import { recoveredView, recoverRequest, recoveryView } from './recovery.ts';
import { secretRoutes } from './secret-routes.ts';
import { releaseRequest, releasesQuery, releaseSummary, releaseView } from './release.ts';

const nothing = z.strictObject({});
const deploymentParams = z.strictObject({ deployment: z.string().max(100).describe('Id of a deployment.') });
const environmentParams = z.strictObject({ environment: name });

/** Every route of the HTTP API: the one definition for server, client, OpenAPI and reference. Unknown keys are refused. */
export const routes = {
  health: {
    ...paths.health,
    params: nothing,
    query: nothing,
    body: null,
    response: healthView,
    summary: 'The process is alive.',
  },
  ready: {
    ...paths.ready,
    params: nothing,
    query: nothing,
    body: null,
    response: healthView,
    summary: 'The server can take requests; 503 while it starts or shuts down.',
  },
  metrics: {
    ...paths.metrics,
    params: nothing,
    query: nothing,
    body: null,
    response: null,
    summary: 'Figures of the server itself, in the Prometheus text format.',
  },
  openapi: {
    ...paths.openapi,
    params: nothing,
    query: nothing,
    body: null,
    response: z.record(z.string(), json),
    summary: 'This API as an OpenAPI 3.1 document.',
  },
  openSession: {
    ...paths.openSession,
    params: nothing,
    query: nothing,
    body: sessionRequest,
    response: sessionView,
    summary: 'Signs a browser in and sets its cookie.',
  },
  getSession: {
    ...paths.getSession,
    params: nothing,
    query: nothing,
    body: null,
    response: sessionView,
    summary: 'Who asks, and what they may do.',
  },
  closeSession: {
    ...paths.closeSession,
    params: nothing,
    query: nothing,
    body: null,
    response: sessionClosed,
    summary: 'Signs the browser out; a token is left as it is.',
  },
  createSignInLink: {
    ...paths.createSignInLink,
    params: nothing,
    query: nothing,
    body: null,
    response: signInLink,
    summary: 'Makes a link that signs a browser in once, as whoever asks.',
  },
  overview: {
    ...paths.overview,
    params: nothing,
    query: overviewQuery,
    body: null,
    response: overviewView,
    summary: 'Every service against every environment.',
  },
  createRelease: {
    ...paths.createRelease,
    params: nothing,
    query: nothing,
    body: releaseRequest,
    response: releaseView,
    summary: 'Registers an immutable release: 201, or 200 when the same one is there.',
  },
  listReleases: {
    ...paths.listReleases,
    params: nothing,
    query: releasesQuery,
    body: null,
    response: pageOf(releaseSummary),
    summary: 'Releases, newest first.',
  },
  getRelease: {
    ...paths.getRelease,
    params: z.strictObject({ service: name, version }),
    query: nothing,
    body: null,
    response: releaseView,
    summary: 'One release.',
  },
  ...evidenceRoutes,
  plan: {
    ...paths.plan,
    params: nothing,
    query: nothing,
    body: planRequest,
    response: planView,
    summary: 'The difference between what runs and what is wanted. Changes nothing.',
  },
  deploy: {
    ...paths.deploy,
    params: nothing,
    query: nothing,
    body: deployRequest,
    response: deploymentAccepted,
    summary: 'Accepts a deployment: 202 once it is durable. Takes an Idempotency-Key header.',
  },
  listDeployments: {
    ...paths.listDeployments,
    params: nothing,
    query: deploymentsQuery,
    body: null,
    response: pageOf(deploymentSummary),
    summary: 'Deployments, newest first.',
  },
  getDeployment: {
    ...paths.getDeployment,
    params: deploymentParams,
    query: nothing,
    body: null,
    response: deploymentView,
    summary: 'One deployment with its waves, steps and cause.',
  },
  deploymentConfigs: {
    ...paths.deploymentConfigs,
    params: deploymentParams,
    query: nothing,
    body: null,
    response: deploymentConfigs,
    summary: 'What of the contents of configs a deployment changes.',
  },
  cancelDeployment: {
    ...paths.cancelDeployment,
    params: deploymentParams,
    query: nothing,
    body: cancelRequest,
    response: deploymentView,
    summary: 'Cancels a deployment that waits or is active.',
  },
  listEnvironments: {
    ...paths.listEnvironments,
    params: nothing,
    query: environmentsQuery,
    body: null,
    response: pageOf(environmentSummary),
    summary: 'All environments of the platform.',
  },
  getEnvironment: {
    ...paths.getEnvironment,
    params: environmentParams,
    query: nothing,
    body: null,
    response: environmentView,
    summary: 'What an environment is to run and what it was seen to run.',
  },
  listRevisions: {
    ...paths.listRevisions,
    params: environmentParams,
    query: z.strictObject(pageQuery),
    body: null,
    response: pageOf(revisionView),
    summary: 'What each revision of an environment changed, newest first.',
  },
  ...secretRoutes,
  logs: {
    ...paths.logs,
    params: environmentParams,
    query: logsQuery,
    body: null,
    response: null,
    summary: 'Log lines of all tasks of a service, as server-sent events.',
  },
  compare: {
    ...paths.compare,
    params: nothing,
    query: nothing,
    body: comparisonRequest,
    response: comparison,
    summary: 'In what two releases, environments or documents differ. Changes nothing.',
  },
  listClusters: {
    ...paths.listClusters,
    params: nothing,
    query: nothing,
    body: null,
    response: pageOf(clusterView),
    summary: 'The clusters as they were last seen.',
  },
  events: {
    ...paths.events,
    params: nothing,
    query: eventsQuery,
    body: null,
    response: null,
    summary: 'The ledger live, as server-sent events; goes on after Last-Event-ID.',
  },
  ledgerEntries: {
    ...paths.ledgerEntries,
    params: nothing,
    query: entriesQuery,
    body: null,
    response: entriesView,
    summary: 'Entries of the ledger in order, with the head.',
  },
  ledgerReceipt: {
    ...paths.ledgerReceipt,
    params: receiptParams,
    query: nothing,
    body: null,
    response: receipt,
    summary: 'The receipt of an entry: the proof that it is on the ledger.',
  },
  rotateSigningKey: {
    ...paths.rotateSigningKey,
    params: nothing,
    query: nothing,
    body: nothing,
    response: signingKeyView,
    summary: 'Puts a new key in force that signs checkpoints of the ledger.',
  },
  erase: {
    ...paths.erase,
    params: nothing,
    query: nothing,
    body: erasureRequest,
    response: erasureView,
    summary: 'Erases log excerpts, or the name of a token, for ever.',
  },
  ledgerCheckpoint: {
    ...paths.ledgerCheckpoint,
    params: nothing,
    query: nothing,
    body: null,
    response: null,
    summary: 'The newest signed checkpoint of the ledger, as a C2SP tlog-checkpoint.',
  },
  ledgerTile: {
    ...paths.ledgerTile,
    params: tileParams,
    query: nothing,
    body: null,
    response: null,
    summary: 'A tile of hashes, or a bundle of entries, as C2SP tlog-tiles has them.',
  },
  getRecovery: {
    ...paths.getRecovery,
    params: nothing,
    query: nothing,
    body: null,
    response: recoveryView,
    summary: 'Whether the ledger was restored from a backup and has to be recovered.',
  },
  recover: {
    ...paths.recover,
    params: nothing,
    query: nothing,
    body: recoverRequest,
    response: recoveredView,
    summary: 'Goes on with a ledger that was restored from a backup.',
  },
  getPlatform: {
    ...paths.getPlatform,
    params: nothing,
    query: nothing,
    body: null,
    response: platformView,
    summary: 'The platform document in force.',
  },
  createToken: {
    ...paths.createToken,
    params: nothing,
    query: nothing,
    body: tokenRequest,
    response: tokenCreated,
    summary: 'Makes a token; its secret is shown this once.',
  },
  listTokens: {
    ...paths.listTokens,
    params: nothing,
    query: tokensQuery,
    body: null,
    response: pageOf(tokenSummary),
    summary: 'All tokens, without their secrets.',
  },
  revokeToken: {
    ...paths.revokeToken,
    params: z.strictObject({ token: z.string().max(100).describe('Id of a token.') }),
    query: nothing,
    body: null,
    response: tokenSummary,
    summary: 'Revokes a token, for ever.',
  },
  doctor: {
    ...paths.doctor,
    params: nothing,
    query: nothing,
    body: null,
    response: doctorView,
    summary: 'What is wrong with the server and its clusters.',
  },
} as const satisfies Record<RouteName, Route>;

export interface Route extends Path {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType | null;
  /** Null: the answer is no JSON document; `produces` says what it is. */
  readonly response: z.ZodType | null;
  readonly summary: string;
}

export type { RouteName };

import { z } from 'zod';
import { doctorView, healthView, platformView, tokenCreated, tokenRequest, tokenSummary } from './admin.ts';
import { name, pageOf, pageQuery, version } from './common.ts';
import {
  cancelRequest,
  deploymentAccepted,
  deploymentsQuery,
  deploymentSummary,
  deploymentView,
} from './deployment.ts';
import { environmentSummary, environmentView, logsQuery } from './environment.ts';
import { entriesQuery, entriesView } from './ledger.ts';
import { deployRequest, planRequest, planView } from './plan.ts';
import { releaseRequest, releaseSummary, releaseView } from './release.ts';

/** Who may call a route: nobody in particular, whoever may read, or who may change things. */
export type Access = 'public' | 'viewer' | 'admin';

const nothing = z.strictObject({});
const deploymentParams = z.strictObject({ deployment: z.string().max(100) });
const environmentParams = z.strictObject({ environment: name });

/** Every route of the HTTP API: the one definition for server, client and reference. Unknown keys are refused. */
export const routes = {
  health: {
    method: 'GET',
    path: '/healthz',
    access: 'public',
    params: nothing,
    query: nothing,
    body: null,
    response: healthView,
    summary: 'The process is alive.',
  },
  ready: {
    method: 'GET',
    path: '/readyz',
    access: 'public',
    params: nothing,
    query: nothing,
    body: null,
    response: healthView,
    summary: 'The server can take requests; 503 while it starts or shuts down.',
  },
  createRelease: {
    method: 'POST',
    path: '/v1/releases',
    access: 'admin',
    params: nothing,
    query: nothing,
    body: releaseRequest,
    response: releaseView,
    summary: 'Registers an immutable release: 201, or 200 when the same one is there.',
  },
  listReleases: {
    method: 'GET',
    path: '/v1/releases',
    access: 'viewer',
    params: nothing,
    query: z.strictObject({ service: name.optional(), ...pageQuery }),
    body: null,
    response: pageOf(releaseSummary),
    summary: 'Releases, newest first.',
  },
  getRelease: {
    method: 'GET',
    path: '/v1/releases/:service/:version',
    access: 'viewer',
    params: z.strictObject({ service: name, version }),
    query: nothing,
    body: null,
    response: releaseView,
    summary: 'One release.',
  },
  plan: {
    method: 'POST',
    path: '/v1/plans',
    access: 'viewer',
    params: nothing,
    query: nothing,
    body: planRequest,
    response: planView,
    summary: 'The difference between what runs and what is wanted. Changes nothing.',
  },
  deploy: {
    method: 'POST',
    path: '/v1/deployments',
    access: 'admin',
    params: nothing,
    query: nothing,
    body: deployRequest,
    response: deploymentAccepted,
    summary: 'Accepts a deployment: 202 once it is durable. Takes an Idempotency-Key header.',
  },
  listDeployments: {
    method: 'GET',
    path: '/v1/deployments',
    access: 'viewer',
    params: nothing,
    query: deploymentsQuery,
    body: null,
    response: pageOf(deploymentSummary),
    summary: 'Deployments, newest first.',
  },
  getDeployment: {
    method: 'GET',
    path: '/v1/deployments/:deployment',
    access: 'viewer',
    params: deploymentParams,
    query: nothing,
    body: null,
    response: deploymentView,
    summary: 'One deployment with its waves, steps and cause.',
  },
  cancelDeployment: {
    method: 'POST',
    path: '/v1/deployments/:deployment/cancel',
    access: 'admin',
    params: deploymentParams,
    query: nothing,
    body: cancelRequest,
    response: deploymentView,
    summary: 'Cancels a deployment that waits or is active.',
  },
  listEnvironments: {
    method: 'GET',
    path: '/v1/environments',
    access: 'viewer',
    params: nothing,
    query: nothing,
    body: null,
    response: pageOf(environmentSummary),
    summary: 'All environments of the platform.',
  },
  getEnvironment: {
    method: 'GET',
    path: '/v1/environments/:environment',
    access: 'viewer',
    params: environmentParams,
    query: nothing,
    body: null,
    response: environmentView,
    summary: 'What an environment is to run and what it was seen to run.',
  },
  logs: {
    method: 'GET',
    path: '/v1/environments/:environment/logs',
    access: 'viewer',
    params: environmentParams,
    query: logsQuery,
    body: null,
    response: null,
    summary: 'Log lines of all tasks of a service, as server-sent events.',
  },
  ledgerEntries: {
    method: 'GET',
    path: '/v1/ledger/entries',
    access: 'viewer',
    params: nothing,
    query: entriesQuery,
    body: null,
    response: entriesView,
    summary: 'Entries of the ledger in order, with the head.',
  },
  getPlatform: {
    method: 'GET',
    path: '/v1/platform',
    access: 'viewer',
    params: nothing,
    query: nothing,
    body: null,
    response: platformView,
    summary: 'The platform document in force.',
  },
  createToken: {
    method: 'POST',
    path: '/v1/tokens',
    access: 'admin',
    params: nothing,
    query: nothing,
    body: tokenRequest,
    response: tokenCreated,
    summary: 'Makes a token; its secret is shown this once.',
  },
  listTokens: {
    method: 'GET',
    path: '/v1/tokens',
    access: 'admin',
    params: nothing,
    query: nothing,
    body: null,
    response: pageOf(tokenSummary),
    summary: 'All tokens, without their secrets.',
  },
  revokeToken: {
    method: 'DELETE',
    path: '/v1/tokens/:token',
    access: 'admin',
    params: z.strictObject({ token: z.string().max(100) }),
    query: nothing,
    body: null,
    response: tokenSummary,
    summary: 'Revokes a token, for ever.',
  },
  doctor: {
    method: 'GET',
    path: '/v1/doctor',
    access: 'viewer',
    params: nothing,
    query: nothing,
    body: null,
    response: doctorView,
    summary: 'What is wrong with the server and its clusters.',
  },
} as const satisfies Record<string, Route>;

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly access: Access;
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType | null;
  /** Null: a stream of server-sent events. */
  readonly response: z.ZodType | null;
  readonly summary: string;
}

export type RouteName = keyof typeof routes;

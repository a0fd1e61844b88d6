import type { Action } from '../core/access.ts';

/** Who may call a route: anybody, or whose role has the action (core/access.ts). */
export type Access = 'public' | Action;

/** What a route answers with: a JSON document, server-sent events, plain text, or bytes that never change. */
export type Produces = 'json' | 'events' | 'text' | 'bytes';

export interface Path {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly access: Access;
  readonly produces: Produces;
  /** Whether its last parameter is the whole rest of the address, with its slashes. */
  readonly takesRest?: true;
}

function get<P extends string, A extends Access>(path: P, access: A) {
  return { method: 'GET', path, access, produces: 'json' } as const;
}

function post<P extends string, A extends Access>(path: P, access: A) {
  return { method: 'POST', path, access, produces: 'json' } as const;
}

function remove<P extends string, A extends Access>(path: P, access: A) {
  return { method: 'DELETE', path, access, produces: 'json' } as const;
}

/** Where every route is and who may call it, without its schemas: all that a browser needs of the contract. */
export const paths = {
  health: get('/healthz', 'public'),
  ready: get('/readyz', 'public'),
  metrics: { ...get('/metrics', 'read'), produces: 'text' },
  openapi: get('/openapi.json', 'public'),
  openSession: post('/v1/session', 'public'),
  getSession: get('/v1/session', 'read'),
  closeSession: remove('/v1/session', 'read'),
  createSignInLink: post('/v1/sign-in-links', 'read'),
  overview: get('/v1/overview', 'read'),
  createRelease: post('/v1/releases', 'release'),
  listReleases: get('/v1/releases', 'read'),
  getRelease: get('/v1/releases/:service/:version', 'read'),
  getBom: get('/v1/releases/:service/:version/bom', 'read'),
  attachEvidence: post('/v1/releases/:service/:version/evidence', 'release'),
  getService: get('/v1/services/:service', 'read'),
  listRefusals: get('/v1/refusals', 'read'),
  variety: get('/v1/variety', 'read'),
  whereIs: get('/v1/vulnerabilities/:vulnerability', 'read'),
  waive: post('/v1/waivers', 'waive'),
  plan: post('/v1/plans', 'read'),
  deploy: post('/v1/deployments', 'deploy'),
  listDeployments: get('/v1/deployments', 'read'),
  getDeployment: get('/v1/deployments/:deployment', 'read'),
  deploymentConfigs: get('/v1/deployments/:deployment/configs', 'read'),
  cancelDeployment: post('/v1/deployments/:deployment/cancel', 'deploy'),
  listEnvironments: get('/v1/environments', 'read'),
  getEnvironment: get('/v1/environments/:environment', 'read'),
  listRevisions: get('/v1/environments/:environment/revisions', 'read'),
  listSecrets: get('/v1/environments/:environment/secrets', 'read'),
  setSecret: post('/v1/environments/:environment/secrets', 'set-secrets'),
  revokeSecret: remove('/v1/environments/:environment/secrets/:secret/:version', 'set-secrets'),
  rotateSecretKey: post('/v1/secret-key', 'rotate-secret-key'),
  logs: { ...get('/v1/environments/:environment/logs', 'read-logs'), produces: 'events' },
  compare: post('/v1/comparisons', 'read'),
  listClusters: get('/v1/clusters', 'read'),
  events: { ...get('/v1/events', 'read'), produces: 'events' },
  ledgerEntries: get('/v1/ledger/entries', 'read'),
  ledgerReceipt: get('/v1/ledger/receipts/:sequence', 'read'),
  rotateSigningKey: post('/v1/ledger/key', 'rotate-key'),
  erase: post('/v1/erasures', 'erase'),
  ledgerCheckpoint: { ...get('/ledger/checkpoint', 'public'), produces: 'text' },
  ledgerTile: { ...get('/ledger/tile/:tile', 'read'), produces: 'bytes', takesRest: true },
  getRecovery: get('/v1/recovery', 'read'),
  recover: post('/v1/recovery', 'recover'),
  getPlatform: get('/v1/platform', 'read'),
  createToken: post('/v1/tokens', 'manage-tokens'),
  listTokens: get('/v1/tokens', 'manage-tokens'),
  revokeToken: remove('/v1/tokens/:token', 'manage-tokens'),
  doctor: get('/v1/doctor', 'read'),
} as const satisfies Record<string, Path>;

export type RouteName = keyof typeof paths;

import type { Actor, App } from '../../app/api.ts';
import { Fault } from '../../core/fault.ts';

export const adminToken = 'admin-token';
export const viewerToken = 'viewer-token';

const actors: ReadonlyMap<string, Actor> = new Map([
  [adminToken, { id: 't-admin', role: 'admin' }],
  [viewerToken, { id: 't-viewer', role: 'viewer' }],
]);

/**
 * An application in which nothing was ever released: it knows two tokens and otherwise only says what is not there.
 * What a test is about, it gives.
 */
export function plainApp(given: Partial<App> = {}): App {
  const unknownRelease = async () => await Promise.reject<never>(new Fault('release.unknown', 'There is none.'));
  const unknownDeployment = async () => await Promise.reject<never>(new Fault('deployment.unknown', 'There is none.'));
  const unknownEnvironment = async () =>
    await Promise.reject<never>(new Fault('environment.unknown', 'There is none.'));
  const noPlatform = async () => await Promise.reject<never>(new Fault('platform.missing', 'There is none.'));
  const head = { sequence: 0, hash: '0'.repeat(64) };
  return {
    readiness: () => 'ok',
    authenticate: async (secret) => {
      const actor = actors.get(secret);
      if (actor === undefined) throw new Fault('auth.wrong', 'The token is unknown.');
      return await Promise.resolve(actor);
    },
    registerRelease: unknownRelease,
    release: unknownRelease,
    releases: async () => await Promise.resolve({ items: [], next: null }),
    plan: unknownEnvironment,
    deploy: unknownEnvironment,
    deployment: unknownDeployment,
    deployments: async () => await Promise.resolve({ items: [], next: null }),
    cancel: unknownDeployment,
    environments: async () => await Promise.resolve([]),
    environment: unknownEnvironment,
    logs: () => failingLines(new Fault('environment.unknown', 'There is none.')),
    entries: async () => await Promise.resolve({ entries: [], head }),
    platform: noPlatform,
    createToken: async (_, { name, role }) => {
      const row = { id: 't-1', name, role, secretHash: head.hash, createdAt: 0, revokedAt: null };
      return await Promise.resolve({ row, secret: 'dray_secret' });
    },
    tokens: async () => await Promise.resolve([]),
    revokeToken: async (_, id) => {
      return await Promise.resolve({
        id,
        name: 'x',
        role: 'viewer',
        secretHash: head.hash,
        createdAt: 0,
        revokedAt: 1,
      });
    },
    doctor: async () =>
      await Promise.resolve({ version: '0', installation: 'i', head, generation: 1, platform: null, clusters: [] }),
    ...given,
  };
}

/** Lines that fail before the first of them. */
async function* failingLines(fault: Fault): AsyncGenerator<never> {
  yield await Promise.reject<never>(fault);
}

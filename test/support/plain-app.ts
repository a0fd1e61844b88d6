import type { Actor, App } from '../../app/api.ts';
import { everywhere, roles, type Role } from '../../core/access.ts';
import { Fault } from '../../core/fault.ts';
import type { TokenRow } from '../../port/store.ts';

/** The API token, and the secret of the browser session, of a role in the plain application. */
export const tokenOf = (role: Role) => `${role}-token`;
export const sessionOf = (role: Role) => `${role}-session`;

export const adminToken = tokenOf('admin');
export const viewerToken = tokenOf('viewer');
/** The code of a sign-in link that the plain application takes, any number of times. */
export const adminCode = 'admin-code';

/** Who a token of the role is. */
export function actorOf(role: Role): Actor {
  return { id: `t-${role}`, name: `the ${role}`, role, scope: everywhere, session: null, expiresAt: null };
}

const inTwelveHours = 4_000_000_000_000;

function browserOf(role: Role): Actor {
  return { ...actorOf(role), session: `s-${role}`, expiresAt: inTwelveHours };
}

const actors = {
  api: new Map(roles.map((role) => [tokenOf(role), actorOf(role)])),
  session: new Map(roles.map((role) => [sessionOf(role), browserOf(role)])),
};

/** A row of a token. */
export function tokenRow(given: Partial<TokenRow> = {}): TokenRow {
  return {
    id: 't-1',
    name: 'x',
    person: null,
    role: 'viewer',
    scope: everywhere,
    use: 'api',
    parent: null,
    secretHash: '0'.repeat(64),
    createdAt: 0,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    sequence: 1,
    ...given,
  };
}

const head = { sequence: 0, hash: '0'.repeat(64) };
const nothing = { items: [], next: null };

async function fails(
  code:
    | 'release.unknown'
    | 'deployment.unknown'
    | 'environment.unknown'
    | 'platform.missing'
    | 'ledger.entry-unknown'
    | 'ledger.tile-unknown',
) {
  return await Promise.reject<never>(new Fault(code, 'There is none.'));
}

/**
 * An application in which nothing was ever released: it knows a token and a session of every role and otherwise only
 * says what is not there. What a test is about, it gives.
 */
export function plainApp(given: Partial<App> = {}): App {
  return {
    readiness: async () => await Promise.resolve({ status: 'ok', checks: { store: null } }),
    readOnly: () => null,
    ...plainAccess,
    compare: async () => await fails('environment.unknown'),
    registerRelease: async () => await fails('release.unknown'),
    attachEvidence: async () => await fails('release.unknown'),
    refusals: async () => await Promise.resolve({ refusals: [], unreadable: [], unseen: 0 }),
    variety: async () => await Promise.resolve({ items: [], gaps: [], unseen: 0 }),
    service: async () => await fails('release.unknown'),
    whereIs: async () => await Promise.resolve([]),
    waive: async () => await Promise.resolve({ waiver: 'w-1', sequence: 1 }),
    release: async () => await fails('release.unknown'),
    releases: async () => await Promise.resolve(nothing),
    plan: async () => await fails('environment.unknown'),
    deploy: async () => await fails('environment.unknown'),
    deployment: async () => await fails('deployment.unknown'),
    deploymentConfigs: async () => await fails('deployment.unknown'),
    deployments: async () => await Promise.resolve(nothing),
    cancel: async () => await fails('deployment.unknown'),
    environments: async () => await Promise.resolve(nothing),
    environment: async () => await fails('environment.unknown'),
    overview: async () =>
      await Promise.resolve({ environments: [], services: [], next: null, total: 0, healths: none }),
    clusters: async () => await Promise.resolve([]),
    revisions: async () => await fails('environment.unknown'),
    logs: () => failing(new Fault('environment.unknown', 'There is none.')),
    entries: async () => await Promise.resolve({ entries: [], head }),
    entriesBefore: async () => await Promise.resolve({ entries: [], next: null, head }),
    events: () => quiet(),
    platform: async () => await fails('platform.missing'),
    doctor: async () =>
      await Promise.resolve({
        version: '0',
        recovery: null,
        installation: 'i',
        head,
        generation: 1,
        signing: { state: 'signing', key: 'k', size: 0, trouble: null },
        platform: null,
        clusters: [],
      }),
    recovery: async () =>
      await Promise.resolve({
        reason: null,
        head,
        signed: null,
        fence: { base: 0, highest: 1 },
        highestSeen: 0,
        findings: [],
        findingCount: 0,
        unseen: [],
        unfinished: [],
        confirm: null,
      }),
    recover: async () => await Promise.resolve({ sequence: 1, generationBase: 1, key: 'k', ended: [] }),
    proof: async () => await Promise.resolve(null),
    proofs: async () => await Promise.resolve(new Map()),
    receipt: async () => await fails('ledger.entry-unknown'),
    checkpoint: () => {
      throw new Fault('ledger.unsigned', 'There is none.');
    },
    tile: async () => await fails('ledger.tile-unknown'),
    erase: async () => await Promise.resolve({ contents: 0, receipt: null }),
    secrets: async () => await fails('environment.unknown'),
    setSecret: async () => await fails('environment.unknown'),
    revokeSecret: async () => await fails('environment.unknown'),
    rotateSecretKey: async () => await Promise.resolve({ key: 'k', versions: 0 }),
    rotateKey: async () => await Promise.resolve({ key: 'k', previous: null, sequence: 1 }),
    ...given,
  };
}

const none = { healthy: 0, converging: 0, degraded: 0, missing: 0, unknown: 0 };

const plainAccess = {
  authenticate: async (secret, use) => {
    const actor = actors[use].get(secret);
    if (actor === undefined) throw new Fault('auth.wrong', 'The token is unknown.');
    return await Promise.resolve(actor);
  },
  anonymous: async () => await Promise.resolve(null),
  openSession: async (by) => {
    const wrong = by.kind === 'code' ? by.code !== adminCode : by.token !== adminToken;
    if (wrong) throw new Fault(by.kind === 'code' ? 'auth.code-wrong' : 'auth.wrong', 'It is unknown.');
    return await Promise.resolve({ actor: browserOf('admin'), secret: sessionOf('admin'), expiresAt: inTwelveHours });
  },
  closeSession: async () => await Promise.resolve(),
  createSignInCode: () => ({ code: adminCode, expiresAt: inTwelveHours }),
  actorNames: async (ids) => await Promise.resolve(new Map(ids.map((id) => [id, `name of ${id}`]))),
  createToken: async (_, { name, role }) =>
    await Promise.resolve({ row: tokenRow({ name, role }), secret: 'dray_secret' }),
  tokens: async () => await Promise.resolve(nothing),
  revokeToken: async (_, id) => await Promise.resolve(tokenRow({ id, revokedAt: 1 })),
} satisfies Partial<App>;

/** Lines that fail before the first of them. */
async function* failing(fault: Fault): AsyncGenerator<never> {
  yield await Promise.reject<never>(fault);
}

/** One batch, and the end. */
async function* quiet() {
  yield await Promise.resolve({ events: [], through: 0 });
}

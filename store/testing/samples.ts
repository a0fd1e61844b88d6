import assert from 'node:assert/strict';
import { everywhere } from '../../core/access.ts';
import type { LedgerEvent } from '../../core/event.ts';
import { sha256 } from '../../core/hash.ts';
import type { LedgerEntry, NewEntry } from '../../core/ledger.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Spot } from '../../core/workload.ts';
import type { Appended, Page, PageRequest, Store } from '../../port/store.ts';

/** A deadline for everything that a test asks of a store. */
export function soon(): AbortSignal {
  return AbortSignal.timeout(60_000);
}

export const spot: Spot = { cluster: 'fe', service: 'cart', component: 'web' };

export const targetA = sha256('target a');
export const targetB = sha256('target b');

type TokenCreated = Extract<LedgerEvent, { readonly kind: 'token-created' }>;

/** An event that no projection reads. */
export function lease(driver: string): LedgerEvent {
  return { kind: 'lease-granted', driver };
}

export function accepted(
  deployment: string,
  environment = 'dev',
  services: readonly string[] = ['cart', 'catalog'],
  reason = 'deploy',
): LedgerEvent {
  const plan = sha256(`plan ${deployment}`);
  return {
    kind: 'deployment-accepted',
    deployment,
    environment,
    plan,
    services,
    onFailure: 'roll-back',
    restores: null,
    reason,
  };
}

export function started(deployment: string): LedgerEvent {
  return { kind: 'deployment-started', deployment, generation: 1 };
}

export function ended(deployment: string, outcome: Outcome = 'succeeded'): LedgerEvent {
  return { kind: 'deployment-ended', deployment, outcome, cause: null, unknown: [] };
}

/** An admin's token for ever and everywhere, but for what is named. */
export function tokenCreated(token: string, but: Partial<TokenCreated> = {}): TokenCreated {
  return {
    kind: 'token-created',
    token,
    name: { kind: 'inline', text: `name of ${token}` },
    role: 'admin',
    scope: everywhere,
    expiresAt: null,
    use: 'api',
    parent: null,
    secretHash: sha256(`secret of ${token}`),
    ...but,
  };
}

/** What happened to the step at `spot`. */
export function step(
  kind: 'step-started' | 'step-verified' | 'revert-started' | 'revert-verified',
  deployment: string,
  target: string | null,
): LedgerEvent {
  return { kind, deployment, step: 'fe/cart/web', spot, target };
}

export function stepFailed(kind: 'step-failed' | 'revert-failed', deployment: string): LedgerEvent {
  const cause = { kind: 'engine-refused', step: 'fe/cart/web', code: '500', message: 'no' } as const;
  return { kind, deployment, step: 'fe/cart/web', spot, cause };
}

export function registered(service: string, version: string): LedgerEvent {
  const identity = sha256(`${service} ${version}`);
  return { kind: 'release-registered', service, version, identity, manifest: sha256(identity) };
}

/** Evidence that a release has an image whose layers make a chain. */
export function evidence(service: string, version: string, chain: string | null = null): LedgerEvent {
  const image = `sha256:${sha256(`image of ${service} ${version}`)}`;
  const summary = sha256(`evidence of ${service} ${version}`);
  return { kind: 'evidence-appended', service, version, evidence: 'image', image, chain, summary, document: null };
}

/** A scanner's report on a release, with the summary that it names: GHSA-1, which is CVE-1 too, and cve-2. */
export function report(service: string, version: string): { readonly event: LedgerEvent; readonly blob: Uint8Array } {
  const blob = Buffer.from('{"findings":[{"aliases":["CVE-1"],"id":"GHSA-1"},{"aliases":[],"id":"cve-2"}]}');
  const document = { digest: targetA, bytes: 7, stored: targetB };
  const of = { service, version, image: null, chain: null, summary: sha256(blob), document };
  return { event: { kind: 'evidence-appended', evidence: 'scan', ...of }, blob };
}

/** A waiver of one vulnerability in every service. */
export function waived(waiver: string, until = 2_000_000_000_000): LedgerEvent {
  return { kind: 'finding-waived', waiver, vulnerability: 'CVE-2024-1', service: null, reason: 'not reached', until };
}

export function revised(environment: string, revision: number, deployment: string): LedgerEvent {
  return { kind: 'spec-revised', environment, revision, spec: sha256(`spec ${revision}`), deployment };
}

export function byTester(...events: readonly LedgerEvent[]): readonly NewEntry[] {
  return events.map((event) => ({ actor: 'tester', event }));
}

/** Appends to the end of a stream, wherever it is. */
export async function record(store: Store, stream: string, ...events: readonly LedgerEvent[]): Promise<Appended> {
  const expectedVersion = (await store.stream(stream, soon())).length;
  return store.append({ appends: [{ stream, expectedVersion, entries: byTester(...events) }] }, soon());
}

/** One event of every kind, and some that meet each other, on the streams where they belong. */
export async function recordEverything(store: Store): Promise<void> {
  await record(store, 'platform', { kind: 'platform-applied', revision: 1, platform: targetA, source: targetB });
  await record(store, 'platform', { kind: 'platform-applied', revision: 2, platform: targetB, source: targetA });
  await record(store, 'token/t-1', tokenCreated('t-1'));
  const scope = { environments: ['dev', 'pr-*'], services: null };
  await record(store, 'token/t-2', tokenCreated('t-2', { role: 'viewer', scope, expiresAt: 2_000_000_000_000 }));
  await record(store, 'token/t-3', tokenCreated('t-3', { use: 'session', parent: 't-1' }));
  await record(store, 'token/t-2', { kind: 'token-revoked', token: 't-2' });
  await record(store, 'release/cart/1.0.0', registered('cart', '1.0.0'));
  await record(store, 'release/catalog/2.0.0', registered('catalog', '2.0.0'));
  await record(store, 'release/cart/1.0.0', evidence('cart', '1.0.0', `sha256:${sha256('chain')}`));
  await record(store, 'waiver/w-1', waived('w-1'));
  await recordSecrets(store);
  await record(store, 'lease/drive', lease('driver-1'));
  await record(store, 'request/1', { kind: 'request-accepted', request: sha256('key'), deployment: 'd-1' });
  const plan = sha256('plan d-1');
  await record(store, 'deployment/d-1', accepted('d-1'), started('d-1'));
  await record(store, 'environment/dev', { kind: 'deployment-queued', environment: 'dev', deployment: 'd-1', plan });
  await record(store, 'environment/dev', revised('dev', 1, 'd-1'));
  await record(store, 'deployment/d-1', step('step-started', 'd-1', targetA), step('step-verified', 'd-1', targetA));
  await record(store, 'deployment/d-1', ended('d-1'));
  await record(store, 'deployment/d-2', accepted('d-2'), step('step-started', 'd-2', targetB));
  await record(store, 'deployment/d-2', stepFailed('step-failed', 'd-2'), {
    kind: 'cancel-requested',
    deployment: 'd-2',
    by: 't-1',
    leave: false,
  });
  await record(store, 'deployment/d-2', {
    kind: 'rollback-started',
    deployment: 'd-2',
    cause: { kind: 'cancelled', by: 't-1', left: false },
  });
  await record(store, 'deployment/d-2', step('revert-started', 'd-2', targetA), stepFailed('revert-failed', 'd-2'));
  await record(store, 'deployment/d-3', accepted('d-3', 'prod'), step('revert-verified', 'd-3', targetA));
}

/** Versions of a secret that are set, wrapped anew, opened and revoked; their sealed bytes are not there. */
async function recordSecrets(store: Store): Promise<void> {
  const of = { environment: 'dev', secret: 'db-password' };
  const stream = 'secret/dev/db-password';
  for (const version of [1, 2, 3]) {
    const digests = { sealed: sha256(`sealed ${version}`), wrapped: sha256(`wrapped ${version}`) };
    const id = version.toString().repeat(32);
    await record(store, stream, { kind: 'secret-set', ...of, version, id, size: 'up to 64 bytes', ...digests });
  }
  await record(store, 'secret-key', { kind: 'secret-key-rotated', key: 'k-2', previous: 'k-1' });
  await record(store, stream, { kind: 'secret-rewrapped', ...of, version: 2, wrapped: sha256('wrapped anew') });
  await record(store, stream, { kind: 'secret-revoked', ...of, version: 1 });
  const spot = { cluster: 'fe', service: 'cart', component: 'cart' };
  const opened = { kind: 'secret-opened', ...of, version: '2', id: '2'.repeat(32), deployment: 'd-1', spot } as const;
  await record(store, 'secret-access/dev/db-password', opened);
  const password = {
    ...of,
    version: '2',
    id: '2'.repeat(32),
    registry: 'registry.test',
    cluster: 'fe',
    deployment: null,
  };
  await record(store, 'secret-access/dev/db-password', { kind: 'registry-password-opened', ...password });
}

export async function allEntries(store: Store): Promise<readonly LedgerEntry[]> {
  return store.entries(0, 10_000, soon());
}

/** A whole list, page by page. */
export async function readAll<T>(limit: number, read: (page: PageRequest) => Promise<Page<T>>): Promise<readonly T[]> {
  const items: T[] = [];
  for (let cursor: string | null = null; ;) {
    const page: Page<T> = await read({ limit, cursor });
    assert.ok(page.items.length <= limit);
    items.push(...page.items);
    if (page.next === null) return items;
    cursor = page.next;
  }
}

/** All that the projections answer, for comparing one moment with another. */
export async function projections(store: Store): Promise<unknown> {
  const page = { limit: 500 };
  const secrets = await store.secretVersions(null, soon());
  return {
    // Ledgers of before there were secrets are folded to what they always were.
    ...(secrets.length === 0 ? {} : { secrets }),
    releases: await store.releases({}, page, soon()),
    deployments: await store.deployments({}, page, soon()),
    unfinished: await store.unfinished({}, soon()),
    inventory: [await store.inventory('dev', soon()), await store.inventory('prod', soon())],
    revisions: [await store.revision('dev', 1, soon()), await store.revisions('dev', page, soon())],
    platform: await store.platform(soon()),
    tokens: await store.tokens({}, page, soon()),
  };
}

import { isFault } from '../core/fault.ts';
import type { Clock } from '../port/clock.ts';
import type { Metrics } from '../port/metrics.ts';
import type { AppendRequest, Store } from '../port/store.ts';

export interface ObservedParts {
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** The same store, measured: every read and append, and what the appended entries say of deployments. */
export function observeStore(store: Store, { metrics, clock }: ObservedParts): Store {
  let appending = 0;
  const countAppending = (change: 1 | -1) => {
    appending += change;
    metrics.set('drayage_ledger_appends_in_flight', {}, appending);
  };
  async function timed<T>(method: keyof Store, read: () => Promise<T>): Promise<T> {
    const startedAt = clock.monotonic();
    try {
      return await read();
    } finally {
      const seconds = (clock.monotonic() - startedAt) / 1000;
      metrics.observe('drayage_store_read_duration_seconds', { method }, seconds);
    }
  }
  return {
    exclusive: store.exclusive,
    async append(request, signal) {
      const startedAt = clock.monotonic();
      countAppending(1);
      try {
        const appended = await store.append(request, signal);
        metrics.increment('drayage_ledger_entries_appended_total', {}, appended.entries.length);
        countDeployments(metrics, request);
        return appended;
      } catch (error) {
        metrics.increment('drayage_ledger_append_failures_total', { code: codeOf(error, signal) });
        throw error;
      } finally {
        countAppending(-1);
        metrics.observe('drayage_ledger_append_duration_seconds', {}, (clock.monotonic() - startedAt) / 1000);
      }
    },
    head: (signal) => timed('head', () => store.head(signal)),
    entries: (after, limit, signal) => timed('entries', () => store.entries(after, limit, signal)),
    entriesBefore: (before, limit, filter, signal) =>
      timed('entriesBefore', () => store.entriesBefore(before, limit, filter, signal)),
    onAppended: (listener) => store.onAppended(listener),
    stream: (stream, signal) => timed('stream', () => store.stream(stream, signal)),
    version: (stream, signal) => timed('version', () => store.version(stream, signal)),
    blob: (digest, signal) => timed('blob', () => store.blob(digest, signal)),
    erasable: (digest, signal) => timed('erasable', () => store.erasable(digest, signal)),
    unerased: (kind, before, limit, signal) => timed('unerased', () => store.unerased(kind, before, limit, signal)),
    treeHashes: (level, from, count, signal) => timed('treeHashes', () => store.treeHashes(level, from, count, signal)),
    release: (service, version, signal) => timed('release', () => store.release(service, version, signal)),
    releases: (filter, page, signal) => timed('releases', () => store.releases(filter, page, signal)),
    evidence: (service, version, signal) => timed('evidence', () => store.evidence(service, version, signal)),
    imagesOfChains: (chains, signal) => timed('imagesOfChains', () => store.imagesOfChains(chains, signal)),
    reportsOf: (vulnerability, signal) => timed('reportsOf', () => store.reportsOf(vulnerability, signal)),
    waivers: (endingAfter, signal) => timed('waivers', () => store.waivers(endingAfter, signal)),
    deployment: (id, signal) => timed('deployment', () => store.deployment(id, signal)),
    deployments: (filter, page, signal) => timed('deployments', () => store.deployments(filter, page, signal)),
    unfinished: (filter, signal) => timed('unfinished', () => store.unfinished(filter, signal)),
    inventory: (environment, signal) => timed('inventory', () => store.inventory(environment, signal)),
    revision: (environment, revision, signal) => timed('revision', () => store.revision(environment, revision, signal)),
    revisionOf: (deployment, signal) => timed('revisionOf', () => store.revisionOf(deployment, signal)),
    revisions: (environment, page, signal) => timed('revisions', () => store.revisions(environment, page, signal)),
    secretVersions: (environment, signal) => timed('secretVersions', () => store.secretVersions(environment, signal)),
    platform: (signal) => timed('platform', () => store.platform(signal)),
    tokens: (filter, page, signal) => timed('tokens', () => store.tokens(filter, page, signal)),
    token: (id, signal) => timed('token', () => store.token(id, signal)),
    tokenByHash: (secretHash, signal) => timed('tokenByHash', () => store.tokenByHash(secretHash, signal)),
    lease: (signal) => timed('lease', () => store.lease(signal)),
    grantLease: (driver, seen, signal) => store.grantLease(driver, seen, signal),
    renewLease: (held, signal) => store.renewLease(held, signal),
    noteTokenUse: (lastUsedAt, signal) => store.noteTokenUse(lastUsedAt, signal),
    rebuild: (signal) => store.rebuild(signal),
    close: () => store.close(),
  };
}

function countDeployments(metrics: Metrics, { appends }: AppendRequest): void {
  for (const { event } of appends.flatMap(({ entries }) => entries)) {
    if (event.kind === 'deployment-accepted') metrics.increment('drayage_deployments_accepted_total', {});
    if (event.kind === 'deployment-ended')
      metrics.increment('drayage_deployments_ended_total', { outcome: event.outcome });
  }
}

/** The code that a failed call counts under. */
export function codeOf(error: unknown, signal: AbortSignal): string {
  if (isFault(error)) return error.code;
  return signal.aborted ? 'deadline' : 'server.bug';
}

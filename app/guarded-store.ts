import type { Fault } from '../core/fault.ts';
import type { Store } from '../port/store.ts';

/** The same store, which refuses to append and to grant the lease whenever there is a reason not to. */
export function guardStore(store: Store, reason: () => Fault | null): Store {
  const check = (): void => {
    const fault = reason();
    if (fault !== null) throw fault;
  };
  return {
    exclusive: store.exclusive,
    lease: (signal) => store.lease(signal),
    async grantLease(driver, seen, signal) {
      check();
      return await store.grantLease(driver, seen, signal);
    },
    renewLease: (held, signal) => store.renewLease(held, signal),
    async append(request, signal) {
      check();
      return await store.append(request, signal);
    },
    head: (signal) => store.head(signal),
    entries: (after, limit, signal) => store.entries(after, limit, signal),
    entriesBefore: (before, limit, filter, signal) => store.entriesBefore(before, limit, filter, signal),
    onAppended: (listener) => store.onAppended(listener),
    stream: (stream, signal) => store.stream(stream, signal),
    version: (stream, signal) => store.version(stream, signal),
    blob: (digest, signal) => store.blob(digest, signal),
    erasable: (digest, signal) => store.erasable(digest, signal),
    unerased: (kind, before, limit, signal) => store.unerased(kind, before, limit, signal),
    treeHashes: (level, from, count, signal) => store.treeHashes(level, from, count, signal),
    release: (service, version, signal) => store.release(service, version, signal),
    releases: (filter, page, signal) => store.releases(filter, page, signal),
    evidence: (service, version, signal) => store.evidence(service, version, signal),
    imagesOfChains: (chains, signal) => store.imagesOfChains(chains, signal),
    reportsOf: (vulnerability, signal) => store.reportsOf(vulnerability, signal),
    waivers: (endingAfter, signal) => store.waivers(endingAfter, signal),
    deployment: (id, signal) => store.deployment(id, signal),
    deployments: (filter, page, signal) => store.deployments(filter, page, signal),
    unfinished: (filter, signal) => store.unfinished(filter, signal),
    inventory: (environment, signal) => store.inventory(environment, signal),
    revision: (environment, revision, signal) => store.revision(environment, revision, signal),
    revisionOf: (deployment, signal) => store.revisionOf(deployment, signal),
    revisions: (environment, page, signal) => store.revisions(environment, page, signal),
    secretVersions: (environment, signal) => store.secretVersions(environment, signal),
    platform: (signal) => store.platform(signal),
    tokens: (filter, page, signal) => store.tokens(filter, page, signal),
    token: (id, signal) => store.token(id, signal),
    tokenByHash: (secretHash, signal) => store.tokenByHash(secretHash, signal),
    noteTokenUse: (lastUsedAt, signal) => store.noteTokenUse(lastUsedAt, signal),
    rebuild: (signal) => store.rebuild(signal),
    close: () => store.close(),
  };
}

import type { Store } from '../../port/store.ts';
import type { Boundary } from './boundary.ts';

/** A store as one process has it: beside it on the same disk, or over the network when it is shared. */
export function linkStore(store: Store, boundary: Boundary): Store {
  const ask = <T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    store.exclusive ? boundary.near(what, work) : boundary.far(what, signal, work);
  const read = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => ask('a read', signal, work);
  return {
    exclusive: store.exclusive,
    append(request, signal) {
      const kinds = request.appends.flatMap(({ entries }) => entries.map(({ event }) => event.kind));
      return ask(`recording ${kinds.join('+')}`, signal, () => store.append(request, signal));
    },
    lease: (signal) => read(signal, () => store.lease(signal)),
    grantLease: (driver, seen, signal) => ask('taking the lease', signal, () => store.grantLease(driver, seen, signal)),
    renewLease: (held, signal) => ask('renewing the lease', signal, () => store.renewLease(held, signal)),
    head: (signal) => read(signal, () => store.head(signal)),
    entries: (after, limit, signal) => read(signal, () => store.entries(after, limit, signal)),
    entriesBefore: (before, limit, filter, signal) =>
      read(signal, () => store.entriesBefore(before, limit, filter, signal)),
    onAppended: (listener) => store.onAppended(listener),
    stream: (stream, signal) => read(signal, () => store.stream(stream, signal)),
    version: (stream, signal) => read(signal, () => store.version(stream, signal)),
    blob: (digest, signal) => read(signal, () => store.blob(digest, signal)),
    erasable: (digest, signal) => read(signal, () => store.erasable(digest, signal)),
    unerased: (kind, before, limit, signal) => read(signal, () => store.unerased(kind, before, limit, signal)),
    treeHashes: (level, from, count, signal) => read(signal, () => store.treeHashes(level, from, count, signal)),
    release: (service, version, signal) => read(signal, () => store.release(service, version, signal)),
    releases: (filter, page, signal) => read(signal, () => store.releases(filter, page, signal)),
    evidence: (service, version, signal) => read(signal, () => store.evidence(service, version, signal)),
    imagesOfChains: (chains, signal) => read(signal, () => store.imagesOfChains(chains, signal)),
    reportsOf: (vulnerability, signal) => read(signal, () => store.reportsOf(vulnerability, signal)),
    waivers: (endingAfter, signal) => read(signal, () => store.waivers(endingAfter, signal)),
    deployment: (id, signal) => read(signal, () => store.deployment(id, signal)),
    deployments: (filter, page, signal) => read(signal, () => store.deployments(filter, page, signal)),
    unfinished: (filter, signal) => read(signal, () => store.unfinished(filter, signal)),
    inventory: (environment, signal) => read(signal, () => store.inventory(environment, signal)),
    revision: (environment, revision, signal) => read(signal, () => store.revision(environment, revision, signal)),
    revisionOf: (deployment, signal) => read(signal, () => store.revisionOf(deployment, signal)),
    revisions: (environment, page, signal) => read(signal, () => store.revisions(environment, page, signal)),
    secretVersions: (environment, signal) => read(signal, () => store.secretVersions(environment, signal)),
    platform: (signal) => read(signal, () => store.platform(signal)),
    tokens: (filter, page, signal) => read(signal, () => store.tokens(filter, page, signal)),
    token: (id, signal) => read(signal, () => store.token(id, signal)),
    tokenByHash: (secretHash, signal) => read(signal, () => store.tokenByHash(secretHash, signal)),
    noteTokenUse: (lastUsedAt, signal) =>
      ask('noting token uses', signal, () => store.noteTokenUse(lastUsedAt, signal)),
    rebuild: (signal) => ask('rebuilding', signal, () => store.rebuild(signal)),
    close: () => store.close(),
  };
}

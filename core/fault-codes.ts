import { evidenceFaultCodes } from './evidence/fault-codes.ts';
import { secretFaultCodes } from './secret-fault-codes.ts';

/** What sort of no a fault is; the HTTP status and the exit code follow from it. */
export type FaultKind =
  | 'invalid' // the request or document is wrong; repeating it changes nothing
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict' // true as asked, but not with what is there now
  | 'too-large'
  | 'refused' // understood, and a rule or gate says no
  | 'busy' // a bounded queue is full; try again later
  | 'too-many' // this caller asks too often; try again later
  | 'unavailable' // something outside does not answer
  | 'broken'; // stored data is not what it must be

/**
 * Every public code: its kind, what it means, and what an operator does about it when the fault itself does not say.
 * A code, once released, keeps its meaning.
 */
export const faultCodes = {
  ...evidenceFaultCodes,
  'document.invalid': [
    'invalid',
    'A document is not what its schema asks; every place is named.',
    'Correct each place that is named; `dray schema` prints what is expected.',
  ],
  'document.too-large': [
    'too-large',
    'A document is above 1 MiB, 20,000 nodes or 64 levels.',
    'Split the document, or move data out of it into config files.',
  ],
  'request.invalid': [
    'invalid',
    'The body, a query parameter or a header is wrong.',
    'Correct the members that are named in `facts`; the reference of the HTTP API says what each takes.',
  ],
  'request.too-large': [
    'too-large',
    'The body is above the limit of this route.',
    'Send less at once; a document has at most 1 MiB.',
  ],
  'request.key-reused': [
    'conflict',
    'The idempotency key was used before with another request.',
    'Send a new Idempotency-Key with a new request, and keep a key for repetitions of the same one.',
  ],
  'auth.missing': [
    'unauthenticated',
    'No bearer token came with the request.',
    'Send a token as `Authorization: Bearer TOKEN`; `dray` takes it from DRAYAGE_TOKEN.',
  ],
  'auth.wrong': [
    'unauthenticated',
    'The token is unknown, expired or revoked.',
    'Ask an admin for a new token: `dray token create`.',
  ],
  'content.not-erasable': [
    'refused',
    'This content is part of a ledger entry itself, and no entry is ever changed.',
    'Revoke the token and make a new one: what is recorded now can be erased.',
  ],
  'token.unknown': ['not-found', 'There is no token of this id.', 'List the tokens with `dray token list`.'],
  'auth.not-allowed': [
    'forbidden',
    "The token's role or scope does not allow this.",
    'Use a token whose role and scope allow it, or ask somebody who has one.',
  ],
  'auth.code-wrong': [
    'unauthenticated',
    'The sign-in link is unknown, used or expired.',
    'Make a new link with `dray sign-in`, and open it once.',
  ],
  'auth.cross-site': [
    'forbidden',
    'A page of another site sent the request.',
    'Open the dashboard at the address of the server itself; programs send a token instead of a cookie.',
  ],
  'auth.too-many-tries': [
    'too-many',
    'Too many wrong tokens or sign-in links came from this address.',
    'Wait as long as Retry-After says, then try with a token that is right.',
  ],
  'route.unknown': [
    'not-found',
    'There is no such route.',
    'Check the method and the path against the reference of the HTTP API.',
  ],
  'service.unknown': [
    'not-found',
    'No release of this service was ever registered.',
    'Check the name with `dray releases`, or register the first release of it.',
  ],
  'release.unknown': [
    'not-found',
    'This version of the service was never registered.',
    'List the versions with `dray releases SERVICE`, or register this one with `dray release`.',
  ],
  'release.differs': [
    'conflict',
    'The version is registered already, with other content; the differences are listed.',
    'Give the changed content a new version; a version that is registered never changes.',
  ],
  'image.unresolved': [
    'invalid',
    'The registry does not know this image or tag.',
    'Check the name and the tag, and that the image was pushed to its registry.',
  ],
  'registry.unreachable': [
    'unavailable',
    'The image registry does not answer.',
    'Check that the server reaches the registry, then try again.',
  ],
  'registry.denied': [
    'refused',
    'The image registry wants other credentials.',
    'Check the credentials of this registry in the Docker configuration of the server.',
  ],
  ...secretFaultCodes,
  'environment.unknown': [
    'not-found',
    'The platform document names no such environment.',
    'List the environments with `dray status`, or add this one to the platform document.',
  ],
  'cluster.unknown': [
    'not-found',
    'The platform document names no such cluster.',
    'Check the name against the clusters of the platform document.',
  ],
  'deployment.unknown': ['not-found', 'There is no such deployment.', 'List the deployments with `dray deployments`.'],
  'deployment.ended': [
    'conflict',
    'The deployment has ended; it cannot be cancelled any more.',
    'Look at how it ended with `dray show`; `dray rollback` takes its changes back.',
  ],
  'deployment.reverting': [
    'conflict',
    'The deployment is rolling back already.',
    'Wait until it has rolled back; `dray show` tells how far it is.',
  ],
  'platform.missing': [
    'conflict',
    'No platform document has been applied yet.',
    'Start the server with `dray serve --platform FILE`.',
  ],
  'platform.invalid': [
    'invalid',
    'The platform document contradicts itself or what runs.',
    'Correct the platform document where it is named, and start the server again.',
  ],
  'spec.conflict': [
    'conflict',
    'Somebody else changed the same service since the revision the spec was made from.',
    'Look at what changed since, take it over into your document, and deploy from the newest revision.',
  ],
  'spec.removal': [
    'refused',
    'A service left the spec, and its removal was not allowed by name.',
    'Put the service back into the document, or allow its removal with `--allow-remove SERVICE`.',
  ],
  'spec.older': [
    'refused',
    'A service would go back to an older version than runs, and no base revision was given.',
    'Name the revision that the document was made from with `--base`, or allow it with `--yes` if it is meant.',
  ],
  'spec.revision-unknown': [
    'invalid',
    'The environment never had this revision.',
    'Take the revision that `dray status ENVIRONMENT` shows.',
  ],
  'plan.cycle': [
    'invalid',
    'depends_on or needs form a cycle.',
    'Remove one of the needs that are named, so that some service can start first.',
  ],
  'plan.need-missing': [
    'invalid',
    'A service needs one that is not in the environment.',
    'Add the service that is needed to the document, or remove the need.',
  ],
  'plan.parameter-missing': [
    'invalid',
    'A release has a parameter without a value in this environment.',
    'Give the parameter a value under `parameters` of the service in the deployment document.',
  ],
  'plan.parameter-wrong': [
    'invalid',
    'A parameter has a value that its declaration refuses, or one is given that no release has.',
    'Correct the value where it is given: the message names the document and the key.',
  ],
  'plan.port-claimed': [
    'invalid',
    'Two services claim the same port of a cluster.',
    'Give one of the services another port under `ports` in the deployment document.',
  ],
  'plan.placement': [
    'invalid',
    'A service fits on no cluster of the environment, on several, or not on the one that the spec names.',
    'Name its cluster in the deployment document, or give the service a role that clusters of the environment bear.',
  ],
  'plan.export': [
    'invalid',
    'A service needs one on another cluster that exports nothing, or a name is claimed twice.',
    'Export it under `x-drayage.export` and publish a port of it, or give the export another name.',
  ],
  'plan.address': [
    'invalid',
    'A service is needed from another cluster than its own, and its cluster has no IP address.',
    'Write the address at which other clusters reach it under `clusters.NAME.address` in the platform document.',
  ],
  'plan.volume': [
    'invalid',
    'A local volume needs one replica on one pinned node and stop-first.',
    'Set one replica, a pinned node and `order: stop-first`, or keep the data elsewhere.',
  ],
  'plan.not-allowed': [
    'invalid',
    'A service reaches out of its containers further than the Platform document allows it in this environment.',
    'Write the lines that are named into the Platform document, or take what is asked for out of the definition.',
  ],
  'plan.network': [
    'invalid',
    'A network that something runs on would have to be encrypted or internal, or not be so any more.',
    'Undo the change; or take the services out, and deploy them again when their network is gone.',
  ],
  'plan.override': [
    'invalid',
    'The spec overrides a port or a replica count that the release does not have.',
    'Override only ports and replica counts that the definition of the release has.',
  ],
  'plan.changed': [
    'conflict',
    'The plan is not any more the one that was shown.',
    'Look at the new plan with `dray plan`, and deploy again if it is what you want.',
  ],
  'plan.stale': ['conflict', 'What runs changed between planning and starting.', 'Plan and deploy again.'],
  'engine.unreachable': [
    'unavailable',
    'The cluster does not answer.',
    'Check the endpoint of the cluster and the network to it; `dray doctor` tells when it answers again.',
  ],
  'engine.refused': [
    'refused',
    'The engine rejected the object that was written.',
    'Read the reason of the engine in the message, and correct the definition or the cluster.',
  ],
  'engine.fenced': [
    'conflict',
    'A newer driver has written to this cluster; this one must stop.',
    'Make sure that only one server drives this cluster; the newer one goes on by itself.',
  ],
  'engine.foreign': [
    'refused',
    'The name or stack namespace is used by somebody else on the cluster.',
    'Remove or rename what uses the name on the cluster; Drayage touches nothing that it did not make.',
  ],
  'engine.contended': [
    'unavailable',
    'Others kept changing the same object; try again.',
    'Find out who else writes to these objects, and try again.',
  ],
  'engine.unknown-object': [
    'not-found',
    'The engine does not know this service or task.',
    'Look at what runs with `dray status`; the object may just have been removed.',
  ],
  'store.conflict': ['conflict', 'The stream moved on since it was read.', 'Repeat the request.'],
  'lease.lost': [
    'conflict',
    'Another server drives now: this one must not write to any engine.',
    'Nothing: the other server goes on; this one waits to take over again.',
  ],
  'store.busy': [
    'busy',
    'The writing queue is full; try again later.',
    'Wait as long as Retry-After says, then repeat the request.',
  ],
  'store.locked': [
    'unavailable',
    'Another server uses this data folder.',
    'Stop the other server, or give this one a data folder of its own with `--data`.',
  ],
  'store.broken': [
    'broken',
    'The ledger or database does not verify.',
    'Stop the server, keep a copy of the data folder, and run `dray ledger verify`.',
  ],
  'store.failed': [
    'unavailable',
    'The database could not be read or written.',
    'Check the disk of the data folder: free space, permissions, errors in the log of the system.',
  ],
  'ledger.behind-engine': [
    'broken',
    'The engine carries a generation that this ledger never granted: a restored backup.',
    'Put back the newest copy of the data folder, or go on with this one: `dray recover`.',
  ],
  'ledger.behind': [
    'broken',
    'The ledger does not reach as far as a checkpoint that was signed of it, or is another one: a restored backup.',
    'Put back the newest copy of the data folder, or go on with this one: `dray recover`.',
  ],
  'ledger.key-changed': [
    'broken',
    'The signing key is not the one that the ledger names.',
    'Put the right key file back and start the server again; if it is lost for good: `dray ledger rotate-key`.',
  ],
  'ledger.unsigned': [
    'not-found',
    'No signed checkpoint of the ledger reaches so far yet.',
    'Ask again in a moment; `dray doctor` tells when nothing is signed.',
  ],
  'ledger.entry-unknown': [
    'not-found',
    'The ledger has no entry of this sequence.',
    'Look at its last entry with `dray doctor`.',
  ],
  'ledger.tile-unknown': [
    'not-found',
    'The tree that the newest checkpoint covers has no such tile.',
    'Read `/ledger/checkpoint` first: its size says which tiles there are.',
  ],
  'signing.key-exposed': [
    'refused',
    'Others than its owner may read the signing key.',
    'Take the right to read it away with `chmod 600`, and think about a new key: `dray ledger rotate-key`.',
  ],
  'signing.key-wrong': [
    'broken',
    'The signing key file holds no Ed25519 private key.',
    'Put the right file back: an Ed25519 private key as PKCS #8 PEM.',
  ],
  'signing.failed': [
    'unavailable',
    'The signing key or the checkpoint beside the ledger could not be read or written.',
    'Check the data folder: free space, permissions, errors in the log of the system.',
  ],
  'recovery.needed': [
    'unavailable',
    'The ledger was restored from a backup: it is read, and nothing is recorded, signed or driven.',
    'Put back the newest copy of the data folder; or, if there is none, go on with this ledger: `dray recover`.',
  ],
  'recovery.not-needed': ['conflict', 'The ledger is not behind anything.', 'Nothing: there is nothing to recover.'],
  'recovery.changed': [
    'conflict',
    'What would be recovered is not any more what was shown.',
    'Look at what there is now, and confirm that: `dray recover`.',
  ],
  'recovery.impossible': [
    'refused',
    'An object of an engine bears a generation that no ledger can have granted.',
    'Find out who wrote its label `drayage.generation`; correct it, or take the object away, and recover again.',
  ],
  'local.failed': [
    'unavailable',
    'A private engine or registry on this machine did not start or work.',
    'Read the reason in the message; `dray doctor` names what this machine lacks.',
  ],
  'server.unreachable': [
    'unavailable',
    'The Drayage server does not answer.',
    'Check DRAYAGE_URL, and that `dray serve` runs there.',
  ],
  'server.address': [
    'invalid',
    'The server cannot listen on this address.',
    'Stop what listens there, or choose another address with `--listen`.',
  ],
  'events.ahead': [
    'conflict',
    'The ledger ends before the event that the reader saw last: it was restored from a backup.',
    'Read the ledger anew from its beginning: what you saw after its end is gone.',
  ],
  'events.slow': [
    'too-many',
    'The reader of a stream did not keep up; it can go on from the last event it saw.',
    'Read faster or filter more, and go on after the last event with Last-Event-ID.',
  ],
  'server.too-many': [
    'too-many',
    'This caller has too many requests or streams under way at once.',
    'Wait as long as Retry-After says, and keep fewer requests and streams under way at once.',
  ],
  'server.busy': [
    'busy',
    'The server has too much of this under way; try again later.',
    'Wait as long as Retry-After says, then repeat the request.',
  ],
  'server.draining': ['unavailable', 'The server is shutting down.', 'Repeat the request when the server is back.'],
  'server.bug': [
    'broken',
    'Drayage itself did something wrong.',
    'Look for the request id in the log of the server, and report it.',
  ],
} as const satisfies Record<string, readonly [FaultKind, string, string]>;

/** A stable, public code of an expected failure. */
export type FaultCode = keyof typeof faultCodes;

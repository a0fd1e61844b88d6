import type { FaultCode } from '../core/fault-codes.ts';
import { problemDocument } from './common.ts';
import { logLine } from './environment.ts';
import { eventsReady } from './events.ts';
import { ledgerEntry } from './ledger.ts';
import { plain, type Operation } from './operation.ts';
import type { RouteName } from './paths.ts';

const inEnvironments = ['platform.missing', 'environment.unknown'] as const;

const keyCodes = ['secret.key-missing', 'secret.key-wrong', 'secret.key-exposed', 'secret.key-failed'] as const;

const planCodes: readonly FaultCode[] = [
  ...inEnvironments,
  'cluster.unknown',
  'document.invalid',
  'document.too-large',
  'service.unknown',
  'release.unknown',
  'deployment.unknown',
  'spec.conflict',
  'spec.removal',
  'spec.older',
  'spec.revision-unknown',
  'plan.cycle',
  'plan.evidence-missing',
  'plan.need-missing',
  'plan.parameter-missing',
  'plan.secret-missing',
  'secret.revoked',
  'secret.too-short',
  'secret.unknown',
  'secret.unreachable',
  'secret.denied',
  'secret.broken',
  'secret.key-missing',
  'secret.key-wrong',
  'secret.key-exposed',
  'secret.key-failed',
  'plan.port-claimed',
  'plan.placement',
  'plan.export',
  'plan.address',
  'plan.volume',
  'plan.override',
  'plan.not-allowed',
  'plan.network',
];

const list = { answers: { 200: 'One page; `next` leads to the following one.' } } as const;

/** What the OpenAPI document and the reference say of each route. */
export const operations: Readonly<Record<RouteName, Operation>> = {
  health: {
    ...plain,
    description: 'Without a token, and also while the server shuts down: for what starts it again when it hangs.',
    answers: { 200: 'It lives.', 503: 'It cannot do its work any more; `checks` says why.' },
  },
  ready: {
    ...plain,
    description: 'Without a token: for load balancers.',
    answers: { 200: 'It takes requests.', 503: 'It does not now; `checks` says why.' },
  },
  metrics: { ...plain, answers: { 200: 'The figures.' } },
  openapi: { ...plain, answers: { 200: 'The document.' } },
  openSession: {
    ...plain,
    tag: 'access',
    description:
      'For browsers; programs send their token with each request. The answer sets an HttpOnly cookie, which takes the ' +
      "token's place until the session ends, after 12 hours at the latest. The request has to come from the server's own pages.",
    answers: { 201: 'Signed in; the cookie is set.' },
    codes: ['auth.wrong', 'auth.code-wrong', 'auth.cross-site', 'auth.too-many-tries'],
  },
  getSession: { ...plain, tag: 'access', answers: { 200: 'Who asks.' } },
  closeSession: {
    ...plain,
    tag: 'access',
    description: 'Revokes the session of the cookie and erases the cookie. With a token instead, nothing is closed.',
    answers: { 200: 'Whether a session was closed.' },
  },
  createSignInLink: {
    ...plain,
    tag: 'access',
    description: 'The link works once, within 15 minutes. Whoever has it signs in as the one who asked for it.',
    answers: { 201: 'The link.' },
    codes: ['auth.not-allowed'],
  },
  overview: {
    ...plain,
    tag: 'environments',
    description: "From the server's own last looks: it waits for no engine.",
    answers: { 200: 'One page of services, each with a cell for every environment.' },
    codes: inEnvironments,
  },
  createRelease: {
    ...plain,
    tag: 'releases',
    description:
      'Reads the definition, resolves every image to its digest at the registry, and records the release. A version ' +
      'that is there with the same content is answered as it is; with other content it is refused. Signatures, ' +
      'provenance and SBOMs that lie beside its images are appended, at first and each time that it is sent again.',
    answers: { 200: 'The same release is there already.', 201: 'The release is registered and durable.' },
    codes: [
      'document.invalid',
      'document.too-large',
      'release.differs',
      'image.unresolved',
      'registry.unreachable',
      'registry.denied',
      'platform.missing',
    ],
  },
  listReleases: { ...plain, ...list, tag: 'releases' },
  getRelease: {
    ...plain,
    tag: 'releases',
    answers: { 200: 'The release.' },
    codes: ['service.unknown', 'release.unknown'],
  },
  getBom: {
    ...plain,
    tag: 'releases',
    description: 'The same release and evidence give the same document.',
    answers: { 200: 'The document.' },
    codes: ['service.unknown', 'release.unknown'],
  },
  attachEvidence: {
    ...plain,
    tag: 'releases',
    description:
      'What the document is, is told by its content. It is kept byte for byte under its digest; what it says is read once. ' +
      'The same document of the same image again changes nothing.',
    answers: { 200: 'The release, with it.' },
    codes: ['service.unknown', 'release.unknown', 'evidence.unreadable', 'evidence.too-large', 'evidence.foreign'],
  },
  getService: {
    ...plain,
    tag: 'releases',
    description:
      'The defect rate is the number of critical and high findings per 10,000 lines of code. A release without a report of ' +
      'each of its images, or whose lines nobody counted, has none, and says why.',
    answers: { 200: 'The service.' },
    codes: ['service.unknown'],
  },
  listRefusals: {
    ...plain,
    tag: 'environments',
    description:
      'Requirements are asked of what comes. What runs stays, also when a newer report or a new requirement would refuse it: ' +
      'then it is told here, until a deployment, a waiver or newer evidence settles it.',
    answers: { 200: 'All of it, by environment.' },
  },
  variety: {
    ...plain,
    tag: 'environments',
    description: 'Of all that the newest revisions of all environments name. What no evidence tells is among the gaps.',
    answers: { 200: 'What is in use.' },
  },
  whereIs: {
    ...plain,
    tag: 'releases',
    description: 'By the newest report of each scanner on each image; what is waived or not affected is told as such.',
    answers: { 200: 'The releases; none where no newest report names it.' },
  },
  waive: {
    ...plain,
    tag: 'releases',
    description: 'It ends by itself. In every service only a token without a scope of services may waive.',
    answers: { 201: 'It is recorded.' },
  },
  plan: {
    ...plain,
    tag: 'deployments',
    description: 'Shows what a deployment would do. Nothing is recorded, and no engine is asked.',
    answers: { 200: 'The plan; without waves when there is nothing to do.' },
    codes: planCodes,
  },
  deploy: {
    ...plain,
    tag: 'deployments',
    description:
      'Plans as `plan` does and carries the plan out. With an Idempotency-Key the request can be repeated safely for ' +
      '7 days: the first answer counts. Without one, the same plan joins an unfinished deployment of it.',
    answers: {
      200: 'The environment is as the spec asks: nothing to do.',
      202: 'Accepted, or joined: it is durable and goes on by itself.',
    },
    codes: [...planCodes, 'plan.changed', 'request.key-reused'],
    headers: ['idempotency-key'],
  },
  listDeployments: { ...plain, ...list, tag: 'deployments' },
  getDeployment: {
    ...plain,
    tag: 'deployments',
    answers: { 200: 'The deployment as it stands.' },
    codes: ['deployment.unknown'],
  },
  deploymentConfigs: {
    ...plain,
    tag: 'deployments',
    description: 'As the plan of the deployment showed it; it never changes.',
    answers: { 200: 'Each changed config with its difference, line by line.' },
    codes: ['deployment.unknown'],
  },
  cancelDeployment: {
    ...plain,
    tag: 'deployments',
    description:
      'A queued deployment ends at once; an active one stops its line and rolls back, unless `leave` is true. ' +
      'Asking again before its end changes nothing.',
    answers: { 200: 'The deployment as it stands now.' },
    codes: ['deployment.unknown', 'deployment.ended', 'deployment.reverting'],
  },
  listEnvironments: { ...plain, ...list, tag: 'environments', codes: ['platform.missing'] },
  getEnvironment: {
    ...plain,
    tag: 'environments',
    answers: { 200: 'The environment.' },
    codes: inEnvironments,
  },
  listRevisions: { ...plain, ...list, tag: 'environments', codes: inEnvironments },
  listSecrets: { ...plain, tag: 'secrets', answers: { 200: 'The secrets, by name.' }, codes: inEnvironments },
  setSecret: {
    ...plain,
    tag: 'secrets',
    description:
      'The value is sealed before it is stored. What runs keeps the version that it has; the next plan takes the new one, or tells ' +
      'that it is withheld. ' +
      'Of two that set the same secret at once, one is refused.',
    answers: { 201: 'The version is durable.' },
    codes: [
      ...inEnvironments,
      'request.too-large',
      'secret.too-short',
      'secret.elsewhere',
      'secret.conflict',
      ...keyCodes,
    ],
  },
  revokeSecret: {
    ...plain,
    tag: 'secrets',
    description:
      'The bytes are gone from the data folder. A rollback that needs the version is refused. Backups, and engines that run ' +
      'it, are not reached: `usedBy` names who has it. The next plan gives them the newest, withheld or not. A version that ' +
      'is revoked already stays so.',
    answers: { 200: 'The version is revoked.' },
    codes: ['secret.unknown'],
  },
  rotateSecretKey: {
    ...plain,
    tag: 'secrets',
    description: 'Nothing restarts: names on engines stay. What an attempt that was interrupted began is finished.',
    answers: { 200: 'The new key seals.' },
    codes: [...keyCodes, 'secret.broken'],
  },
  logs: {
    ...plain,
    tag: 'environments',
    description:
      'What can fail at once is answered with a status. After that the stream ends with `end`, or with `trouble`. ' +
      'A reader that is too slow is dropped.',
    answers: { 200: 'The lines, as they come.' },
    codes: [...inEnvironments, 'service.unknown', 'cluster.unknown', 'engine.unreachable', 'engine.unknown-object'],
    events: { line: logLine, heartbeat: null, end: null, trouble: problemDocument },
  },
  compare: {
    ...plain,
    tag: 'environments',
    description:
      'What each has, and of services whose release is another one what that comes from and brings: commits, packages ' +
      'by SBOM, findings gained and lost. What nobody knows is said to be missing.',
    answers: { 200: 'The comparison.' },
    codes: [...inEnvironments, 'document.invalid', 'document.too-large', 'service.unknown', 'release.unknown'],
  },
  listClusters: { ...plain, answers: { 200: 'All clusters.' }, codes: ['platform.missing'] },
  events: {
    ...plain,
    tag: 'ledger',
    description:
      'The stream begins with `ready`; then comes an `entry` for each entry of the ledger that passes the filters, in order ' +
      "and without a gap. The id of an event is the entry's sequence: a reader that was cut goes on after it with " +
      'Last-Event-ID, which wins over `after`. The id of a `heartbeat` says how far the reader has come while the ' +
      'filters let nothing through. The stream lives until the reader goes, or ends with `trouble`.',
    answers: { 200: 'The entries, as they come.' },
    codes: ['events.ahead', 'events.slow'],
    headers: ['last-event-id'],
    events: { ready: eventsReady, entry: ledgerEntry, heartbeat: null, trouble: problemDocument },
  },
  ledgerEntries: { ...plain, tag: 'ledger', answers: { 200: 'One page of entries, and the head.' } },
  ledgerReceipt: {
    ...plain,
    tag: 'ledger',
    description: 'Against the newest checkpoint; waits for one at most 2 s when the entry is new.',
    answers: { 200: 'The receipt; it stays valid for ever.' },
    codes: ['ledger.entry-unknown', 'ledger.unsigned', 'ledger.behind', 'ledger.key-changed'],
  },
  rotateSigningKey: {
    ...plain,
    tag: 'ledger',
    description:
      'Makes a key, records it on the ledger with the consent of the one in force, and signs with it from then on. Where ' +
      'the key file was replaced because the old one is lost, the one that is there is recorded.',
    answers: { 200: 'The new key is in force.' },
    codes: ['ledger.behind', 'signing.failed', 'signing.key-exposed', 'signing.key-wrong'],
  },
  erase: {
    ...plain,
    tag: 'ledger',
    description:
      'The bytes are gone from the data folder; the ledger keeps their digest, says that they are erased, and verifies as ' +
      'before. Copies elsewhere, such as backups, are not reached.',
    answers: { 200: 'It is erased, now or before.' },
    codes: ['deployment.unknown', 'token.unknown', 'content.not-erasable'],
  },
  ledgerCheckpoint: {
    ...plain,
    tag: 'ledger',
    description: 'Without a token: it tells how many entries there are and nothing of what they say.',
    answers: { 200: 'The checkpoint.' },
    codes: ['ledger.unsigned', 'ledger.behind', 'ledger.key-changed'],
  },
  ledgerTile: {
    ...plain,
    tag: 'ledger',
    description:
      'Only what the newest checkpoint covers, in any width up to that. A tile never changes. The slashes of `tile` may ' +
      'stand in the address as they are.',
    answers: { 200: 'The bytes of the tile.' },
    codes: ['ledger.tile-unknown', 'ledger.unsigned', 'ledger.behind', 'ledger.key-changed'],
  },
  getRecovery: {
    ...plain,
    tag: 'ledger',
    description:
      'Answers at once when no recovery is needed. Otherwise it asks every cluster anew, and waits for each at most 10 s.',
    answers: { 200: 'Whether one is needed, and what it would give up.' },
  },
  recover: {
    ...plain,
    tag: 'ledger',
    description:
      'For a ledger that was restored from a backup, when the one that came after it is lost. Ends what is unfinished ' +
      'without a write to an engine, records the recovery with a new signing key, and goes on driving with generations ' +
      'above all that were ever granted. What the engines run stays as it is until the next deployment.',
    answers: { 200: 'The ledger is recovered, and everything goes on.' },
    codes: ['recovery.not-needed', 'recovery.changed', 'recovery.impossible', 'ledger.behind', 'signing.failed'],
  },
  getPlatform: { ...plain, answers: { 200: 'The document, and its revision.' }, codes: ['platform.missing'] },
  createToken: {
    ...plain,
    tag: 'access',
    description: 'The secret stands in this answer and nowhere else. A token of the role admin has no scope.',
    answers: { 201: 'The token with its secret.' },
  },
  listTokens: { ...plain, ...list, tag: 'access' },
  revokeToken: {
    ...plain,
    tag: 'access',
    description: 'Ends the sessions that were opened with it as well. A token that is revoked already stays so.',
    answers: { 200: 'The token, revoked.' },
    codes: ['token.unknown'],
  },
  doctor: {
    ...plain,
    description: 'Asks every cluster; one that does not answer is told of, and the others are not kept waiting.',
    answers: { 200: 'What was found.' },
  },
};

/** The names of all routes, in the order of the reference. */
export function routeNames(): readonly RouteName[] {
  return Object.keys(operations).filter((name): name is RouteName => Object.hasOwn(operations, name));
}

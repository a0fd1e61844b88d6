import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { erasableContentsOf } from '../../core/content.ts';
import type { LedgerEvent } from '../../core/event.ts';
import { readEvent, type LedgerEntry } from '../../core/ledger.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Spot } from '../../core/workload.ts';
import { text } from './rows.ts';

/**
 * Every table that is made from the ledger and can be dropped. A migration that changes one sets `projection_mark` to 0:
 * the writer then empties them all and folds the ledger again.
 */
export const projectionTables = [
  'stream_head',
  'stream_entry',
  'release',
  'evidence',
  'finding',
  'waiver',
  'deployment',
  'deployment_service',
  'inventory',
  'environment_revision',
  'platform',
  'token',
  'erasable_content',
  'secret_version',
] as const;

/** Folds entries into the projections, inside the caller's transaction. */
export interface Projector {
  /**
   * Folds one more entry, but for what `StreamKeeper` keeps. Never refuses one that the ledger holds: what is there already
   * stays, what is not there is not changed.
   */
  project(entry: LedgerEntry): void;
  /** Something that was folded was taken back: nothing is remembered of it. */
  forget(): void;
  /** Empties all projections. */
  clear(): void;
}

type Of<K extends LedgerEvent['kind']> = Extract<LedgerEvent, { readonly kind: K }>;
type Statements = ReturnType<typeof prepareStatements> & { readonly homes: Homes };

export function createProjector(database: DatabaseSync): Projector {
  const statements = { ...prepareStatements(database), homes: createHomes(database) };
  return {
    project: (entry) => project(statements, entry),
    forget: () => statements.homes.forget(),
    clear: () => {
      statements.homes.forget();
      database.exec(projectionTables.map((table) => `DELETE FROM ${table};`).join('\n'));
    },
  };
}

function project(to: Statements, entry: LedgerEntry): void {
  const event = readEvent(entry);
  for (const { digest, kind } of erasableContentsOf(event))
    to.noteErasable.run(digest, kind, entry.sequence, entry.time);
  switch (event.kind) {
    case 'release-registered':
      return registerRelease(to, entry, event);
    case 'evidence-appended':
      return appendEvidence(to, entry, event);
    case 'finding-waived':
      return waive(to, entry, event);
    case 'deployment-accepted':
      return acceptDeployment(to, entry, event);
    case 'deployment-started':
      return run(to.startDeployment, event.deployment);
    case 'deployment-ended':
      return run(to.endDeployment, event.outcome, entry.time, event.deployment);
    case 'step-started':
    case 'revert-started':
      return beginChange(to, entry, event);
    case 'step-verified':
    case 'revert-verified':
      return settle(to, entry, event);
    case 'step-failed':
    case 'revert-failed':
      return run(to.unsettle, entry.time, event.deployment, ...spotKey(event.spot));
    case 'spec-revised':
      return run(to.revise, event.environment, event.revision, event.spec, event.deployment, entry.time);
    case 'platform-applied':
      return run(to.applyPlatform, event.revision, event.platform, event.source, entry.time);
    case 'token-created':
      return createToken(to, entry, event);
    case 'token-revoked':
      return run(to.revokeToken, entry.time, event.token);
    case 'content-erased':
      return erase(to, entry, event);
    case 'ledger-recovered':
      return run(to.unsettleAll, entry.time);
    case 'secret-set':
      return setSecret(to, entry, event);
    case 'secret-revoked':
      return run(to.revokeSecret, entry.time, event.environment, event.secret, event.version);
    case 'secret-rewrapped':
      return run(to.rewrapSecret, event.wrapped, event.environment, event.secret, event.version);
    case 'secret-opened':
    case 'registry-password-opened':
    case 'secret-key-rotated':
    case 'deployment-queued':
    case 'cancel-requested':
    case 'rollback-started':
    case 'request-accepted':
    case 'lease-granted':
    case 'signing-key-changed':
      return; // read from their streams, never listed
    default:
      return unreachable(event);
  }
}

function registerRelease(to: Statements, entry: LedgerEntry, event: Of<'release-registered'>): void {
  const { service, version, identity, manifest } = event;
  to.registerRelease.run(entry.sequence, service, version, identity, manifest, entry.time, entry.actor);
}

function appendEvidence(to: Statements, { sequence, time, actor }: LedgerEntry, event: Of<'evidence-appended'>): void {
  const { service, version, evidence, image, chain, summary, document } = event;
  const { digest = null, bytes = null, stored = null } = document ?? {};
  to.appendEvidence.run(
    sequence,
    service,
    version,
    evidence,
    image,
    chain,
    summary,
    digest,
    bytes,
    stored,
    time,
    actor,
  );
  if (evidence === 'scan') to.listFindings.run(sequence, summary);
}

function waive(to: Statements, { sequence, time, actor }: LedgerEntry, event: Of<'finding-waived'>): void {
  const { waiver, vulnerability, service, reason, until } = event;
  to.waive.run(sequence, waiver, vulnerability, service, reason, until, time, actor);
}

function acceptDeployment(to: Statements, entry: LedgerEntry, event: Of<'deployment-accepted'>): void {
  const { deployment, environment, plan, reason } = event;
  const services = JSON.stringify(event.services);
  to.acceptDeployment.run(entry.sequence, deployment, environment, plan, services, reason, entry.actor, entry.time);
  to.listByService.run(entry.sequence);
}

function createToken(to: Statements, entry: LedgerEntry, event: Of<'token-created'>): void {
  const { token, role, use, parent, secretHash, expiresAt } = event;
  const scope = JSON.stringify(event.scope);
  const name = event.name.kind === 'inline' ? event.name.text : null;
  const person = event.name.kind === 'person' ? event.name.digest : null;
  to.createToken.run(entry.sequence, token, name, person, role, scope, use, parent, secretHash, entry.time, expiresAt);
}

function setSecret(to: Statements, { sequence, time, actor }: LedgerEntry, event: Of<'secret-set'>): void {
  const { environment, secret, version, id, size, sealed, wrapped } = event;
  to.setSecret.run(environment, secret, version, id, size, sealed, wrapped, time, actor, sequence);
}

/** Overwrites the bytes where they lie: see migrations/sqlite/005-erasure.sql. */
function erase(to: Statements, { sequence, time }: LedgerEntry, event: Of<'content-erased'>): void {
  for (const { digest, kind } of event.contents) {
    to.noteErased.run(digest, kind, sequence, time, sequence);
    to.overwrite.run(digest);
  }
}

/** A change that is under way: what is there is not settled; a removal keeps its target until it is verified. */
function beginChange(to: Statements, { time }: LedgerEntry, event: Of<'step-started' | 'revert-started'>): void {
  const { target, deployment, spot } = event;
  if (target === null) return run(to.beginRemoval, deployment, time, deployment, ...spotKey(spot));
  return putInventory(to, spot, [target, 0, time, deployment]);
}

/** A change that was verified: it stands, or it is gone. */
function settle(to: Statements, { time }: LedgerEntry, event: Of<'step-verified' | 'revert-verified'>): void {
  const { target, deployment, spot } = event;
  if (target === null) return run(to.dropInventory, deployment, ...spotKey(spot));
  return putInventory(to, spot, [target, 1, time, deployment]);
}

/** Of a deployment that nothing accepted, nothing is known to run. */
function putInventory(to: Statements, spot: Spot, values: readonly [string, 0 | 1, number, string]): void {
  const environment = to.homes.of(values[3]);
  if (environment !== null) run(to.putInventory, environment, ...spotKey(spot), ...values);
}

function spotKey(spot: Spot): [string, string, string] {
  return [spot.cluster, spot.service, spot.component];
}

function run(statement: StatementSync, ...values: readonly (string | number | null)[]): void {
  statement.run(...values);
}

/** In which environment deployments are: each is asked for with every one of its steps. */
interface Homes {
  of(deployment: string): string | null;
  forget(): void;
}

const homesMost = 1_000;

function createHomes(database: DatabaseSync): Homes {
  const select = database.prepare('SELECT environment FROM deployment WHERE id = ?');
  const known = new Map<string, string>();
  return {
    of(deployment) {
      const kept = known.get(deployment);
      if (kept !== undefined) return kept;
      const row = select.get(deployment);
      if (row === undefined) return null;
      const environment = text(row, 'environment');
      if (known.size >= homesMost) known.clear();
      known.set(deployment, environment);
      return environment;
    },
    forget: () => known.clear(),
  };
}

const atSpot = `
  WHERE environment = (SELECT environment FROM deployment WHERE id = ?)
    AND cluster = ? AND service = ? AND component = ?`;

function prepareStatements(database: DatabaseSync) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    registerRelease: sql(`INSERT INTO release (sequence, service, version, identity, manifest, time, actor)
      VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    appendEvidence: sql(`INSERT INTO evidence
      (sequence, service, version, kind, image, chain, summary, document, document_bytes, stored, time, actor)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    // Of a summary that is not there, as in a ledger that was replayed without its contents, nothing is listed.
    listFindings: sql(`WITH report AS (SELECT ? AS sequence, json_each.value AS finding FROM blob
        CROSS JOIN json_each(CAST(bytes AS TEXT), '$.findings') WHERE digest = ?)
      INSERT OR IGNORE INTO finding (vulnerability, sequence)
      SELECT upper(finding ->> '$.id'), sequence FROM report
      UNION SELECT upper(alias.value), sequence FROM report CROSS JOIN json_each(finding, '$.aliases') AS alias`),
    waive: sql(`INSERT INTO waiver (sequence, id, vulnerability, service, reason, until, time, actor)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    acceptDeployment: sql(`INSERT INTO deployment
      (sequence, id, environment, plan, services, reason, phase, actor, accepted_at)
      VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?) ON CONFLICT DO NOTHING`),
    listByService: sql(`INSERT INTO deployment_service (service, sequence)
      SELECT value, sequence FROM deployment CROSS JOIN json_each(services) WHERE sequence = ? ON CONFLICT DO NOTHING`),
    startDeployment: sql(`UPDATE deployment SET phase = 'active' WHERE id = ? AND phase = 'queued'`),
    endDeployment: sql(`UPDATE deployment SET phase = 'ended', outcome = ?, ended_at = ?
      WHERE id = ? AND phase <> 'ended'`),
    putInventory: sql(`INSERT INTO inventory
      (environment, cluster, service, component, target, settled, changed_at, deployment) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (environment, cluster, service, component) DO UPDATE
      SET target = excluded.target, settled = excluded.settled, deployment = excluded.deployment,
      changed_at = excluded.changed_at`),
    beginRemoval: sql(`UPDATE inventory SET settled = 0, deployment = ?, changed_at = ? ${atSpot}`),
    unsettle: sql(`UPDATE inventory SET settled = 0, changed_at = ? ${atSpot}`),
    // What the engines run since the backup was made is not known of anything.
    unsettleAll: sql('UPDATE inventory SET settled = 0, changed_at = ?'),
    dropInventory: sql(`DELETE FROM inventory ${atSpot}`),
    revise: sql(`INSERT INTO environment_revision (environment, revision, spec, deployment, time)
      VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    applyPlatform: sql(`INSERT INTO platform (id, revision, platform, source, time) VALUES (1, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, platform = excluded.platform,
      source = excluded.source, time = excluded.time`),
    createToken: sql(`INSERT INTO token
      (sequence, id, name, person, role, scope, use_kind, parent, secret_hash, created_at, expires_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    noteErasable: sql(`INSERT INTO erasable_content (digest, kind, sequence, time) VALUES (?, ?, ?, ?)
      ON CONFLICT DO NOTHING`),
    noteErased: sql(`INSERT INTO erasable_content (digest, kind, sequence, time, erased_by) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (digest) DO UPDATE SET erased_by = excluded.erased_by WHERE erased_by IS NULL`),
    overwrite: sql(`UPDATE erasable_blob SET erased = 1, bytes = zeroblob(length(bytes))
      WHERE digest = ? AND erased = 0`),
    setSecret: sql(`INSERT INTO secret_version
      (environment, secret, version, id, size, sealed, wrapped, created_at, actor, sequence)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    revokeSecret: sql(`UPDATE secret_version SET revoked_at = ?
      WHERE environment = ? AND secret = ? AND version = ? AND revoked_at IS NULL`),
    rewrapSecret: sql('UPDATE secret_version SET wrapped = ? WHERE environment = ? AND secret = ? AND version = ?'),
    revokeToken: sql('UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL'),
  };
}

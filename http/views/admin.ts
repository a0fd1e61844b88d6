import type { App, Diagnosis } from '../../app/api.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { TokenRow } from '../../port/store.ts';
import type { DoctorView, PlatformView, TokenSummary } from '../../wire/admin.ts';
import type { EntriesView } from '../../wire/ledger.ts';

/** A token without its secret and the secret's hash. */
export function tokenSummary({ id, name, role, createdAt, revokedAt }: TokenRow): TokenSummary {
  return { id, name, role, createdAt, revokedAt };
}

/** The platform document in force. */
export function platformView({ row, source, refused }: Awaited<ReturnType<App['platform']>>): PlatformView {
  return { revision: row.revision, appliedAt: row.time, refused, source };
}

/** Entries exactly as they are hashed: no member more, none less. */
export function entriesView({ entries, head }: Awaited<ReturnType<App['entries']>>): EntriesView {
  return { entries: entries.map(entryView), head: { sequence: head.sequence, hash: head.hash } };
}

function entryView({
  sequence,
  time,
  stream,
  kind,
  v,
  actor,
  payload,
  prev,
}: LedgerEntry): EntriesView['entries'][number] {
  return { sequence, time, stream, kind, v, actor, payload, prev };
}

/** What the server knows of itself and of its clusters. A cluster's trouble is its first finding. */
export function doctorView(diagnosis: Diagnosis): DoctorView {
  const { version, installation, head, generation, platform, clusters } = diagnosis;
  return {
    version,
    installation,
    head: { sequence: head.sequence, hash: head.hash },
    generation,
    platform: platform === null ? null : { revision: platform.revision, refused: platform.refused },
    clusters: clusters.map(({ cluster, engine, description, trouble }) => ({
      cluster,
      engine,
      reachable: description !== null,
      version: description?.version ?? null,
      nodes: description?.nodes.length ?? null,
      findings: [...(trouble === null ? [] : [trouble]), ...(description?.findings ?? [])],
    })),
  };
}

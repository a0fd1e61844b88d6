import type { App } from '../../app/api.ts';
import type { Diagnosis } from '../../app/diagnosis.ts';
import type { DoctorView, PlatformView } from '../../wire/admin.ts';

/** The platform document in force. */
export function platformView({ row, source, refused }: Awaited<ReturnType<App['platform']>>): PlatformView {
  return { revision: row.revision, appliedAt: row.time, refused, source };
}

/** What the server knows of itself and of its clusters. A cluster's trouble is its first finding. */
export function doctorView(diagnosis: Diagnosis): DoctorView {
  const { version, recovery, installation, head, generation, signing, platform, clusters } = diagnosis;
  return {
    version,
    installation,
    recovery,
    head: { sequence: head.sequence, hash: head.hash },
    generation,
    signing: { state: signing.state, key: signing.key, size: signing.size, trouble: signing.trouble },
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

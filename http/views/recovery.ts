import type { Recovered, RecoveryReport } from '../../app/recovery-api.ts';
import type { RecoveredView, RecoveryView } from '../../wire/recovery.ts';

/** Whether the ledger has to be recovered, and what that would give up. */
export function recoveryView(report: RecoveryReport): RecoveryView {
  const { reason, head, signed, fence, highestSeen, findings, findingCount, unseen, unfinished, confirm } = report;
  return {
    reason,
    head: { sequence: head.sequence, hash: head.hash },
    signed: signed === null ? null : { origin: signed.origin, size: signed.size },
    highestGranted: fence.highest,
    highestSeen,
    findings: findings.map((finding) => ({ ...finding })),
    findingCount,
    unseen: unseen.map((place) => ({ ...place })),
    unfinished: unfinished.map(({ id, environment, services }) => ({
      deployment: id,
      environment,
      services: [...services],
    })),
    confirm,
  };
}

/** What a recovery did. */
export function recoveredView({ sequence, generationBase, key, ended }: Recovered): RecoveredView {
  return { sequence, generationBase, key, ended: [...ended] };
}

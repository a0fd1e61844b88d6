import { canonical } from '../../../core/canonical.ts';
import { toPayload, type LedgerEntry } from '../../../core/ledger.ts';
import type { AppendRequest } from '../../../port/store.ts';
import type { Findings } from './findings.ts';

/** Sees to it that the ledger grows by whole requests. */
export interface CommitAudit {
  asked(request: AppendRequest): void;
  /** Entries that became durable together. */
  check(entries: readonly LedgerEntry[]): void;
}

export function createCommitAudit(findings: Findings): CommitAudit {
  /** Requests by their first entry. */
  const requests = new Map<string, (readonly string[])[]>();
  return {
    asked({ appends }) {
      const lines = appends.flatMap(({ stream, entries }) =>
        entries.map(({ event }) => lineOf(stream, event.kind, toPayload(event))),
      );
      const [first] = lines;
      if (first !== undefined) requests.set(first, [...(requests.get(first) ?? []), lines]);
    },
    check(entries) {
      const lines = entries.map(({ stream, kind, payload }) => lineOf(stream, kind, payload));
      for (let at = 0; at < lines.length;) {
        const isGrant = entries[at]?.kind === 'lease-granted';
        const whole = (requests.get(lines[at] ?? '') ?? [])
          .filter((asked) => asked.every((line, index) => line === lines[at + index]))
          .toSorted((a, b) => b.length - a.length)[0];
        if (whole === undefined && !isGrant) {
          const message = `entry ${entries[at]?.sequence} begins no request that is there whole`;
          return findings.violated('a commit is whole or not there', message);
        }
        at += whole?.length ?? 1;
      }
    },
  };
}

function lineOf(stream: string, kind: string, payload: LedgerEntry['payload']): string {
  return `${stream} ${kind} ${canonical(payload)}`;
}

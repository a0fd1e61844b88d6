import type { Commentary } from '../deployments.ts';

/** Where the driver writes down what people want to know and the ledger need not hold. Forgotten with the process. */
export interface Notes extends Commentary {
  setHold(deployment: string, about: string, message: string | null): void;
  setProgress(deployment: string, step: string, text: string): void;
  forget(deployment: string): void;
}

/** Of how many ended deployments the last progress is kept. */
const deploymentsMost = 1_000;

export function createNotes(): Notes {
  const holds = new Map<string, Map<string, string>>();
  const progress = new Map<string, Map<string, string>>();
  return {
    holds: (deployment) => [...(holds.get(deployment)?.values() ?? [])],
    progress: (deployment) => progress.get(deployment) ?? new Map<string, string>(),
    setHold(deployment, about, message) {
      const of = holds.get(deployment) ?? new Map<string, string>();
      if (message === null) of.delete(about);
      else of.set(about, message);
      holds.set(deployment, of);
    },
    setProgress(deployment, step, text) {
      const of = progress.get(deployment) ?? new Map<string, string>();
      of.set(step, text);
      progress.set(deployment, of);
    },
    forget(deployment) {
      holds.delete(deployment);
      const oldest = progress.size > deploymentsMost ? progress.keys().next().value : undefined;
      if (oldest !== undefined) progress.delete(oldest);
    },
  };
}

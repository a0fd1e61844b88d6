import { nobodySigns, noSecrets } from '../../app/testing/fakes.ts';
import { createDocumentParser } from '../../adapter/document-parser.ts';
import { systemClock } from '../../adapter/system-clock.ts';
import { createBlobs } from '../../app/blobs.ts';
import { createPlatformState } from '../../app/platform.ts';
import type { PlanningParts } from '../../app/planning.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';

/** Clusters of both environments; every service runs on each of them. */
const clusters = 10;

/** What is planned: all services of an environment, from version 1 to version 2. */
export interface PlanningSize {
  readonly environment: string;
  readonly services: number;
}

/** What plans, and how it is let go. */
export interface PlanningHouse {
  readonly parts: PlanningParts;
  readonly close: () => Promise<void>;
}

/** The parts that plan, on a ledger of their own, without a server around them. */
export async function openPlanningHouse(directory: string, signal: AbortSignal): Promise<PlanningHouse> {
  const store = await openSqliteStore({ directory, clock: systemClock, signal });
  // The same as the server's own, but for a deadline that a busy machine keeps too.
  const documents = createDocumentParser({ workers: 1, budgetMs: 30_000 });
  const blobs = createBlobs(store);
  const platform = createPlatformState(store, blobs, null);
  const parts: PlanningParts = {
    store,
    blobs,
    documents,
    platform,
    clock: systemClock,
    secrets: noSecrets,
    signatures: nobodySigns,
  };
  return {
    parts,
    close: async () => {
      await documents.close();
      await store.close();
    },
  };
}

export function platformText(environments: readonly string[]): string {
  const names = Array.from({ length: clusters }, (_, index) => `c${index}`);
  return JSON.stringify({
    apiVersion: 'drayage/v1',
    kind: 'Platform',
    clusters: Object.fromEntries(names.map((name) => [name, { engine: 'simulated', roles: ['everywhere'] }])),
    environments: Object.fromEntries(environments.map((name) => [name, { clusters: names }])),
  });
}

export function serviceNames({ environment, services }: PlanningSize): readonly string[] {
  return Array.from({ length: services }, (_, index) => `${environment}-service-${index}`);
}

/** The spec of an environment that runs one version of everything. */
export function specOf(size: PlanningSize, version: string): string {
  const lines = serviceNames(size).map((service) => `  ${service}: "${version}"\n`);
  return `apiVersion: drayage/v1\nkind: Deployment\nenvironment: ${size.environment}\nservices:\n${lines.join('')}`;
}

/** A Compose file as teams write them. */
export function composeText(service: string, version: string): string {
  return `services:
  ${service}:
    image: registry.test/${service}:${version}
    init: true
    read_only: true
    tmpfs: [/tmp]
    environment:
      LOG_LEVEL: info
      HTTP_PORT: "8080"
      DATABASE_HOST: database
      DATABASE_NAME: ${service}
      CACHE_TTL: 300s
      FEATURE_LEVEL: "${version}"
    healthcheck:
      test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1:8080/health"]
      interval: 5s
      timeout: 2s
      retries: 3
    deploy:
      replicas: 2
      update_config: { order: start-first, monitor: 10s }
      resources: { limits: { memory: 256M } }
x-drayage:
  role: everywhere
  owner: team-${service}
`;
}

import type { App, Readiness } from '../../app/api.ts';
import type { MetricsPage } from '../../port/metrics.ts';
import { openApiDocument } from '../../wire/openapi.ts';
import { doctorView } from '../views/admin.ts';
import { answered, type Handlers } from './call.ts';

type SelfRoutes = 'health' | 'ready' | 'metrics' | 'openapi' | 'doctor';

export interface SelfHandlerParts {
  readonly app: App;
  readonly metrics: MetricsPage;
  readonly version: string;
  readonly isDraining: () => boolean;
}

/** What mends itself when the process is started again. */
const vital = ['store', 'ledger', 'drive'] as const;

/** What the server tells of itself. */
export function createSelfHandlers({ app, metrics, version, isDraining }: SelfHandlerParts): Handlers<SelfRoutes> {
  const readiness = async (signal: AbortSignal): Promise<Readiness> =>
    isDraining() ? { status: 'draining', checks: {} } : await app.readiness(signal);
  const document = openApiDocument(version);
  return {
    health: async ({ signal }) => {
      const found = await readiness(signal);
      return answered(healthView(found), isBroken(found) ? 503 : 200);
    },
    ready: async ({ signal }) => {
      const found = await readiness(signal);
      return answered(healthView(found), found.status === 'ok' ? 200 : 503);
    },
    metrics: async () => ({ kind: 'text', contentType: metrics.contentType, text: await metrics.text() }),
    openapi: async () => answered(document),
    doctor: async ({ signal }) => answered(doctorView(await app.doctor(signal))),
  };
}

/** A missing platform document is no reason to start anew, which would not bring it. */
function isBroken({ status, checks }: Readiness): boolean {
  return status === 'failing' && vital.some((name) => (checks[name] ?? null) !== null);
}

function healthView({ status, checks }: Readiness) {
  return { status, checks: { ...checks } };
}

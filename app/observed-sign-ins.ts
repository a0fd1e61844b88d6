import type { Metrics } from '../port/metrics.ts';
import type { App } from './api.ts';

/** The same use cases, with the sign-ins counted. */
export function observeSignIns(app: App, metrics: Metrics): App {
  return {
    ...app,
    async openSession(by, signal) {
      const opened = await app.openSession(by, signal);
      metrics.increment('drayage_sign_ins_total', { by: by.kind });
      return opened;
    },
  };
}

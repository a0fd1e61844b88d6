import type { App } from '../../app/api.ts';
import { answered, type Handlers } from './call.ts';
import { namedRelease } from './delivery.ts';
import { varietyView } from '../views/variety.ts';
import { refusalsView, serviceView } from '../views/service.ts';
import { bomDocument, whereView } from '../views/evidence.ts';

type EvidenceRoutes = 'getBom' | 'attachEvidence' | 'getService' | 'listRefusals' | 'variety' | 'whereIs' | 'waive';

/** What is appended to releases, and what it says. */
export function createEvidenceHandlers(app: App): Handlers<EvidenceRoutes> {
  return {
    getBom: async ({ params: { service, version }, query, signal }) => {
      const release = await app.release(service, version, signal);
      return answered(bomDocument(query.format, release));
    },
    attachEvidence: async ({ actor, params: { service, version }, body, signal }) => {
      const content = Buffer.from(body.content, 'base64');
      const { compressed, component } = body;
      const of = { service, version, input: { content, compressed, component } };
      return answered(await namedRelease(app, await app.attachEvidence(actor, of, signal), signal));
    },
    getService: async ({ params: { service }, signal }) => answered(serviceView(await app.service(service, signal))),
    listRefusals: async () => answered(refusalsView(await app.refusals())),
    variety: async ({ signal }) => answered(varietyView(await app.variety(signal))),
    whereIs: async ({ params: { vulnerability }, signal }) =>
      answered(whereView(vulnerability, await app.whereIs(vulnerability, signal))),
    waive: async ({ actor, body, signal }) => answered(await app.waive(actor, body, signal), 201),
  };
}

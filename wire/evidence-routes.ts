import { z } from 'zod';
import { json, name, version } from './common.ts';
import { attachRequest, bomQuery, waiverRequest, waiverView, whereView } from './evidence.ts';
import { paths } from './paths.ts';
import { releaseView } from './release.ts';
import { varietyView } from './variety.ts';
import { refusalsView } from './standing.ts';
import { serviceView } from './service.ts';

const nothing = z.strictObject({});

/** The routes of `routes` that are about what a release proves. */
export const evidenceRoutes = {
  getBom: {
    ...paths.getBom,
    params: z.strictObject({ service: name, version }),
    query: bomQuery,
    body: null,
    response: z.record(z.string(), json),
    summary: 'The bill of materials of a release, as a document of another standard.',
  },
  attachEvidence: {
    ...paths.attachEvidence,
    params: z.strictObject({ service: name, version }),
    query: nothing,
    body: attachRequest,
    response: releaseView,
    summary: 'Appends a document to a release as evidence.',
  },
  getService: {
    ...paths.getService,
    params: z.strictObject({ service: name }),
    query: nothing,
    body: null,
    response: serviceView,
    summary: 'A service: its newest releases and their defect rates.',
  },
  listRefusals: {
    ...paths.listRefusals,
    params: nothing,
    query: nothing,
    body: null,
    response: refusalsView,
    summary: 'What runs in environments that would not take it now.',
  },
  variety: {
    ...paths.variety,
    params: nothing,
    query: nothing,
    body: null,
    response: varietyView,
    summary: 'Base images, languages and frameworks in use, against the allowed lists.',
  },
  whereIs: {
    ...paths.whereIs,
    params: z.strictObject({ vulnerability: z.string().min(1).max(100).describe('Such as CVE-2024-1234.') }),
    query: nothing,
    body: null,
    response: whereView,
    summary: 'Which releases have a vulnerability, and where they run.',
  },
  waive: {
    ...paths.waive,
    params: nothing,
    query: nothing,
    body: waiverRequest,
    response: waiverView,
    summary: 'Answers for a vulnerability until a moment.',
  },
} as const;

import { z } from 'zod';
import { varietyKinds } from '../core/evidence/variety.ts';
import { moment } from './common.ts';

const use = {
  service: z.string(),
  version: z.string(),
  component: z.string(),
  environments: z.array(z.string()).describe('That run it.'),
};

export const varietyView = z
  .object({
    items: z
      .array(
        z.object({
          kind: z.enum(varietyKinds),
          name: z.string(),
          allowed: z.boolean().nullable().describe('Whether it is on the allowed list; null: there is none.'),
          createdAt: moment.nullable().describe('Of a base image: when the oldest was made; null: it is not told.'),
          versions: z.array(z.string()).describe('Of a framework.'),
          uses: z.array(z.object(use)),
        }),
      )
      .describe('By kind and name.'),
    gaps: z
      .array(z.object({ kind: z.enum(varietyKinds), why: z.string(), ...use }))
      .describe('What nobody knows of a component.'),
    unseen: z.number().int().describe('Releases that were not looked at, because there are too many.'),
  })
  .meta({ id: 'VarietyView', description: 'Base images, languages and frameworks in use across all environments.' });

export type VarietyView = z.infer<typeof varietyView>;

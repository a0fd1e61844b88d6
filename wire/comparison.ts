import { z } from 'zod';
import { parameterSources } from '../core/parameter/resolve.ts';

const side = z
  .object({ environment: z.string(), revision: z.number().int(), services: z.number().int() })
  .describe('What is compared: its revision, and how many services it names.');

const value = z
  .object({
    value: z.string(),
    source: z.enum(parameterSources).optional().describe("Where a parameter's value comes from."),
    slice: z.string().optional().describe('The slice that gives it.'),
  })
  .nullable();

export const comparison = z
  .object({
    a: side,
    b: side,
    differences: z.array(
      z.object({
        service: z.string(),
        what: z.enum(['service', 'version', 'image', 'file', 'parameter', 'replicas', 'port', 'cluster']),
        name: z
          .string()
          .nullable()
          .describe('Which image, file, parameter or port; null where there is one of a kind.'),
        a: value.describe('Null: it is not there.'),
        b: value.describe('Null: it is not there.'),
        declared: z
          .boolean()
          .describe(
            'They were declared to differ in it: a parameter that one has from its environment or a slice; replicas, ports and ' +
              'cluster that a spec sets.',
          ),
      }),
    ),
  })
  .meta({ id: 'Comparison', description: 'In what two environments differ.' });

export type ComparisonView = z.infer<typeof comparison>;

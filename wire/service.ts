import { z } from 'zod';
import { answerView } from './bom.ts';
import { moment } from './common.ts';

const count = z.number().int();

export const serviceView = z
  .object({
    service: z.string(),
    releases: z
      .array(
        z.object({
          version: z.string(),
          registeredAt: moment,
          runsIn: z.array(z.string()).describe('Environments whose newest revision names it.'),
          lines: answerView(count).describe('Lines of code.'),
          defects: answerView(z.object({ critical: count, high: count })).describe(
            'Critical and high findings of the newest reports, waived ones too; missing while an image was not scanned.',
          ),
          rate: answerView(z.number()).describe('Critical and high findings per 10,000 lines.'),
        }),
      )
      .describe('Newest first; at most 50.'),
    hasMore: z.boolean().describe('Whether there are older ones.'),
  })
  .meta({ id: 'ServiceView', description: 'A service: its newest releases and their defect rates.' });

export type ServiceView = z.infer<typeof serviceView>;

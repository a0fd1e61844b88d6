import { z } from 'zod';
import { name } from './common.ts';

/** Sequence of a ledger entry as it stands in a query. */
const sequence = z.coerce.number().int().min(0);

export const eventsQuery = z.strictObject({
  after: sequence
    .optional()
    .describe('Events after this sequence; without it, and without a Last-Event-ID header, from now on.'),
  environment: name.optional().describe('Only what concerns this environment.'),
  deployment: z.string().max(100).optional().describe('Only what concerns this deployment.'),
  service: name.optional().describe('Only what concerns this service.'),
  kinds: z
    .string()
    .max(500)
    .transform((text) => text.split(','))
    .pipe(z.array(z.string().regex(/^[a-z-]{1,50}$/)).max(30))
    .optional()
    .describe('Only these kinds of entry, joined by commas: `deployment-accepted,deployment-ended`.'),
});

/**
 * Data of the `ready` event that begins every stream: the sequence after which its events come. Then an `entry` event
 * for each entry, whose id is its sequence and whose data is the entry. A `heartbeat` each 15 s tells by its id how
 * far the reader has come while its filter lets nothing through. The stream ends with `trouble`, whose data is a problem document.
 */
export const eventsReady = z
  .object({ after: z.number().int() })
  .meta({ id: 'EventsReady', description: 'The sequence after which the events of this stream come.' });

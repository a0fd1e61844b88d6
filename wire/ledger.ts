import { z } from 'zod';
import { digest, json } from './common.ts';

export const entriesQuery = z.strictObject({
  order: z
    .enum(['oldest', 'newest'])
    .default('oldest')
    .describe(
      '`oldest`: from the beginning, after `after`. `newest`: from the end, before `before`; only here the filters work.',
    ),
  after: z.coerce.number().int().min(0).optional().describe('Entries after this sequence, with `order=oldest`.'),
  before: z.coerce.number().int().min(1).optional().describe('Entries before this sequence, with `order=newest`.'),
  stream: z.string().min(1).max(200).optional().describe('Only of this stream, such as `deployment/ID`.'),
  kind: z
    .string()
    .regex(/^[a-z-]{1,50}$/)
    .optional()
    .describe('Only of this kind, such as `deployment-ended`.'),
  actor: z.string().min(1).max(100).optional().describe('Only what this actor did.'),
  limit: z.coerce.number().int().min(1).max(1000).default(500).describe('The most entries of one page.'),
});

/** The entry as it is hashed. */
export const ledgerEntry = z
  .object({
    sequence: z.number().int().describe('Counts from 1, without a gap.'),
    time: z.number().int().describe('Milliseconds since 1970.'),
    stream: z.string().describe('What the entry is about, such as `deployment/ID`.'),
    kind: z.string(),
    v: z.number().int().describe("Version of the payload's form."),
    actor: z.string(),
    payload: z.record(z.string(), json),
    prev: digest.describe('Leaf hash of the entry before.'),
  })
  .meta({ id: 'LedgerEntry', description: 'An entry of the ledger, as it is hashed.' });

export const entriesView = z
  .object({
    entries: z.array(ledgerEntry),
    head: z.object({ sequence: z.number().int(), hash: digest }).describe('Of the whole ledger.'),
    next: z
      .number()
      .int()
      .nullable()
      .describe('`before` of the following page when the newest come first; null at the end, and when the oldest do.'),
    actorNames: z.record(z.string(), z.string()).describe('What people call the actors of these entries, by id.'),
  })
  .meta({ id: 'EntriesView', description: 'Entries of the ledger, and its head.' });

export const receiptParams = z.strictObject({
  sequence: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).describe('Sequence of an entry.'),
});

export const tileParams = z.strictObject({
  tile: z
    .string()
    .max(100)
    .describe('Level, number and width of the tile, as C2SP tlog-tiles writes them: `0/x001/234.p/7`, `entries/000`.'),
});

export const signingKeyView = z
  .object({
    key: z.string().describe('The verifier key that is in force now: `name+id+base64` (C2SP signed-note).'),
    previous: z.string().nullable().describe('The one before; null for the first.'),
    sequence: z.number().int().describe('Of the ledger entry that records the change.'),
  })
  .meta({ id: 'SigningKeyView', description: 'The key that signs checkpoints of the ledger.' });

export type EntriesView = z.infer<typeof entriesView>;

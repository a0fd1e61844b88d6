import { z } from 'zod';
import { digest, json } from './common.ts';

export const entriesQuery = z.strictObject({
  /** Sequence after which to read. */
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(500),
});

/** The entry as it is hashed. */
export const ledgerEntry = z.object({
  sequence: z.number().int(),
  time: z.number().int(),
  stream: z.string(),
  kind: z.string(),
  v: z.number().int(),
  actor: z.string(),
  payload: z.record(z.string(), json),
  prev: digest,
});

export const entriesView = z.object({
  entries: z.array(ledgerEntry),
  head: z.object({ sequence: z.number().int(), hash: digest }),
});

export type EntriesView = z.infer<typeof entriesView>;

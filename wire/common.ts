import { z } from 'zod';
import type { Json } from '../core/json.ts';
import { namePattern, versionPattern } from '../core/names.ts';

/** Names of services, components, environments and clusters. */
export const name = z.string().regex(namePattern, 'a name is 1 to 40 of a-z, 0-9 and -, not at the ends');

/** A release's version. */
export const version = z
  .string()
  .regex(versionPattern, 'a version is 1 to 64 of letters, digits, _ . -, not starting with . or -');

/** SHA-256 in hexadecimal. */
export const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** Any JSON value. */
export const json: z.ZodType<Json> = z.json();

/** A moment, in ms since 1970. */
export const moment = z.number().int();

/** A document as the user has it: its name is only for messages. */
export const sourceFile = z.strictObject({ name: z.string().min(1).max(1024), text: z.string().max(16 * 1024 * 1024) });

/** Query parameters of every list. */
export const pageQuery = {
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
};

/** A page of a list; `next` goes into `cursor` of the next request and is null at the end. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

/** Where on the ledger the entry stands that a response speaks of. */
export const receipt = z.object({ sequence: z.number().int(), hash: digest });

/** One wrong place in a document. */
export const problem = z.object({
  file: z.string(),
  line: z.number(),
  column: z.number(),
  text: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
});

/** RFC 9457 problem document; `code` is stable, `next` says what to do. */
export const problemDocument = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.string(),
  facts: z.record(z.string(), json),
  next: z.string().nullable(),
  problems: z.array(problem),
  requestId: z.string(),
});

export type ProblemDocument = z.infer<typeof problemDocument>;

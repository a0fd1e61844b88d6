import { z } from 'zod';
import type { Json } from '../core/json.ts';
import { namePattern, versionPattern } from '../core/name-patterns.ts';

/** Names of services, components, environments and clusters. */
export const name = z.string().regex(namePattern, 'a name is 1 to 40 of a-z, 0-9 and -, not at the ends').meta({
  id: 'Name',
  description: 'Name of a service, component, environment or cluster: 1 to 40 of a-z, 0-9 and -, not at the ends.',
});

/** A release's version. */
export const version = z
  .string()
  .regex(versionPattern, 'a version is 1 to 64 of letters, digits, _ . -, not starting with . or -')
  .meta({
    id: 'Version',
    description: 'Version of a release: 1 to 64 of letters, digits, _ . -; it begins with no . or -.',
  });

/** SHA-256 in hexadecimal. */
export const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a digest is 64 hexadecimal digits')
  .meta({ id: 'Digest', description: 'SHA-256 in lower-case hexadecimal.' });

/** Any JSON value. */
export const json: z.ZodType<Json> = z.json();
// Registered in place: a described copy would go on with the undescribed one below its first level.
z.globalRegistry.add(json, { id: 'Json', description: 'Any JSON value.' });

/** A moment, in ms since 1970. */
export const moment = z
  .number()
  .int()
  .meta({ id: 'Moment', description: 'A moment, in milliseconds since 1970-01-01T00:00:00Z.' });

/** A document as the user has it: its name is only for messages. */
export const sourceFile = z
  .strictObject({
    name: z.string().min(1).max(1024).describe('Its file name, for messages only.'),
    text: z
      .string()
      .max(16 * 1024 * 1024)
      .describe('All of its text.'),
  })
  .meta({
    id: 'SourceFile',
    description: 'A YAML document as its author has it: at most 1 MiB, 20,000 nodes, 64 levels.',
  });

/** Query parameters of every list. */
export const pageQuery = {
  cursor: z.string().max(200).optional().describe('`next` of the page before; opaque. Without it, the first page.'),
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('The most items of one page.'),
};

/** `next` of a page, as every list has it. */
export const pageNext = z
  .string()
  .nullable()
  .describe('Goes into `cursor` of the next request; null on the last page.');

/** A page of a list; `next` goes into `cursor` of the next request and is null at the end. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: pageNext });
}

/** Where on the ledger the entry stands that a response speaks of. */
export const receipt = z
  .object({
    sequence: z.number().int(),
    hash: digest,
    proof: z
      .string()
      .nullable()
      .describe(
        'The proof that the entry is on the ledger, as a C2SP tlog-proof: keep it. Null when no checkpoint that covers the entry could be had in time; ask for it later.',
      ),
  })
  .meta({
    id: 'Receipt',
    description: 'Where on the ledger the entry stands: its sequence, its leaf hash, and the signed proof of it.',
  });

/** As commands keep and show it. */
export type ReceiptView = z.infer<typeof receipt>;

/** One wrong place in a document. */
export const problem = z
  .object({
    file: z.string(),
    line: z.number().describe('Counts from 1.'),
    column: z.number().describe('Counts from 1.'),
    text: z.string().describe('The line itself, cut to 200 characters.'),
    message: z.string(),
    hint: z.string().nullable().describe('The expected form, or the nearest known key; null when there is none.'),
  })
  .meta({ id: 'WrongPlace', description: 'One place in a document that is wrong, as a compiler shows it.' });

/** RFC 9457 problem document; `code` is stable, `next` says what to do. */
export const problemDocument = z
  .object({
    type: z.string().describe('`urn:drayage:problem:` and the code.'),
    title: z.string().describe('What the code means, always the same.'),
    status: z.number().int().describe('The HTTP status once more.'),
    detail: z.string().describe('What happened here, to what.'),
    code: z.string().describe('Stable; a new server may send one that an old client does not know.'),
    facts: z.record(z.string(), json).describe('Names, counts and addresses, for programs.'),
    next: z.string().nullable().describe('What to do now; null when a program that is no Drayage server answered.'),
    problems: z.array(problem).describe('Every wrong place of a document that was sent.'),
    requestId: z.string().describe('As in the header X-Request-Id and in the log of the server.'),
  })
  .meta({ id: 'Problem', description: 'A problem document (RFC 9457).' });

export type ProblemDocument = z.infer<typeof problemDocument>;

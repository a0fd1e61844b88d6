import { z } from 'zod';
import { bomFieldNames } from '../core/bom/lines.ts';
import { evidenceKinds } from '../core/evidence/summary.ts';
import { digest, moment } from './common.ts';

const isKnown = z.literal('known').describe('There is an answer.');
const isMissing = z.literal('missing').describe('There is none.');
const source = z.string().max(300).describe('Where it came from, for people.');
const why = z.string().max(2000).describe('Why nobody knows.');

/** What is known of one thing and how, or why it is not, as a builder sends it. */
function answerOf<T extends z.ZodType>(value: T) {
  return z.discriminatedUnion('kind', [
    z.strictObject({ kind: isKnown, value, source }),
    z.strictObject({ kind: isMissing, why }),
  ]);
}

/** What is known of one thing and how, or why it is not, as the server tells it. */
export function answerView<T extends z.ZodType>(value: T) {
  return z.discriminatedUnion('kind', [z.object({ kind: isKnown, value, source }), z.object({ kind: isMissing, why })]);
}

const said = answerOf(z.string().min(1).max(1000).describe('The answer, one line.'));
const at = answerOf(z.number().int().min(0).max(8_640_000_000_000_000).describe('In milliseconds since 1970.'));
const hash = answerOf(
  z
    .string()
    .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)
    .describe('40 or 64 hexadecimal digits.'),
);

/** What the builder tells of the build; each member is known with its source, or missing with the reason. */
export const buildFacts = z
  .strictObject({
    builder: said.describe('What built it. Never the name of a person.'),
    buildUrl: said.describe('Page of the build.'),
    startedAt: at.describe('When the build began.'),
    releasedAt: at.describe('When the release was made of it.'),
    cause: said.describe('Why it was built: push, schedule.'),
    repository: said.describe('Address of the git repository, without credentials.'),
    commit: hash.describe('Hash of the commit.'),
    committedAt: at.describe('When that commit was made.'),
    dirty: answerOf(z.boolean().describe('Whether it is so.')).describe(
      'Whether files were changed and not committed.',
    ),
    branch: said.describe('Branch or tag.'),
    project: said.describe('The project that it belongs to.'),
    lines: answerOf(z.number().int().min(0).max(1_000_000_000).describe('How many.'))
      .optional()
      .describe('Lines of code of what was built, blank ones left out.'),
  })
  .meta({ id: 'BuildFacts', description: 'What a builder tells of a build.' });

export const bomLine = z
  .object({
    field: z.enum(bomFieldNames).describe('Name of the answer; a policy asks for it by this.'),
    component: z.string().nullable().describe('Null where it is about the whole release.'),
    answer: answerView(z.string()),
  })
  .meta({ id: 'BomLine', description: 'One answer of the bill of materials, or why there is none.' });

export const evidenceView = z
  .object({
    kind: z.enum(evidenceKinds),
    image: z.string().nullable().describe('Digest of the image that it speaks of; null: of the whole release.'),
    told: z.string().describe('What it says, in a few words.'),
    document: z
      .object({ digest, bytes: z.number().int() })
      .nullable()
      .describe('The document that it was read from, kept byte for byte; null when it was collected.'),
    sequence: z.number().int().describe('Of the ledger entry that appended it.'),
    at: moment,
    actor: z.string(),
  })
  .meta({ id: 'EvidenceView', description: 'A piece of evidence that was appended to a release.' });

export type BomLineView = z.infer<typeof bomLine>;
export type EvidenceView = z.infer<typeof evidenceView>;

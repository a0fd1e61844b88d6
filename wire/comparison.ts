import { z } from 'zod';
import { differenceKinds } from '../core/comparing/compare.ts';
import { severities } from '../core/evidence/summary.ts';
import { parameterSources } from '../core/parameter/resolve.ts';
import { answerView } from './bom.ts';
import { name, sourceFile, version } from './common.ts';

const subject = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('environment').describe('What an environment is to run.'),
      environment: name,
    }),
    z.strictObject({ kind: z.literal('release').describe('One release.'), service: name, version }),
    z.strictObject({
      kind: z.literal('spec').describe('What a `kind: Deployment` document asks for.'),
      document: sourceFile,
    }),
  ])
  .meta({ id: 'Subject', description: 'What is to be compared.' });

export const comparisonRequest = z
  .strictObject({ a: subject, b: subject })
  .meta({ id: 'ComparisonRequest', description: 'Two subjects: releases, environments, documents.' });

const services = z.number().int().describe('How many services it names.');
const environment = z.string();
const side = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('environment').describe('As its newest revision says.'),
      environment,
      revision: z.number().int().describe('0: nothing was ever deployed to it.'),
      services,
    }),
    z.object({
      kind: z.literal('release').describe('Its parameters are what they default to.'),
      service: z.string(),
      version: z.string(),
    }),
    z.object({
      kind: z.literal('spec').describe('With the parameters that its environment has now.'),
      name: z.string(),
      environment,
      services,
    }),
  ])
  .meta({ id: 'ComparedSide', description: 'One side of a comparison.' });

const value = z
  .object({
    value: z.string(),
    source: z.enum(parameterSources).optional().describe("Where a parameter's value comes from."),
    slice: z.string().optional().describe('The slice that gives it.'),
  })
  .nullable();

const count = z.number().int();
const gained = count.describe('Only in b.');
const lost = count.describe('Only in a.');

const packages = z.object({
  gained,
  lost,
  changed: count.describe('In both, with other versions.'),
  shown: z
    .array(
      z.object({
        name: z.string().describe('A package URL without its version, or a name.'),
        a: z.string().nullable().describe('Versions, joined by commas; null: not there.'),
        b: z.string().nullable().describe('Versions, joined by commas; null: not there.'),
      }),
    )
    .describe('At most 100, by name.'),
});

const findings = z.object({
  gained,
  lost,
  shown: z
    .array(
      z.object({
        id: z.string(),
        severity: z.enum(severities),
        package: z.string(),
        change: z.enum(['gained', 'lost']),
      }),
    )
    .describe('At most 100, the worst first.'),
});

const change = z
  .object({
    service: z.string(),
    a: z.string().nullable().describe('Version; null: the service is not there.'),
    b: z.string().nullable().describe('Version; null: the service is not there.'),
    repository: answerView(z.string()),
    commits: z.object({ a: answerView(z.string()), b: answerView(z.string()) }),
    components: z
      .array(z.object({ component: z.string(), packages: answerView(packages), findings: answerView(findings) }))
      .describe('Those whose image is another one.'),
  })
  .meta({ id: 'ReleaseChange', description: 'What comes with another release of a service.' });

export const comparison = z
  .object({
    a: side,
    b: side,
    differences: z.array(
      z.object({
        service: z.string(),
        what: z.enum(differenceKinds),
        name: z
          .string()
          .nullable()
          .describe(
            'Which image, file, parameter, port or field of the definition; null where there is one of a kind.',
          ),
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
    changes: z
      .array(change)
      .describe('Of services whose release is another one, or that one side alone has; at most 300.'),
    moreChanges: count.describe('How many more such services there are.'),
  })
  .meta({ id: 'Comparison', description: 'In what two sides differ, what that comes from and what it brings.' });

export type ComparisonView = z.infer<typeof comparison>;
export type SubjectView = z.input<typeof subject>;

import { known, missing, type Answer } from './answer.ts';
import { linesOfBuild } from './build.ts';
import type { BillOfMaterials, ComponentBill } from './bom.ts';
import type { Ancestor, ImageTags } from './image.ts';

/** The questions that a release answers, in the order in which they are shown. */
export const questions = {
  built: 'Where, when and why was it built?',
  source: 'What was built?',
  ancestors: 'What are its ancestor images?',
  operation: 'How is it started, validated, monitored and updated?',
  tags: 'Which tags did it bear?',
  project: 'Which project does it belong to?',
} as const;

export type Question = keyof typeof questions;

/** Every answer of a bill by name: a policy can ask for each. */
export const bomFields = {
  builder: ['built', 'built by'],
  'build-url': ['built', 'build'],
  'built-at': ['built', 'built at'],
  cause: ['built', 'because of'],
  repository: ['source', 'repository'],
  commit: ['source', 'commit'],
  branch: ['source', 'branch'],
  clean: ['source', 'committed whole'],
  lines: ['source', 'lines of code'],
  ancestors: ['ancestors', 'built from'],
  start: ['operation', 'started by'],
  validate: ['operation', 'validated by'],
  monitor: ['operation', 'metrics at'],
  update: ['operation', 'updated by'],
  runbook: ['operation', 'runbook'],
  tags: ['tags', 'tags'],
  project: ['project', 'project'],
  owner: ['project', 'owner'],
} as const satisfies Record<string, readonly [Question, string]>;

export type BomField = keyof typeof bomFields;

/** All names of answers. */
export const bomFieldNames = Object.keys(bomFields) as [BomField, ...BomField[]];

/** One answer as people read it. */
export interface BomLine {
  readonly field: BomField;
  /** Null where it is about the whole release. */
  readonly component: string | null;
  readonly answer: Answer<string>;
}

/** The bill, line by line, in the order of `bomFields`. */
export function linesOf(bom: BillOfMaterials): readonly BomLine[] {
  return bomFieldNames.flatMap((field): readonly BomLine[] => {
    if (isOfRelease(field)) return [{ field, component: null, answer: ofRelease[field](bom) }];
    return Object.entries(bom.components).map(([component, bill]) => {
      return { field, component, answer: ofComponent[field](bill) };
    });
  });
}

/** Which of the fields that are asked for have no answer, with the reason. */
export function missingOf(bom: BillOfMaterials, wanted: readonly BomField[]): readonly string[] {
  return linesOf(bom)
    .filter(({ field }) => wanted.includes(field))
    .flatMap(({ field, component, answer }) =>
      answer.kind === 'known' ? [] : [`${field}${component === null ? '' : ` of ${component}`} (${answer.why})`],
    );
}

type ReleaseField = Exclude<BomField, 'ancestors' | 'tags' | 'start' | 'validate' | 'update'>;

const ofRelease: Readonly<Record<ReleaseField, (bom: BillOfMaterials) => Answer<string>>> = {
  builder: ({ build }) => build.builder,
  'build-url': ({ build }) => build.buildUrl,
  'built-at': ({ build }) => mapped(build.startedAt, isoOf),
  cause: ({ build }) => build.cause,
  repository: ({ build }) => build.repository,
  commit: ({ build }) => build.commit,
  branch: ({ build }) => build.branch,
  clean: ({ build }) => cleanOf(build.dirty),
  lines: ({ build }) => mapped(linesOfBuild(build), String),
  monitor: ({ monitor }) => monitor,
  runbook: ({ runbook }) => runbook,
  project: ({ project }) => project,
  owner: ({ owner }) => owner,
};

const ofComponent: Readonly<Record<Exclude<BomField, ReleaseField>, (bill: ComponentBill) => Answer<string>>> = {
  ancestors: ({ ancestors }) => mapped(ancestors, (all) => all.map(ancestorText).join(' < ')),
  tags: ({ tags }) => mapped(tags, tagsText),
  start: ({ start }) => start,
  validate: ({ validate }) => validate,
  update: ({ update }) => update,
};

function isOfRelease(field: BomField): field is ReleaseField {
  return Object.hasOwn(ofRelease, field);
}

/** What was changed and not committed is in no repository: the commit does not tell what was built. */
function cleanOf(dirty: Answer<boolean>): Answer<string> {
  if (dirty.kind === 'missing') return dirty;
  return dirty.value ? missing('files were changed and not committed') : known('yes', dirty.source);
}

/** An ancestor in a few words. */
function ancestorText({ name, digest, release }: Ancestor): string {
  const short = digest === null ? '' : `@${digest.slice(0, 19)}`;
  const what = name === null ? digest : `${name.replace(/@sha256:.*/, '')}${short}`;
  return release === null ? (what ?? '?') : `${what ?? ''} (${release})`.trim();
}

function tagsText({ tags, lookedAt, listed }: ImageTags): string {
  const part = lookedAt < listed ? ` (${lookedAt} of ${listed} tags were looked at)` : '';
  return `${tags.length === 0 ? 'none' : tags.join(', ')}${part}`;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

function mapped<T>(answer: Answer<T>, change: (value: T) => string): Answer<string> {
  return answer.kind === 'known' ? known(change(answer.value), answer.source) : answer;
}

import { isCommit } from '../bom/build.ts';
import { keptRepository } from '../bom/text.ts';
import { at, digestsIn, listAt, membersAt, textAt } from './loose.ts';
import type { DocumentReading } from './summary.ts';

/**
 * An in-toto statement (v0.1 and v1) with SLSA provenance v0.2 or v1 (slsa.dev/spec/v1.0/provenance). Null for a predicate
 * that is none.
 */
export function readProvenance(statement: unknown): DocumentReading | null {
  const type = textAt(statement, ['predicateType']) ?? '';
  if (!/^https:\/\/slsa\.dev\/provenance\/v(?:0\.[12]|1)$/.test(type)) return null;
  const predicate = at(statement, 'predicate');
  const isFirst = type.endsWith('/v1');
  const materials = isFirst
    ? listAt(predicate, 'buildDefinition', 'resolvedDependencies')
    : listAt(predicate, 'materials');
  const source = materials.find((it) => /^git\+|\.git(?:@|$)|github\.com/.test(textAt(it, ['uri'], 500) ?? ''));
  const commit = [textAt(source, ['digest', 'gitCommit']), textAt(source, ['digest', 'sha1'])].find(
    (it) => it !== null && isCommit(it),
  );
  const metadata = isFirst ? at(predicate, 'runDetails', 'metadata') : at(predicate, 'metadata');
  const startedAt = Date.parse(textAt(metadata, [isFirst ? 'startedOn' : 'buildStartedOn']) ?? '');
  return {
    subjects: subjectsOf(statement),
    summary: {
      kind: 'provenance',
      format: `SLSA ${type.slice(type.lastIndexOf('/') + 1)}`,
      builder: textAt(predicate, isFirst ? ['runDetails', 'builder', 'id'] : ['builder', 'id'], 500),
      buildType: textAt(predicate, isFirst ? ['buildDefinition', 'buildType'] : ['buildType'], 500),
      source: keptRepository(textAt(source, ['uri'], 500)?.replace(/^git\+/, '')),
      commit: commit ?? null,
      startedAt: Number.isNaN(startedAt) ? null : startedAt,
    },
  };
}

/** Digests of a statement's subjects. */
export function subjectsOf(statement: unknown): readonly string[] {
  return listAt(statement, 'subject').flatMap((subject) =>
    membersAt(subject, 'digest').flatMap(([algorithm, value]) =>
      algorithm === 'sha256' && typeof value === 'string' ? digestsIn(`sha256:${value}`) : [],
    ),
  );
}

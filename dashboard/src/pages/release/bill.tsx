import { bomFields, questions, type Question } from '../../../../core/bom/lines.ts';
import { severities } from '../../../../core/evidence/summary.ts';
import type { ResponseOf } from '../../api/address.ts';
import { Digest } from '../../ui/copy.tsx';
import { Fact, Facts, FactStrip } from '../../ui/facts.tsx';
import { Section } from '../../ui/page.tsx';
import { State } from '../../ui/sign.tsx';
import { Table } from '../../ui/table.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import styles from './bill.module.css';
import { Value } from './pairs.tsx';

type Release = ResponseOf<'getRelease'>;
type Line = Release['bom'][number];

/** What a release answers for ever: each question with its answers, and why where there is none. */
export function Bill({ bom }: { readonly bom: Release['bom'] }) {
  return (
    <Section id="bill" title="Bill of materials">
      <div className={styles.questions}>
        {(Object.keys(questions) as readonly Question[]).map((question) => (
          <div key={question}>
            <h3 className={styles.question}>{questions[question]}</h3>
            <Facts>
              {bom
                .filter(({ field }) => bomFields[field][0] === question)
                .map((line) => (
                  <Fact key={`${line.field} ${line.component}`} name={nameOf(line)}>
                    <AnswerOf line={line} />
                  </Fact>
                ))}
            </Facts>
          </div>
        ))}
      </div>
    </Section>
  );
}

function nameOf({ field, component }: Line): string {
  const [, name] = bomFields[field];
  return component === null ? name : `${name} (${component})`;
}

function AnswerOf({ line: { answer } }: { readonly line: Line }) {
  if (answer.kind === 'missing') return <span className={styles.missing}>missing: {answer.why}</span>;
  return (
    <span title={answer.source}>
      <Value text={answer.value} />
    </span>
  );
}

/** Open findings by severity, as the newest reports say. An image that no report speaks of is named: its findings are unknown. */
export function FindingCounts({
  release: { findings, images },
}: {
  readonly release: Pick<Release, 'findings' | 'images'>;
}) {
  const { counts, waived, notAffected, scanned } = findings;
  const seen = new Set(scanned.map(({ image }) => image));
  const unseen = Object.entries(images).flatMap(([name, { resolved }]) =>
    seen.has(resolved.split('@').at(-1) ?? '') ? [] : [name],
  );
  const newest = Math.max(0, ...scanned.map(({ at }) => at));
  return (
    <Section id="findings" title="Findings">
      {scanned.length === 0 ? (
        <p>No report of a scanner was appended: what it has is unknown.</p>
      ) : (
        <>
          <FactStrip>
            {severities.map((severity) => (
              <Fact key={severity} name={severity}>
                <Counted severity={severity} count={counts[severity]} />
              </Fact>
            ))}
            <Fact name="waived">{waived}</Fact>
            <Fact name="not affected">{notAffected}</Fact>
            <Fact name="newest report">
              <Age at={newest} />
            </Fact>
          </FactStrip>
          {unseen.length > 0 && <p className={styles.missing}>No report speaks of {unseen.join(', ')}.</p>}
        </>
      )}
    </Section>
  );
}

function Counted({ severity, count }: { readonly severity: (typeof severities)[number]; readonly count: number }) {
  if (count === 0) return <>0</>;
  const meaning = severity === 'critical' || severity === 'high' ? 'bad' : severity === 'unknown' ? 'unknown' : 'warn';
  return <State meaning={meaning}>{String(count)}</State>;
}

/** What was appended to the release, oldest first. */
export function EvidenceTable({ evidence }: { readonly evidence: Release['evidence'] }) {
  return (
    <Section id="evidence" title="Evidence">
      {evidence.length === 0 ? (
        <p>Nothing was appended.</p>
      ) : (
        <Table
          label="Evidence"
          head={['Of', 'Image', 'Says', 'Appended'].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        >
          {evidence.map(({ sequence, kind, image, told, at }) => (
            <tr key={sequence}>
              <th scope="row">{kind}</th>
              <td>
                {image === null ? 'the release' : <Digest digest={image} label={`the image of entry ${sequence}`} />}
              </td>
              <td>{told}</td>
              <td>
                <Moment at={at} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

import { Link } from '@tanstack/react-router';
import type { ResponseOf } from '../api/address.ts';
import { Fact, FactStrip } from '../ui/facts.tsx';
import { Table } from '../ui/table.tsx';
import styles from './recovery.module.css';

type Recovery = ResponseOf<'getRecovery'>;
type Finding = Recovery['findings'][number];

/** So many rows are shown; `dray recover` shows the rest. */
const shownMost = 20;

const words: Readonly<Record<Finding['kind'], string>> = {
  'unknown-deployment': 'written by a deployment that the ledger does not know',
  newer: 'bears a generation that the ledger never granted',
  differs: 'runs something else than the ledger says',
  'not-recorded': 'the ledger has nothing there',
  missing: 'the ledger has something there, the engine does not',
};

/** How far the ledger is behind, as far as it can be known. */
export function RecoveryLoss({ recovery }: { readonly recovery: Recovery }) {
  const { head, signed, findings, findingCount, unseen, unfinished } = recovery;
  const shown = findings.slice(0, shownMost);
  return (
    <>
      <FactStrip>
        <Fact name="The ledger ends with">entry {head.sequence}</Fact>
        <Fact name="Signed before">{signed === null ? 'nothing is known' : `${signed.size} entries`}</Fact>
        <Fact name="Found on engines">{countText(findingCount)}</Fact>
        <Fact name="Not seen">
          {unseen.length === 0
            ? 'everything was seen'
            : unseen.map(({ cluster, environment }) => `${environment} on ${cluster}`).join(', ')}
        </Fact>
        <Fact name="Ends with the recovery">
          {unfinished.length === 0
            ? 'no deployment'
            : unfinished.map(({ deployment }) => (
                <Link
                  key={deployment}
                  to="/deployments/$deployment"
                  params={{ deployment }}
                  className={styles.unfinished}
                >
                  {deployment}
                </Link>
              ))}
        </Fact>
      </FactStrip>
      {shown.length > 0 && (
        <Table
          label="What differs on the engines"
          head={['Where', 'What', 'Runs', 'Written by'].map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        >
          {shown.map((finding) => (
            <FindingRow key={keyOf(finding)} finding={finding} />
          ))}
        </Table>
      )}
      {findingCount > shown.length && (
        <p>
          {shown.length} of {findingCount} are shown; <code>dray recover</code> shows the rest.
        </p>
      )}
    </>
  );
}

function FindingRow({ finding }: { readonly finding: Finding }) {
  const { environment, cluster, service, component, kind, release, deployment } = finding;
  return (
    <tr>
      <th scope="row">
        {service}/{component}, {environment} on {cluster}
      </th>
      <td>{words[kind]}</td>
      <td>{release ?? 'not told'}</td>
      <td>{deployment === null ? 'not told' : <code>{deployment}</code>}</td>
    </tr>
  );
}

function countText(count: number): string {
  if (count === 0) return 'nothing that differs';
  return count === 1 ? '1 thing that differs' : `${count} things that differ`;
}

function keyOf({ cluster, environment, service, component, kind }: Finding): string {
  return `${kind} ${cluster} ${environment} ${service} ${component}`;
}

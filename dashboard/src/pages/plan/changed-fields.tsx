import { Link } from '@tanstack/react-router';
import type { StepView } from '../../../../wire/plan.ts';
import { Table } from '../../ui/table.tsx';
import { valueText } from './change-text.ts';
import styles from './plan.module.css';

/** What a step changes of a workload, and what Drayage notes about it. */
export function ChangedFields({ step }: { readonly step: StepView }) {
  const { change, notes, fromRelease, toRelease, spot } = step;
  const { service } = spot;
  return (
    <div className={styles.fields}>
      <p>
        {fromRelease !== null && <ReleaseLink service={service} version={fromRelease} />}
        {fromRelease !== null && toRelease !== fromRelease && ' → '}
        {toRelease === null && 'removed; its volumes stay'}
        {toRelease !== null && toRelease !== fromRelease && <ReleaseLink service={service} version={toRelease} />}
      </p>
      {change.kind === 'update' && change.fields.length > 0 && (
        <Table
          className={styles.table}
          label={`What changes of ${step.id}`}
          head={['Field', 'From', 'To'].map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        >
          {change.fields.map(({ field, from, to }) => (
            <tr key={field}>
              <th scope="row">{field}</th>
              <td>
                <code className={styles.value}>{valueText(from)}</code>
              </td>
              <td>
                <code className={styles.value}>{valueText(to)}</code>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {notes.length > 0 && (
        <ul className={styles.notes}>
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function ReleaseLink({ service, version }: { readonly service: string; readonly version: string }) {
  return (
    <Link to="/releases/$service/$version" params={{ service, version }}>
      {service} {version}
    </Link>
  );
}

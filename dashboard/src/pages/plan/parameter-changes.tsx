import { sourceText } from '../../../../core/parameter/resolve.ts';
import type { ParameterChange } from '../../../../wire/plan.ts';
import { Table } from '../../ui/table.tsx';
import styles from './parameter-changes.module.css';

interface Props {
  readonly changes: readonly ParameterChange[];
  /** Its heading's: one below that of what it stands in. */
  readonly level: 2 | 3;
}

/** What becomes of parameters: each with its value and where that comes from, before and after. */
export function ParameterChanges({ changes, level }: Props) {
  if (changes.length === 0) return null;
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <section className={styles.part} aria-labelledby="changed-parameters">
      <Heading id="changed-parameters">Parameters</Heading>
      <Table
        label="Changed parameters"
        className={styles.table}
        head={['Service', 'Parameter', 'From', 'To'].map((head) => (
          <th key={head} scope="col">
            {head}
          </th>
        ))}
      >
        {changes.map(({ service, parameter, from, to }) => (
          <tr key={`${service} ${parameter}`}>
            <td>{service}</td>
            <th scope="row">
              <code>{parameter}</code>
            </th>
            <td>
              <Sided value={from} />
            </td>
            <td>
              <Sided value={to} />
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

/** A value with its source, where it has one. */
function Sided({ value }: { readonly value: ParameterChange['from'] }) {
  if (value === null) return <span className={styles.source}>no value</span>;
  return (
    <>
      <code className={styles.value}>{value.value === '' ? '(empty)' : value.value}</code>{' '}
      <span className={styles.source}>{sourceText(value)}</span>
    </>
  );
}

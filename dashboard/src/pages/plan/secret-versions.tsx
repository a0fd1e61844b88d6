import type { EnvironmentView } from '../../../../wire/environment.ts';
import { Table } from '../../ui/table.tsx';
import styles from './parameter-changes.module.css';

interface Props {
  readonly label: string;
  readonly items: EnvironmentView['olderSecrets'];
}

/** Who has an older version of a secret than the newest. */
export function SecretVersions({ label, items }: Props) {
  return (
    <>
      <p className={styles.source}>
        A task has the secrets that it was made with. The next change that restarts it gives it the newest.
      </p>
      <Table
        label={label}
        className={styles.table}
        head={['Service', 'Secret', 'Has version', 'Newest'].map((head) => (
          <th key={head} scope="col">
            {head}
          </th>
        ))}
      >
        {items.map(({ service, secret, runs, newest }) => (
          <tr key={`${service} ${secret}`}>
            <td>{service}</td>
            <th scope="row">
              <code>{secret}</code>
            </th>
            <td>{runs}</td>
            <td>{newest}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}

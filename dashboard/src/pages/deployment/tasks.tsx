import type { TaskView } from '../../../../wire/deployment.ts';
import { State, type Meaning } from '../../ui/sign.tsx';
import { Table } from '../../ui/table.tsx';
import { Age } from '../../ui/time.tsx';
import styles from './deployment.module.css';

const meanings: Readonly<Record<TaskView['state'], Meaning>> = {
  waiting: 'quiet',
  starting: 'moving',
  running: 'good',
  finished: 'quiet',
  failed: 'bad',
  stopped: 'quiet',
};

/** The tasks of a step that is under way, as the last look showed them. */
export function Tasks({ step, tasks }: { readonly step: string; readonly tasks: readonly TaskView[] }) {
  return (
    <Table
      label={`Tasks of ${step}`}
      head={['Task', 'State', 'Of', 'Node', 'Since', 'The engine says'].map((head) => (
        <th key={head} scope="col">
          {head}
        </th>
      ))}
    >
      {tasks.map(({ name, node, state, wanted, current, message, changedAt }) => (
        <tr key={`${name} ${changedAt}`}>
          <th scope="row">{name}</th>
          <td>
            <State meaning={meanings[state]}>{wanted || state !== 'running' ? state : 'ending'}</State>
          </td>
          <td>{current ? 'this change' : 'before it'}</td>
          <td>{node ?? 'not placed'}</td>
          <td>
            <Age at={changedAt} />
          </td>
          <td className={styles.quiet}>{message}</td>
        </tr>
      ))}
    </Table>
  );
}

import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { LedgerSearch } from '../../search.ts';
import { Table } from '../../ui/table.tsx';
import tables from '../../ui/table.module.css';
import { Age } from '../../ui/time.tsx';
import type { Entry } from './entry-text.ts';
import styles from './ledger.module.css';
import { Sentence } from './sentence.tsx';

interface Props {
  readonly entries: readonly Entry[];
  /** What actors are called, by id. */
  readonly names: ReadonlyMap<string, string>;
  readonly search: LedgerSearch;
  readonly busy: boolean;
}

/** Entries, one a row, each told in a sentence. */
export function EntriesTable({ entries, names, search, busy }: Props) {
  return (
    <Table
      label="Entries"
      busy={busy}
      className={styles.entries}
      head={
        <>
          <th scope="col" className={`${styles.sequence} ${tables.number}`}>
            Entry
          </th>
          <th scope="col" className={styles.when}>
            When
          </th>
          <th scope="col">What happened</th>
          <th scope="col" className={styles.who}>
            Who
          </th>
        </>
      }
    >
      {entries.map((entry) => (
        <EntryRow key={entry.sequence} entry={entry} name={names.get(entry.actor) ?? entry.actor} search={search} />
      ))}
    </Table>
  );
}

interface EntryRowProps {
  readonly entry: Entry;
  readonly name: string;
  readonly search: LedgerSearch;
}

const EntryRow = memo(function EntryRow({ entry, name, search }: EntryRowProps) {
  const { sequence, time, actor } = entry;
  return (
    <tr>
      <th scope="row" className={tables.number}>
        <Link
          to="/ledger"
          search={{ ...search, entry: sequence }}
          resetScroll={false}
          preload={false}
          aria-label={`Entry ${sequence}`}
        >
          {sequence}
        </Link>
      </th>
      <td className={tables.nowrap}>
        <Age at={time} />
      </td>
      <td className={styles.what}>
        <Sentence entry={entry} />
      </td>
      <td className={styles.what} title={actor}>
        {name}
      </td>
    </tr>
  );
});

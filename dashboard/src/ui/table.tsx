import type { MouseEvent, ReactNode } from 'react';
import styles from './table.module.css';

interface Props {
  /** What the table holds: its accessible name. */
  readonly label: string;
  /** Heads of the columns, as `th` elements in a row. */
  readonly head: ReactNode;
  /** Its rows. */
  readonly children?: ReactNode;
  /** Instead of rows: groups of rows, each a `tbody`. */
  readonly bodies?: ReactNode;
  readonly className?: string | undefined;
  readonly busy?: boolean;
  /** Rows become cards where the window is narrow; `className` says which cell stands where. */
  readonly cards?: boolean;
  /** Hears the clicks on what is inside, such as plain links (ui/follow.ts). */
  readonly onClick?: (event: MouseEvent) => void;
}

/** A real table in a region of its own, which scrolls sideways where the window is narrow. */
export function Table(props: Props) {
  const { label, head, children, bodies, className = '', busy = false, cards = false, onClick } = props;
  const look = `${styles.table} ${cards ? styles.cards : ''} ${className}`;
  return (
    // What scrolls must be reachable by keyboard.
    <div className={styles.region} role="group" aria-label={label} tabIndex={0}>
      <table className={look} aria-label={label} aria-busy={busy} onClick={onClick}>
        <thead>
          <tr>{head}</tr>
        </thead>
        {bodies ?? <tbody>{children}</tbody>}
      </table>
    </div>
  );
}

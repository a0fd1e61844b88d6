import type { ReactNode } from 'react';
import styles from './panel.module.css';

/** Something that everybody on the page should read. */
export function Panel({
  meaning,
  children,
}: {
  readonly meaning: 'good' | 'moving' | 'warn' | 'bad' | 'unknown' | 'quiet';
  readonly children: ReactNode;
}) {
  return <div className={styles[meaning]}>{children}</div>;
}

/** A list with nothing in it: says what would stand here and how it comes. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <p className={styles.message}>{title}</p>
      {children}
    </div>
  );
}

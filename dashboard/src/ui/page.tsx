import { useEffect, type ReactNode } from 'react';
import { Button } from './button.tsx';
import styles from './page.module.css';

interface PageProps {
  /** Of the browser's window, before the product's name. */
  readonly title: string;
  /** What stands in the heading; the title when nothing is given. */
  readonly heading?: ReactNode;
  /** Marks and states beside the heading. */
  readonly beside?: ReactNode;
  /** Buttons of the whole page. */
  readonly acts?: ReactNode;
  readonly children: ReactNode;
}

/** A page with its heading, its window's title and its buttons. */
export function Page({ title, heading = title, beside, acts, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Drayage`;
  }, [title]);
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        <div className={styles.title}>
          <h1>{heading}</h1>
          {beside}
        </div>
        {acts !== undefined && <div className={styles.acts}>{acts}</div>}
      </div>
      {children}
    </div>
  );
}

/** A part of a page, under a heading. */
export function Section({
  id,
  title,
  children,
}: {
  readonly id: string;
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <section id={id} className={styles.section} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  );
}

interface MoreProps {
  readonly shown: number;
  /** How many there are; null when the server does not count them. */
  readonly total: number | null;
  /** Of what, in the plural. */
  readonly what: string;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly onMore: () => void;
}

/** The end of a list: how many of it are shown, and the way to the next. */
export function ShowMore({ shown, total, what, hasMore, isLoading, onMore }: MoreProps) {
  const count = total === null ? `${shown} ${what} shown` : `${shown} of ${total} ${what} shown`;
  return (
    <div className={styles.more}>
      <span>{hasMore || total !== null ? count : `${count}, that is all`}</span>
      {hasMore && (
        <Button onClick={onMore} busy={isLoading}>
          Show more
        </Button>
      )}
    </div>
  );
}

/** Stands where rows will stand, while they are on their way. */
export function Bones({ rows }: { readonly rows: number }) {
  return (
    <div className={styles.bones} aria-hidden="true">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={styles.bone} />
      ))}
    </div>
  );
}

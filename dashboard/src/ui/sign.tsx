import styles from './sign.module.css';

/** What a state means to somebody who looks: every colour of the dashboard has one of these meanings. */
export type Meaning = 'good' | 'moving' | 'warn' | 'bad' | 'unknown' | 'quiet';

const shapes: Readonly<Record<Meaning, string>> = {
  good: 'M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3Z',
  moving: 'M8 2.5a5.5 5.5 0 1 0 5.5 5.5h-2A3.5 3.5 0 1 1 8 4.5v-2Z',
  warn: 'M8 2.2 14.6 13.6H1.4L8 2.2Z',
  bad: 'M4 2.6 8 6.6l4-4L13.4 4l-4 4 4 4-1.4 1.4-4-4-4 4L2.6 12l4-4-4-4L4 2.6Z',
  unknown: 'M8 2.5 13.5 8 8 13.5 2.5 8 8 2.5Zm0 2.8L5.3 8 8 10.7 10.7 8 8 5.3Z',
  quiet: 'M4 7h8v2H4z',
};

/** A state as a sign: its shape says the same as its colour, and `label` says it to who sees neither. */
export function Sign({ meaning, label }: { readonly meaning: Meaning; readonly label: string }) {
  return (
    <svg className={styles[meaning]} viewBox="0 0 16 16" width="14" height="14" role="img" aria-label={label}>
      <path d={shapes[meaning]} fill="currentColor" fillRule="evenodd" />
    </svg>
  );
}

/** A sign with its word beside it. */
export function State({ meaning, children }: { readonly meaning: Meaning; readonly children: string }) {
  return (
    <span className={styles.state}>
      <svg className={styles[meaning]} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <path d={shapes[meaning]} fill="currentColor" fillRule="evenodd" />
      </svg>
      {children}
    </span>
  );
}

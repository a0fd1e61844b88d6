import { CopyButton } from './copy.tsx';
import styles from './code-block.module.css';

interface Props {
  /** What the text is: its accessible name. */
  readonly label: string;
  readonly text: string;
  readonly wrap?: boolean;
}

/** Text as it is, with a bounded height, that can be copied. */
export function CodeBlock({ label, text, wrap = false }: Props) {
  return (
    <div className={styles.holder}>
      {/* What scrolls must be reachable by keyboard. */}
      <pre
        className={wrap ? `${styles.code} ${styles.wrap}` : styles.code}
        tabIndex={0}
        role="group"
        aria-label={label}
      >
        {text}
      </pre>
      <span className={styles.copy}>
        <CopyButton text={text} label={`Copy ${label}`} />
      </span>
    </div>
  );
}

import { useId, type ReactNode } from 'react';
import styles from './button.module.css';

interface Props {
  readonly children: ReactNode;
  readonly onClick?: () => void;
  readonly kind?: 'plain' | 'main' | 'danger';
  readonly type?: 'button' | 'submit';
  /** Why it cannot be used now; it then stays where it is, can be reached by keyboard, and says this. */
  readonly refusal?: string | null;
  readonly busy?: boolean;
  /** Its accessible name, where its text says too little by itself; the text stands in it. */
  readonly label?: string;
}

/** A button. One that may not be used is not hidden: it says why. */
export function Button({
  children,
  onClick,
  kind = 'plain',
  type = 'button',
  refusal = null,
  busy = false,
  label,
}: Props) {
  const reason = useId();
  const isOff = refusal !== null || busy;
  return (
    <span className={styles.holder}>
      <button
        type={type}
        className={styles[kind]}
        aria-disabled={isOff}
        aria-busy={busy}
        aria-label={label}
        aria-describedby={refusal === null ? undefined : reason}
        onClick={(event) => {
          if (isOff) event.preventDefault();
          else onClick?.();
        }}
      >
        {children}
      </button>
      {refusal !== null && (
        <span id={reason} role="tooltip" className={styles.reason}>
          {refusal}
        </span>
      )}
    </span>
  );
}

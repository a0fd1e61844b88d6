import { ApiError } from '../api/client.ts';
import styles from './panel.module.css';

/** What went wrong, what to do next, and by which id the server's log knows it. */
export function Trouble({ error }: { readonly error: unknown }) {
  const problem = error instanceof ApiError ? error.problem : null;
  const message = error instanceof Error ? error.message : 'Something went wrong in this page.';
  return (
    <div role="alert" className={styles.bad}>
      <p className={styles.message}>{message}</p>
      {typeof problem?.next === 'string' && <p>{problem.next}</p>}
      {problem !== null && (
        <p className={styles.fine}>
          <code>{problem.code}</code> · request <code>{problem.requestId}</code>
        </p>
      )}
    </div>
  );
}

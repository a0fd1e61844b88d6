import type { CauseView } from '../../../../wire/deployment.ts';
import styles from './deployment.module.css';

/** Why something went wrong: a sentence, what to do, and the last lines of what the task said. */
export function CauseOf({ cause, label }: { readonly cause: CauseView; readonly label: string }) {
  const { summary, hint, task, node, exitCode, logs, logsErased } = cause;
  const facts = [
    ...(task === null ? [] : [`task ${task}`]),
    ...(node === null ? [] : [`on ${node}`]),
    ...(exitCode === null ? [] : [`exit code ${exitCode}`]),
  ];
  return (
    <section className={styles.cause} aria-label={label}>
      <p>{summary}</p>
      {hint !== null && <p>{hint}</p>}
      {logs !== null && logs.length > 0 && <LogLines lines={logs} />}
      {logs === null && task !== null && (
        <p className={styles.quiet}>
          {logsErased ? 'Its log lines were erased.' : 'No log lines of it could be read.'}
        </p>
      )}
      {facts.length > 0 && <p className={styles.fine}>{facts.join(' · ')}</p>}
    </section>
  );
}

function LogLines({ lines }: { readonly lines: NonNullable<CauseView['logs']> }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <pre className={styles.logs} role="group" aria-label="Last log lines" tabIndex={0}>
      {lines.map(({ stream, text }, index) => (
        <span key={index} className={stream === 'stderr' ? styles.stderr : undefined}>
          <span className={styles.stream}>{stream === 'stderr' ? 'err' : 'out'}</span> {text}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}

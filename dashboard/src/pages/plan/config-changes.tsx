import type { ConfigChange } from '../../../../wire/plan.ts';
import styles from './config-changes.module.css';

const marks = { same: ' ', removed: '-', added: '+' } as const;
const spoken = { removed: 'removed: ', added: 'added: ' } as const;

interface Props {
  readonly changes: readonly ConfigChange[];
  /** Its heading's: one below that of what it stands in. */
  readonly level: 2 | 3;
}

/** What of the contents of configs changes, line by line. */
export function ConfigChanges({ changes, level }: Props) {
  if (changes.length === 0) return null;
  const [Heading, Name] = level === 2 ? (['h2', 'h3'] as const) : (['h3', 'h4'] as const);
  return (
    <section className={styles.part} aria-labelledby="changed-configs">
      <Heading id="changed-configs">Configs</Heading>
      {changes.map((change) => (
        <ChangedConfig key={`${nameOf(change)} ${change.from} ${change.to}`} change={change} Name={Name} />
      ))}
    </section>
  );
}

function nameOf({ service, component, config }: ConfigChange): string {
  return component === service ? `${service}: ${config}` : `${service} / ${component}: ${config}`;
}

interface ChangedProps {
  readonly change: ConfigChange;
  readonly Name: 'h3' | 'h4';
}

function ChangedConfig({ change, Name }: ChangedProps) {
  const { from, to, diff } = change;
  const name = nameOf(change);
  return (
    <div className={styles.config}>
      <Name className={styles.name}>
        {name}
        {from === null && <span className={styles.quiet}> new</span>}
        {to === null && <span className={styles.quiet}> gone</span>}
      </Name>
      {diff.kind === 'binary' && <p className={styles.quiet}>It is no text; its content changes.</p>}
      {diff.kind === 'too-large' && <p className={styles.quiet}>Too large to compare; its content changes.</p>}
      {diff.kind === 'text' && <Lines name={name} diff={diff} />}
    </div>
  );
}

type TextDiff = Extract<ConfigChange['diff'], { readonly kind: 'text' }>;

function Lines({ name, diff }: { readonly name: string; readonly diff: TextDiff }) {
  return (
    // What scrolls must be reachable by keyboard.
    <div className={styles.lines} role="group" aria-label={`What changes in ${name}`} tabIndex={0}>
      {diff.hunks.map((hunk, at) => (
        <div key={at} className={styles.hunk}>
          {hunk.map(({ kind, text }, line) => (
            <div key={line} className={styles[kind]}>
              <span aria-hidden className={styles.mark}>
                {marks[kind]}
              </span>
              {kind !== 'same' && <span className={styles.spoken}>{spoken[kind]}</span>}
              {text === '' ? '\u00a0' : text}
            </div>
          ))}
        </div>
      ))}
      {diff.isCut && <p className={styles.quiet}>There is more than is shown.</p>}
    </div>
  );
}

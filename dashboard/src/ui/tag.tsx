import styles from './tag.module.css';

/** A word that marks something. */
export function Tag({ children }: { readonly children: string }) {
  return <span className={styles.tag}>{children}</span>;
}

/** Marks what no real engine runs. */
export function Simulated() {
  return (
    <span className={styles.simulated} title="No container runs: the cluster's engine is a simulation.">
      simulated
    </span>
  );
}

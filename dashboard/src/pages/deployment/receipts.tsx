import { Link } from '@tanstack/react-router';
import { CodeBlock } from '../../ui/code-block.tsx';
import { Digest } from '../../ui/copy.tsx';
import { Fact, Facts } from '../../ui/facts.tsx';
import { Section } from '../../ui/page.tsx';
import type { Deployment } from './progress.ts';
import { readProof } from './proof-text.ts';
import styles from './receipts.module.css';

type Receipt = Deployment['receipts']['accepted'];

/** What proves that this deployment is on the ledger: to be kept where nobody who runs the server reaches it. */
export function Receipts({ deployment: { id, receipts } }: { readonly deployment: Deployment }) {
  const { accepted, ended } = receipts;
  return (
    <Section id="receipts" title="Receipts">
      <p className={styles.fine}>
        A receipt proves that an entry is on the ledger. Whoever keeps one can tell, without believing this server,
        whether the ledger still holds that entry and everything before it.
      </p>
      <div className={styles.both}>
        <OneReceipt name="Accepted" file={`${id}.accepted.tlog-proof`} receipt={accepted} />
        {ended !== null && <OneReceipt name="Ended" file={`${id}.tlog-proof`} receipt={ended} />}
      </div>
      <CodeBlock label="the commands that fetch and verify a receipt" text={commandsFor(id)} />
    </Section>
  );
}

function commandsFor(id: string): string {
  const file = `${id}.tlog-proof`;
  const fetched = [`dray ledger receipt ${id} -o ${file}`];
  return [...fetched, `dray ledger verify --receipt ${file}`].join('\n');
}

interface OneProps {
  readonly name: string;
  /** What the file is called when it is saved. */
  readonly file: string;
  readonly receipt: Receipt;
}

function OneReceipt({ name, file, receipt: { sequence, hash, proof } }: OneProps) {
  const read = proof === null ? null : readProof(proof);
  return (
    <section className={styles.one} aria-label={`Receipt: ${name.toLowerCase()}`}>
      <h3>{name}</h3>
      <Facts>
        <Fact name="Entry">
          <Link to="/ledger" search={{ entry: sequence }}>
            {sequence}
          </Link>{' '}
          <Digest digest={hash} label={`the hash of entry ${sequence}`} />
        </Fact>
        {read !== null && (
          <>
            <Fact name="Checkpoint">
              over {read.size} entries <Digest digest={read.root} label={`the root over ${read.size} entries`} />
            </Fact>
            <Fact name="Signed by">
              <code className={styles.signer}>{read.origin}</code>
            </Fact>
          </>
        )}
      </Facts>
      {proof === null ? (
        <p className={styles.fine}>No signed checkpoint covers this entry yet.</p>
      ) : (
        <a href={`data:text/plain;charset=utf-8,${encodeURIComponent(proof)}`} download={file}>
          Save {file}
        </a>
      )}
    </section>
  );
}

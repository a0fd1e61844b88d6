import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { recoveryQuery } from '../api/queries.ts';
import { useSession } from '../api/session.ts';
import { Button } from '../ui/button.tsx';
import { CodeBlock } from '../ui/code-block.tsx';
import { Bones } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { RecoveryLoss } from './recovery-loss.tsx';
import styles from './recovery.module.css';

/** On every page while the ledger has to be recovered: why nothing may be changed, and what is to be done. */
export function RecoveryBanner() {
  const { readOnly } = useSession();
  const [isOpen, setOpen] = useState(false);
  if (readOnly === null) return null;
  return (
    <section className={styles.banner} aria-labelledby="recovery-title">
      <Panel meaning="bad">
        <div role="status">
          <h2 id="recovery-title">This ledger was restored from a backup: it is shown, and nothing can be changed</h2>
          <p>{readOnly.reason}</p>
        </div>
        <p>
          <strong>Next:</strong> {readOnly.next}
        </p>
        <div className={styles.command}>
          <CodeBlock label="the command of the recovery" text="dray recover" />
          <Button onClick={() => setOpen(!isOpen)}>{isOpen ? 'Hide what is lost' : 'Show what is lost'}</Button>
        </div>
        {isOpen && <Loss />}
      </Panel>
    </section>
  );
}

/** Asked for when somebody wants to see it: the server looks at every cluster for it. */
function Loss() {
  const { data, error } = useQuery(recoveryQuery);
  if (data === undefined) return error === null ? <Bones rows={4} /> : <Trouble error={error} />;
  return <RecoveryLoss recovery={data} />;
}

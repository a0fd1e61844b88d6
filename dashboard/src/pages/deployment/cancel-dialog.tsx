import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { deploymentQuery } from '../../api/queries.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogActs } from '../../ui/dialog.tsx';
import { Trouble } from '../../ui/trouble.tsx';
import styles from './deployment.module.css';

interface Props {
  readonly id: string;
  /** Why it cannot be cancelled, which may come to be while the dialog is open. */
  readonly refusal: string | null;
  readonly onClose: () => void;
}

/** Asks what is to become of what a deployment has changed, then cancels it. */
export function CancelDialog({ id, refusal, onClose }: Props) {
  const [leave, setLeave] = useState(false);
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: async () => await call('cancelDeployment', { params: { deployment: id }, body: { leave } }),
    onSuccess: async (answer) => {
      const { queryKey } = deploymentQuery(id);
      await queries.cancelQueries({ queryKey }); // an answer from before would undo this one
      queries.setQueryData(queryKey, answer);
      onClose();
    },
  });
  return (
    <Dialog title="Cancel this deployment" onClose={onClose}>
      <fieldset className={styles.choices}>
        <legend>What becomes of the steps that were carried out?</legend>
        <label>
          <input type="radio" name="leave" checked={!leave} onChange={() => setLeave(false)} />
          <span>
            <strong>Roll them back.</strong> What ran before is brought back and verified.
          </span>
        </label>
        <label>
          <input type="radio" name="leave" checked={leave} onChange={() => setLeave(true)} />
          <span>
            <strong>Leave them.</strong> The environment stays between its former and its new state.
          </span>
        </label>
      </fieldset>
      {cancel.isError && <Trouble error={cancel.error} />}
      <DialogActs>
        <Button onClick={onClose}>Go on deploying</Button>
        <Button kind="danger" refusal={refusal} busy={cancel.isPending} onClick={() => cancel.mutate()}>
          Cancel the deployment
        </Button>
      </DialogActs>
    </Dialog>
  );
}

import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { ResponseOf } from '../../api/address.ts';
import { ApiError, call } from '../../api/client.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogActs } from '../../ui/dialog.tsx';
import { Bones } from '../../ui/page.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Simulated } from '../../ui/tag.tsx';
import { Trouble } from '../../ui/trouble.tsx';
import { ConfigChanges } from '../plan/config-changes.tsx';
import { ParameterChanges } from '../plan/parameter-changes.tsx';
import { PlanWaves } from '../plan/plan-waves.tsx';
import styles from './rollback.module.css';

interface Props {
  readonly environment: string;
  /** Back to what a deployment left; null: to before the newest revision. */
  readonly to: string | null;
  readonly onClose: () => void;
}

type Plan = ResponseOf<'plan'>;

/** Rolls an environment back: the plan first, then the deed, which is refused if the plan is not the same any more. */
export function RollbackDialog({ environment, to, onClose }: Props) {
  const [idempotencyKey] = useState(newKey);
  const navigate = useNavigate();
  const wanted = { kind: 'rollback', environment, to } as const;
  const plan = useQuery({
    queryKey: ['rollback-plan', environment, to],
    queryFn: async ({ signal }) => await call('plan', { body: { wanted }, signal }),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const deed = useMutation({
    mutationFn: async (digest: string) =>
      await call('deploy', { body: { wanted, expectPlan: digest }, idempotencyKey: `${idempotencyKey}-${digest}` }),
    onSuccess: async (answer) => {
      onClose();
      if (answer.kind !== 'nothing-to-do')
        await navigate({ to: '/deployments/$deployment', params: { deployment: answer.deployment } });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.problem?.code === 'plan.changed') void plan.refetch();
    },
  });
  return (
    <Dialog title={`Roll ${environment} back`} onClose={onClose} wide>
      <p className={styles.target}>
        {to === null ? 'To what ran before the newest revision.' : `To what ran after deployment ${to}.`} Images,
        configs and parameters go back together; volumes stay as they are.
      </p>
      {plan.isError && <Trouble error={plan.error} />}
      {plan.isPending && <Bones rows={4} />}
      {plan.data !== undefined && <ShownPlan plan={plan.data} />}
      {deed.isError && <Trouble error={deed.error} />}
      <DialogActs>
        <Button onClick={onClose}>Keep what runs</Button>
        {plan.data !== undefined && (
          <RollBackButton plan={plan.data} busy={deed.isPending} onClick={(digest) => deed.mutate(digest)} />
        )}
      </DialogActs>
    </Dialog>
  );
}

function RollBackButton({
  plan,
  busy,
  onClick,
}: {
  readonly plan: Plan;
  readonly busy: boolean;
  readonly onClick: (digest: string) => void;
}) {
  const place = { environment: plan.environment, services: Object.keys(plan.changes) };
  const refusal = useRefusal('deploy', place);
  const nothing = plan.waves.length === 0 ? 'There is nothing to roll back: this is what runs.' : null;
  return (
    <Button kind="danger" refusal={refusal ?? nothing} busy={busy} onClick={() => onClick(plan.digest)}>
      Roll back
    </Button>
  );
}

function ShownPlan({ plan }: { readonly plan: Plan }) {
  if (plan.waves.length === 0) return <Panel meaning="moving">Nothing would change: this is what runs already.</Panel>;
  return (
    <div className={styles.plan}>
      {plan.simulated.length > 0 && (
        <p>
          <Simulated /> on {plan.simulated.join(', ')}
        </p>
      )}
      {plan.waitsFor.length > 0 && (
        <Panel meaning="warn">It would wait for {plan.waitsFor.join(', ')}, which change the same services.</Panel>
      )}
      {plan.warnings.map((warning) => (
        <Panel key={warning} meaning="warn">
          {warning}
        </Panel>
      ))}
      <ParameterChanges changes={plan.parameters} level={3} />
      <ConfigChanges changes={plan.configs} level={3} />
      <PlanWaves waves={plan.waves} />
    </div>
  );
}

/** One key for all attempts of one opened dialog: pressing twice deploys once. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { revisionsQuery } from '../../api/queries.ts';
import { useRefusal } from '../../api/session.ts';
import { readDeploymentSearch, type DeploymentAct } from '../../search.ts';
import { Button } from '../../ui/button.tsx';
import { RollbackDialog } from '../rollback/rollback-dialog.tsx';
import { CancelDialog } from './cancel-dialog.tsx';
import type { Deployment } from './progress.ts';

const route = getRouteApi('/shell/deployments/$deployment');

/** What can be done about a deployment; what cannot says why. The dialog that is open stands in the address. */
export function DeploymentActs({ deployment }: { readonly deployment: Deployment }) {
  const { act } = route.useSearch();
  const navigate = route.useNavigate();
  const { environment, services } = deployment;
  const refusal = useRefusal('deploy', { environment, services });
  const way = useWayBack(deployment);
  const open = (wanted: DeploymentAct | undefined) =>
    void navigate({
      search: (before) => readDeploymentSearch({ ...before, act: wanted }),
      replace: true,
      resetScroll: false,
    });
  const noCancel = refusal ?? whyNotCancel(deployment);
  return (
    <>
      <Button kind="danger" refusal={noCancel} onClick={() => open('cancel')}>
        Cancel
      </Button>
      <Button refusal={refusal ?? way.refusal} onClick={() => open('roll-back')}>
        {way.label}
      </Button>
      {act === 'cancel' && <CancelDialog id={deployment.id} refusal={noCancel} onClose={() => open(undefined)} />}
      {act === 'roll-back' && way.isKnown && (
        <RollbackDialog environment={environment} to={way.to} onClose={() => open(undefined)} />
      )}
    </>
  );
}

function whyNotCancel({ phase, reverting, cancelRequested }: Deployment): string | null {
  if (phase === 'ended') return 'It has ended.';
  if (cancelRequested) return 'It is being cancelled already.';
  return reverting ? 'It is rolling back already.' : null;
}

interface WayBack {
  readonly label: string;
  readonly to: string | null;
  readonly refusal: string | null;
  /** False until it is known whether its revision is the newest. */
  readonly isKnown: boolean;
}

/** The newest change is taken back; to what an older one left, one returns. */
function useWayBack({ id, environment, phase, outcome }: Deployment): WayBack {
  const hasEnded = phase === 'ended';
  const revisions = useInfiniteQuery({ ...revisionsQuery(environment), enabled: hasEnded });
  const known = revisions.data?.pages.flatMap((page) => page.items) ?? [];
  const isKnown = revisions.data !== undefined;
  const place = known.findIndex(({ deployment }) => deployment === id);
  const label = place > 0 ? 'Roll back to this' : 'Roll back to before this';
  if (!hasEnded) {
    const refusal = 'It has not ended yet; cancel it to take its changes back.';
    return { label, to: id, refusal, isKnown: false };
  }
  if (place === 0) {
    const refusal = known.length === 1 ? 'It made the first revision: there is none before it.' : null;
    return { label, to: null, refusal, isKnown };
  }
  const isOlder = place > 0 || (outcome === 'succeeded' && revisions.hasNextPage);
  const refusal = isOlder || !isKnown ? null : 'It changed nothing of what the environment is to run.';
  return { label: isOlder ? 'Roll back to this' : label, to: id, refusal, isKnown };
}

import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { RevisionView } from '../../../../wire/environment.ts';
import { revisionsQuery } from '../../api/queries.ts';
import { Button } from '../../ui/button.tsx';
import { Bones, ShowMore } from '../../ui/page.tsx';
import { Empty } from '../../ui/panel.tsx';
import { Age } from '../../ui/time.tsx';
import { Trouble } from '../../ui/trouble.tsx';
import styles from './environment.module.css';
import { differencesOf } from './services.ts';

/** The most differences of one revision that are shown; the deployment's page has them all. */
const differencesMost = 12;

interface Props {
  readonly environment: string;
  readonly refusal: string | null;
  readonly onRollBack: (deployment: string) => void;
}

/** What each revision of the environment's spec changed, newest first. */
export function History({ environment, refusal, onRollBack }: Props) {
  const query = useInfiniteQuery(revisionsQuery(environment));
  if (query.data === undefined) return query.isError ? <Trouble error={query.error} /> : <Bones rows={4} />;
  const revisions = query.data.pages.flatMap((page) => page.items);
  if (revisions.length === 0) return <Empty title="Its spec has no revision yet: the first deployment makes one." />;
  return (
    <>
      <ol className={styles.history}>
        {revisions.map((each, index) => (
          <Revision
            key={each.revision}
            revision={each}
            refusal={index === 0 ? 'This is how it is to be now.' : refusal}
            onRollBack={onRollBack}
          />
        ))}
      </ol>
      <ShowMore
        shown={revisions.length}
        total={null}
        what="revisions"
        hasMore={query.hasNextPage}
        isLoading={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </>
  );
}

interface RevisionProps {
  readonly revision: RevisionView;
  readonly refusal: string | null;
  readonly onRollBack: (deployment: string) => void;
}

function Revision({
  revision: { revision, changes, deployment, actorName, time },
  refusal,
  onRollBack,
}: RevisionProps) {
  const differences = Object.entries(changes).flatMap(([service, change]) => differencesOf(service, change));
  const more = differences.length - differencesMost;
  return (
    <li className={styles.revision}>
      <span className={styles.number}>r{revision}</span>
      <div>
        <ul className={styles.changes}>
          {differences.slice(0, differencesMost).map(({ service, from, to }) => (
            <li key={service}>
              {service} <ChangeWords from={from} to={to} />
            </li>
          ))}
          {more > 0 && <li>and {more} more</li>}
          {differences.length === 0 && <li>as it was</li>}
        </ul>
        <p className={styles.by}>
          {actorName}, <Age at={time} /> ·{' '}
          <Link to="/deployments/$deployment" params={{ deployment }}>
            {deployment}
          </Link>
        </p>
      </div>
      <Button refusal={refusal} onClick={() => onRollBack(deployment)} label={`Roll back to r${revision}`}>
        Roll back
      </Button>
    </li>
  );
}

function ChangeWords({ from, to }: { readonly from: string | null; readonly to: string | null }) {
  if (from === null) return <>{to} (new)</>;
  if (to === null) return <>{from} (removed)</>;
  return (
    <>
      {from} → {to}
    </>
  );
}

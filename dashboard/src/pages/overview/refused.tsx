import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { refusalsQuery } from '../../api/queries.ts';
import { Panel } from '../../ui/panel.tsx';

/** Says that something runs which its environment would refuse now; nothing while there is none. */
export function RefusedNotice() {
  const { data } = useQuery(refusalsQuery);
  if (data === undefined || data.items.length + data.unreadable.length === 0) return null;
  const environments = [...new Set(data.items.map(({ environment }) => environment))];
  const what =
    data.items.length === 1
      ? 'A release runs that its environment'
      : `${data.items.length} releases run that their environments`;
  return (
    <Panel meaning="warn">
      <p>
        {data.items.length > 0 && (
          <>
            {what} would refuse now: {environments.slice(0, 5).join(', ')}
            {environments.length > 5 && ` and ${environments.length - 5} more`}.{' '}
          </>
        )}
        {data.unreadable.length > 0 && `${data.unreadable.length} that run could not be read. `}
        <Link to="/findings">Which, and why</Link>
      </p>
    </Panel>
  );
}

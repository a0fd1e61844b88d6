import type { ReactNode } from 'react';
import { Panel } from './panel.tsx';
import { Ago } from './time.tsx';

interface Props {
  /** Of a query: why the last attempt to bring it up to date failed; null when it did not. */
  readonly error: unknown;
  /** Of a query: when what it holds was told, in ms since 1970; 0 when it holds nothing. */
  readonly dataUpdatedAt: number;
}

/** Says so when what the page shows could not be brought up to date. */
export function Stale({ error, dataUpdatedAt }: Props): ReactNode {
  if (error === null || dataUpdatedAt === 0) return null;
  return (
    <Panel meaning="unknown">
      <p role="status">
        <strong>
          This was told <Ago at={dataUpdatedAt} />.
        </strong>{' '}
        {error instanceof Error ? error.message : 'it could not be brought up to date.'} The page keeps asking.
      </p>
    </Panel>
  );
}

import {
  memo,
  useCallback,
  useDeferredValue,
  useEffect,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
} from 'react';
import { useFollow } from '../../ui/follow.ts';
import { Sign } from '../../ui/sign.tsx';
import { Simulated } from '../../ui/tag.tsx';
import { Ago } from '../../ui/time.tsx';
import { OverviewCell } from './cell.tsx';
import { moveInGrid, type GridPlace } from './grid-move.ts';
import type { EnvironmentHead, Matrix, Row } from './matrix.ts';
import styles from './overview.module.css';

/** The least size of a cell and of the service's name, in CSS pixels, as in the style sheet. */
const size = { row: 56, column: 132, service: 128, above: 260 };

/** What of the grid a window can show: rendered before the first paint, and the rest at once after it. */
const rowsAtFirst = Math.ceil(Math.max(0, window.innerHeight - size.above) / size.row) + 1;
const columnsAtFirst = Math.ceil(Math.max(0, window.innerWidth - size.service) / size.column) + 1;

/**
 * Services by environments, as a grid (WAI-ARIA Authoring Practices): one stop of the Tab key, then arrow keys, Home, End
 * and the page keys. The roles are spelled out because rows are laid out by CSS grid, which takes a table's own away.
 */
export function OverviewGrid({
  matrix,
  total,
  busy,
}: {
  readonly matrix: Matrix;
  readonly total: number;
  readonly busy: boolean;
}) {
  const { environments } = matrix;
  const rows = useDeferredValue(matrix.rows, matrix.rows.slice(0, rowsAtFirst));
  const columnsShown = useDeferredValue(Infinity, columnsAtFirst);
  const { current, onKeyDown, onFocus, grid } = useRoving({ row: rows.length, column: environments.length });
  const onClick = useFollow();
  useEffect(() => {
    performance.mark('first-rows'); // seen in a browser's profile, and measured by tests
  }, []);
  const columns = { '--columns': environments.length } as CSSProperties;
  return (
    // What scrolls must be reachable by keyboard.
    <div className={styles.region} role="group" aria-label="Services by environment" tabIndex={0}>
      <table
        ref={grid}
        role="grid"
        className={styles.grid}
        style={columns}
        aria-label="Services by environment"
        aria-rowcount={total + 1}
        aria-colcount={environments.length + 1}
        aria-readonly="true"
        aria-busy={busy}
        onKeyDown={onKeyDown}
        onFocus={onFocus}
        onClick={onClick}
      >
        <thead role="rowgroup" className={styles.heads}>
          <tr role="row" aria-rowindex={1} className={styles.headRow}>
            <th role="columnheader" scope="col" className={styles.corner}>
              Service
            </th>
            {environments.map((each, index) => (
              <Head
                key={each.name}
                environment={each}
                at={`0:${index + 1}`}
                isCurrent={current.row === 0 && current.column === index + 1}
              />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row, index) => (
            <GridRow
              key={row.service}
              row={row}
              index={index + 1}
              names={environments}
              shown={columnsShown}
              column={current.row === index + 1 ? current.column : null}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface GridRowProps {
  readonly row: Row;
  readonly index: number;
  readonly names: readonly { readonly name: string }[];
  /** How many cells are rendered. */
  readonly shown: number;
  /** The column that the Tab key leads to; null when it is in another row. */
  readonly column: number | null;
}

const GridRow = memo(
  function GridRow({ row, index, names, shown, column }: GridRowProps) {
    return (
      <tr role="row" aria-rowindex={index + 1} className={styles.row}>
        <th role="rowheader" scope="row" className={styles.service}>
          <a
            href={`/releases?service=${encodeURIComponent(row.service)}`}
            data-at={`${index}:0`}
            tabIndex={column === 0 ? 0 : -1}
            title={row.service}
          >
            {row.service}
          </a>
        </th>
        {row.cells.slice(0, shown).map((cell, position) => (
          <OverviewCell
            key={names[position]?.name ?? position}
            service={row.service}
            environment={names[position]?.name ?? ''}
            cell={cell}
            at={`${index}:${position + 1}`}
            isCurrent={column === position + 1}
          />
        ))}
      </tr>
    );
  },
  (before, after) =>
    before.row === after.row &&
    before.index === after.index &&
    before.shown === after.shown &&
    before.column === after.column &&
    (before.names === after.names || sameNames(before.names, after.names)),
);

/** The heads change with every look; the rows only need their names. */
function sameNames(one: GridRowProps['names'], other: GridRowProps['names']): boolean {
  return one.length === other.length && one.every(({ name }, index) => name === other[index]?.name);
}

interface HeadProps {
  readonly environment: EnvironmentHead;
  readonly at: string;
  readonly isCurrent: boolean;
}

const Head = memo(function Head({ environment, at, isCurrent }: HeadProps) {
  const { name, simulated, observedAt, trouble, unfinished } = environment;
  return (
    <th role="columnheader" scope="col" className={styles.head}>
      <a href={`/environments/${encodeURIComponent(name)}`} data-at={at} tabIndex={isCurrent ? 0 : -1} title={name}>
        {name}
      </a>
      <span className={styles.second}>
        {simulated && <Simulated />}
        {unfinished > 0 && `${unfinished} moving`}
      </span>
      <span className={styles.second} title={trouble ?? undefined}>
        {trouble !== null && <Sign meaning="unknown" label="trouble" />}
        {observedAt === null ? (
          'not seen yet'
        ) : (
          <span>
            seen <Ago at={observedAt} />
          </span>
        )}
      </span>
    </th>
  );
});

/** One place of the grid takes part in the order of the Tab key; keys and clicks choose which. */
function useRoving(last: GridPlace) {
  const grid = useRef<HTMLTableElement>(null);
  const [chosen, setChosen] = useState<GridPlace>({ row: 1, column: 1 });
  const current = { row: Math.min(chosen.row, last.row), column: Math.min(chosen.column, last.column) };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey || event.shiftKey) return;
    const from = placeOf(event.target);
    const to = from === null ? null : moveInGrid(from, event.key, event.ctrlKey, last);
    if (to === null) return;
    event.preventDefault();
    setChosen(to);
    grid.current?.querySelector<HTMLElement>(`[data-at="${to.row}:${to.column}"]`)?.focus();
  };
  const onFocus = useCallback((event: { readonly target: EventTarget }) => {
    const place = placeOf(event.target);
    if (place !== null) setChosen(place);
  }, []);
  return { current, onKeyDown, onFocus, grid };
}

function placeOf(target: EventTarget): GridPlace | null {
  const at = target instanceof HTMLElement ? target.dataset['at'] : undefined;
  const [row, column] = (at ?? '').split(':').map(Number);
  return row === undefined || column === undefined ? null : { row, column };
}

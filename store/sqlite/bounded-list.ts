import assert from 'node:assert/strict';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { integer, type Row } from './rows.ts';

/** Rows that one statement looks at while the filter lets few of them through, and rows that one page does. */
const windowRows = 500;
const pageRows = 20_000;

export type ListFilter<Member extends string> = { readonly [M in Member]?: string };

/** Where a list can be read newest first without sorting: a table or an index of it. */
export interface ListSource<Member extends string> {
  /** `TABLE WHERE CONDITION`; a member of the filter is the parameter of its name. */
  readonly from: string;
  readonly fits: (filter: ListFilter<Member>) => boolean;
  /** The members that the condition answers whole. */
  readonly answers: readonly Member[];
}

export interface ListDefinition<Member extends string> {
  readonly columns: string;
  readonly members: readonly Member[];
  /** The first that fits is read; the last fits always. */
  readonly sources: readonly ListSource<Member>[];
  /** What the filter asks beyond its source, as `AND ...`; the parameter of a member that is not given is null. */
  readonly rest: string;
}

export interface Found {
  readonly rows: readonly Row[];
  /** The rest of the list lies below this sequence; null when nothing does. */
  readonly next: number | null;
}

/** Lets others have the thread for a moment; throws when the reading is not to go on. */
export type Pause = () => Promise<void>;

/**
 * Makes a list that is read newest first, below a sequence. What one source answers is read from its index alone; a
 * filter that asks more looks through at most 20,000 rows of it a page, 500 between one pause and the next.
 */
export function createList<Member extends string>(database: DatabaseSync, definition: ListDefinition<Member>) {
  const sources = definition.sources.map((source) => ({ ...source, ...prepareSource(database, definition, source) }));
  return async (filter: ListFilter<Member>, below: number, limit: number, pause: Pause): Promise<Found> => {
    const source = sources.find((each) => each.fits(filter));
    assert(source !== undefined, 'the last source of a list fits every filter');
    const values = Object.fromEntries(definition.members.map((member) => [member, filter[member] ?? null]));
    const isNarrowed = definition.members.some((member) => values[member] !== null && !source.answers.includes(member));
    const rows: Row[] = [];
    let from = below;
    for (let looked = 0; looked < pageRows; looked += windowRows) {
      if (looked > 0) await pause();
      const floor = isNarrowed ? floorBelow(source.rowAfterWindow, { ...values, below: from }) : 0;
      rows.push(...source.rows.all({ ...values, below: from, floor, limit: limit + 1 - rows.length }));
      if (rows.length > limit) return { rows: rows.slice(0, limit), next: integer(rows[limit - 1], 'sequence') };
      if (floor === 0) return { rows, next: null };
      from = floor;
    }
    return { rows, next: from };
  };
}

/** The sequence down to which a window reaches; 0 when it takes all that there is. */
function floorBelow(rowAfterWindow: StatementSync, values: Record<string, string | number | null>): number {
  const row = rowAfterWindow.get(values);
  return row === undefined ? 0 : integer(row, 'sequence') + 1;
}

function prepareSource<Member extends string>(
  database: DatabaseSync,
  { columns, rest }: ListDefinition<Member>,
  { from }: ListSource<Member>,
) {
  const rows = database.prepare(`SELECT ${columns} FROM ${from} AND sequence < $below AND sequence >= $floor ${rest}
    ORDER BY sequence DESC LIMIT $limit`);
  const rowAfterWindow = database.prepare(`SELECT sequence FROM ${from} AND sequence < $below
    ORDER BY sequence DESC LIMIT 1 OFFSET ${windowRows}`);
  for (const statement of [rows, rowAfterWindow]) statement.setAllowUnknownNamedParameters(true);
  return { rows, rowAfterWindow };
}

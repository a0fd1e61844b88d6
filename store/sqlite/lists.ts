import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import type {
  DeploymentFilter,
  DeploymentRow,
  EntriesBefore,
  EntryFilter,
  Page,
  PageRequest,
  ReleaseFilter,
  ReleaseRow,
} from '../../port/store.ts';
import { checkLimit, decodeCursor, encodeCursor } from '../cursor.ts';
import { createList, type Found, type ListDefinition, type Pause } from './bounded-list.ts';
import { entriesOf, entryColumns } from './streams.ts';
import { readDeployment, readEntry, readRelease, type Row } from './rows.ts';

const entriesPageMost = 1_000;
const searchLengthMost = 200;

/** The lists that can be filtered; limits as in the port. */
export function createLists(database: DatabaseSync) {
  const releases = createList(database, releaseList);
  const deployments = createList(database, deploymentList);
  const entries = createList(database, entryList);
  return {
    async releases(filter: ReleaseFilter, page: PageRequest, pause: Pause): Promise<Page<ReleaseRow>> {
      checkSearch(filter.search);
      checkLimit(page.limit);
      return toPage(await releases(filter, decodeCursor(page.cursor), page.limit, pause), readRelease);
    },
    async deployments(filter: DeploymentFilter, page: PageRequest, pause: Pause): Promise<Page<DeploymentRow>> {
      checkSearch(filter.search);
      checkLimit(page.limit);
      return toPage(await deployments(filter, decodeCursor(page.cursor), page.limit, pause), readDeployment);
    },
    async entriesBefore(
      before: number | null,
      limit: number,
      filter: EntryFilter,
      pause: Pause,
    ): Promise<EntriesBefore> {
      checkBefore(before);
      checkLimit(limit, entriesPageMost);
      const { rows, next } = await entries(filter, before ?? Number.MAX_SAFE_INTEGER, limit, pause);
      return { entries: rows.map(readEntry), next };
    },
  };
}

/** The column holds the text that is searched for, upper and lower case of ASCII letters being the same. */
function contains(column: string): string {
  return `instr(lower(${column}), lower($search)) > 0`;
}

/**
 * The text of a JSON array can hold a string that contains what is searched for. Says no to nearly all that do not, and
 * twenty times faster than a look at each of some hundred strings.
 */
function mayHold(column: string): string {
  return `instr(lower(${column}), lower(trim(json_quote($search), '"'))) > 0`;
}

const releaseList: ListDefinition<'service' | 'search'> = {
  columns: '*',
  members: ['service', 'search'],
  sources: [
    {
      from: 'release WHERE service = $service',
      fits: ({ service }) => service !== undefined,
      answers: ['service'],
    },
    { from: 'release WHERE true', fits: () => true, answers: [] },
  ],
  rest: `AND ($search IS NULL OR ${contains('service')} OR ${contains('version')})`,
};

/**
 * `+` keeps SQLite from another index than the source's, CROSS JOIN from reading the tables in another order, and columns
 * without a table's name let `sequence` be that of the source, so that nothing is sorted.
 */
const deploymentList: ListDefinition<'environment' | 'service' | 'phase' | 'outcome' | 'search'> = {
  columns: 'sequence, id, environment, plan, services, reason, phase, outcome, actor, accepted_at, ended_at',
  members: ['environment', 'service', 'phase', 'outcome', 'search'],
  sources: [
    {
      from: 'deployment_service CROSS JOIN deployment USING (sequence) WHERE service = $service',
      fits: ({ service }) => service !== undefined,
      answers: ['service'],
    },
    {
      from: `deployment WHERE phase <> 'ended'`,
      fits: ({ phase }) => phase !== undefined && phase !== 'ended',
      answers: [],
    },
    {
      from: 'deployment WHERE environment = $environment AND outcome = $outcome',
      fits: ({ environment, outcome }) => environment !== undefined && outcome !== undefined,
      answers: ['environment', 'outcome'],
    },
    {
      from: 'deployment WHERE environment = $environment',
      fits: ({ environment }) => environment !== undefined,
      answers: ['environment'],
    },
    {
      from: 'deployment WHERE outcome = $outcome',
      fits: ({ outcome }) => outcome !== undefined,
      answers: ['outcome'],
    },
    { from: 'deployment WHERE true', fits: () => true, answers: [] },
  ],
  rest: `AND ($environment IS NULL OR +environment = $environment)
    AND ($phase IS NULL OR +phase = $phase)
    AND ($outcome IS NULL OR +outcome = $outcome)
    AND ($search IS NULL OR ${contains('id')} OR ${contains('reason')} OR (${mayHold('services')}
      AND EXISTS (SELECT 1 FROM json_each(services) WHERE ${contains('value')})))`,
};

const entryList: ListDefinition<'stream' | 'kind' | 'actor'> = {
  columns: entryColumns,
  members: ['stream', 'kind', 'actor'],
  sources: [
    { from: entriesOf('$stream'), fits: ({ stream }) => stream !== undefined, answers: ['stream'] },
    { from: 'entry WHERE true', fits: () => true, answers: [] },
  ],
  rest: 'AND ($kind IS NULL OR kind = $kind) AND ($actor IS NULL OR actor = $actor)',
};

function toPage<T>({ rows, next }: Found, read: (row: Row) => T): Page<T> {
  return { items: rows.map(read), next: next === null ? null : encodeCursor(next) };
}

function checkSearch(search: string | undefined): void {
  if (search === undefined || search.length <= searchLengthMost) return;
  throw new Fault('request.invalid', `The text to search for is longer than ${searchLengthMost} characters.`, {
    facts: { most: searchLengthMost },
  });
}

function checkBefore(before: number | null): void {
  if (before === null || (Number.isSafeInteger(before) && before >= 1)) return;
  throw new Fault('request.invalid', `${before} is not a sequence of the ledger.`);
}

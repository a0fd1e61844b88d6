import { parseArgs } from 'node:util';
import { rowNames, type RowName } from './row.ts';
import { pairsLeast } from './words.ts';

/** The pairs of a short run. */
const shortPairs = 2;
const pairsMost = 1_000;

/** What the command line asks for. */
export interface Options {
  readonly rows: readonly RowName[];
  readonly pairs: number;
  readonly isShort: boolean;
  readonly json: boolean;
  /** The command itself, for the report. */
  readonly command: string;
}

export const usage = `usage: bin/bench [--rows NAME...] [--pairs N] [--short] [--json]

Compares Drayage with baseline programs that do the same work, in pairs on this machine, and writes every pair, the
verdicts and a picture to docs/bench/. Only the rows that were run are replaced there.

Rows that need nothing:
  accept       deployments accepted in a second over 64 connections; a bare server with group commit
  accept-each  the same; a bare server with one synchronous INSERT in each request
  append       entries appended to the ledger in batches of 256; the same bytes raw
  verify       the audit of 1,000,000 entries; the same rows read and hashed once
  plan         the plan of 600 services on 10 clusters; the same bytes parsed and hashed once
  events       p99 of an event on its way to 1,000 readers; a bare broadcaster
  start        the start with 3,000,000 entries; the start with none
Rows in Chromium (bin/setup --browser is run for them):
  paint        the first paint of the overview; that of a page of one word
Rows on a private Docker Engine (Linux, root; bin/setup --engine is run for them):
  submit       a deployment until 20 services are created; docker stack deploy of the same
  healthy      the same until 20 of 20 are healthy (measured together with submit)
  no-op        20 services deployed once more; docker stack deploy of the same
  rollback     bad health until 20 former versions are written; docker stack deploy of the former file

  --rows NAME...  only these
  --pairs N       pairs of each row (default ${pairsLeast}); fewer than ${pairsLeast} tell the direction only, and no report is written
  --short         ${shortPairs} pairs of small sizes without the rows on an engine, unless named: direction only
  --json          the results as JSON on standard output, progress on standard error
  --help          this

All of it takes about an hour; whatever else the machine does meanwhile spoils it, so let it do nothing else. Before each
measurement it waits, up to 4 s, until the processors are quiet. Where one measurement is too short to be steady, a figure
is the median of several, which the sides make in turns. A row whose baseline varies by more than 30 % even so gets no
verdict: run it again (bin/bench --rows NAME).
Ends with 0 when every row passed, with 1 when one missed its limit or did its work wrongly, with 2 when it was called
wrongly, with 3 when nothing was missed but a row has no verdict or could not be run. With --short: 0, unless a row did
its work wrongly (1) or could not be run (3).

examples: bin/bench
          bin/bench --rows plan verify
          bin/bench --short --rows accept`;

const onEngine: ReadonlySet<RowName> = new Set(['submit', 'healthy', 'no-op', 'rollback']);

/** Reads the arguments; `problem` says in one sentence what is wrong with them. */
export function readOptions(args: readonly string[]): Options | 'help' | { readonly problem: string } {
  try {
    return parse(args);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function parse(args: readonly string[]): Options | 'help' | { readonly problem: string } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rows: { type: 'string', multiple: true, default: [] },
      pairs: { type: 'string' },
      short: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  if (positionals.length > 0 && values.rows.length === 0)
    return { problem: `what is ${positionals.join(' ')}? Rows are named with --rows` };
  const named = [...values.rows, ...positionals].flatMap((text) => text.split(','));
  const unknown = named.filter((name) => !rowNames.some((row) => row === name));
  if (unknown.length > 0) return { problem: `there is no row ${unknown.join(', ')}; there are ${rowNames.join(', ')}` };
  const pairs = Number(values.pairs ?? (values.short ? shortPairs : pairsLeast));
  if (!Number.isSafeInteger(pairs) || pairs < 1 || pairs > pairsMost)
    return { problem: `--pairs ${values.pairs ?? ''} is no number from 1 to ${pairsMost}` };
  const isAsked = (row: RowName) => (named.length > 0 ? named.includes(row) : !(values.short && onEngine.has(row)));
  return {
    rows: rowNames.filter(isAsked),
    pairs,
    isShort: values.short,
    json: values.json,
    command: ['bin/bench', ...args].join(' '),
  };
}

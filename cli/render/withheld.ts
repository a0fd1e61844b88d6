import type { WithheldSecret } from '../../wire/plan.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';

const why =
  'An engine gives a task its secrets when it makes it: tasks that run keep the older version, and take the newest with the next change that restarts them.';

/** Newer versions of secrets that services are not given, and what becomes of them. */
export function renderWithheld(withheld: readonly WithheldSecret[], style: Style): string {
  const rows = withheld.map(({ service, secret, runs, newest, because }) => [
    { text: service, paint: style.bold },
    secret,
    `keeps ${runs}`,
    `newest ${newest}`,
    { text: because === 'asked' ? 'by --restart never' : 'as its definition says', paint: style.dim },
  ]);
  return [style.bold('Withheld secrets'), renderTable([], rows, style, { indent: '  ' }), `  ${style.dim(why)}`].join(
    '\n',
  );
}

import type { OverviewView } from '../../../../wire/overview.ts';

export type Row = OverviewView['services'][number];
export type Cell = Row['cells'][number];
export type EnvironmentHead = OverviewView['environments'][number];

/** The pages of the overview as one table. */
export interface Matrix {
  readonly environments: readonly EnvironmentHead[];
  readonly rows: readonly Row[];
}

const absent: Cell = { now: null, moving: null };

/**
 * Puts the pages of an overview together. They were told at different moments: should the environments have changed
 * between, the first page's names count. A service that moved from one page to the next stands there once. Rows that
 * are as they were keep their identity, so that they need not be rendered again.
 */
export function matrixOf(pages: readonly OverviewView[]): Matrix {
  const environments = pages[0]?.environments ?? [];
  const seen = new Set<string>();
  const rows = pages.flatMap((page) =>
    aligned(page, environments).filter(({ service }) => !seen.has(service) && seen.add(service)),
  );
  return { environments, rows };
}

function aligned(page: OverviewView, environments: readonly EnvironmentHead[]): readonly Row[] {
  const isSame =
    page.environments.length === environments.length &&
    page.environments.every((each, index) => each.name === environments[index]?.name);
  if (isSame) return page.services;
  const columns = environments.map(({ name }) => page.environments.findIndex((each) => each.name === name));
  return page.services.map((row) => ({ ...row, cells: columns.map((column) => row.cells[column] ?? absent) }));
}

/** A place in a grid; row 0 holds the heads of the columns, column 0 those of the rows. */
export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

/** How many rows a page key goes. */
const pageRows = 10;

/**
 * Where a key leads from a place, by the keyboard pattern of a grid (WAI-ARIA Authoring Practices, "Grid"); null when
 * the key means nothing there. `last` is the last place of the grid; the corner (0, 0) holds nothing and is no place to be.
 */
export function moveInGrid(from: GridPlace, key: string, withControl: boolean, last: GridPlace): GridPlace | null {
  const to = target(from, key, withControl, last);
  if (to === null) return null;
  const row = Math.min(Math.max(to.row, 0), last.row);
  const column = Math.min(Math.max(to.column, 0), last.column);
  const isCorner = row === 0 && column === 0;
  return isCorner || (row === from.row && column === from.column) ? null : { row, column };
}

function target({ row, column }: GridPlace, key: string, withControl: boolean, last: GridPlace): GridPlace | null {
  switch (key) {
    case 'ArrowUp':
      return { row: row - 1, column };
    case 'ArrowDown':
      return { row: row + 1, column };
    case 'ArrowLeft':
      return { row, column: column - 1 };
    case 'ArrowRight':
      return { row, column: column + 1 };
    case 'PageUp':
      return { row: Math.max(1, row - pageRows), column };
    case 'PageDown':
      return { row: row + pageRows, column };
    case 'Home':
      return withControl ? { row: 1, column: 0 } : { row, column: row === 0 ? 1 : 0 };
    case 'End':
      return withControl ? last : { row, column: last.column };
    default:
      return null;
  }
}

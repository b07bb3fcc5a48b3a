/** A connected set of marked cells of a grid. */
export interface Region {
  readonly cells: number;
  /** x, y, width, height in cells. */
  readonly box: readonly [number, number, number, number];
}

/** Connected regions (by edges) of at least `minCells` marked cells, the largest first. */
export function regionsOf(marked: Uint8Array, columns: number, rows: number, minCells: number): Region[] {
  const left = marked.slice();
  const stack: number[] = [];
  const regions: Region[] = [];
  const visit = (cell: number) => {
    if (left[cell] !== 1) return;
    left[cell] = 0;
    stack.push(cell);
  };
  for (let start = 0; start < columns * rows; start++) {
    if (left[start] !== 1) continue;
    let cells = 0;
    let [x0, y0, x1, y1] = [columns, rows, -1, -1];
    visit(start);
    for (let cell = stack.pop(); cell !== undefined; cell = stack.pop()) {
      const x = cell % columns;
      const y = (cell - x) / columns;
      cells++;
      [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)];
      if (x > 0) visit(cell - 1);
      if (x + 1 < columns) visit(cell + 1);
      if (y > 0) visit(cell - columns);
      if (y + 1 < rows) visit(cell + columns);
    }
    if (cells >= minCells) regions.push({ cells, box: [x0, y0, x1 - x0 + 1, y1 - y0 + 1] });
  }
  return regions.sort((a, b) => b.cells - a.cells);
}

/** Sums of `values` over the square of ± `reach` cells about each cell, cut at the borders (two running sums). */
export function boxSums(values: Float32Array, columns: number, rows: number, reach: number): Float32Array {
  const across = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    let sum = 0;
    for (let x = -reach; x < columns; x++) {
      if (x + reach < columns) sum += values[y * columns + x + reach] ?? 0;
      if (x - reach - 1 >= 0) sum -= values[y * columns + x - reach - 1] ?? 0;
      if (x >= 0) across[y * columns + x] = sum;
    }
  }
  const sums = new Float32Array(columns * rows);
  for (let x = 0; x < columns; x++) {
    let sum = 0;
    for (let y = -reach; y < rows; y++) {
      if (y + reach < rows) sum += across[(y + reach) * columns + x] ?? 0;
      if (y - reach - 1 >= 0) sum -= across[(y - reach - 1) * columns + x] ?? 0;
      if (y >= 0) sums[y * columns + x] = sum;
    }
  }
  return sums;
}

import { cutText, padText, textWidth } from '../text-width.ts';

/**
 * Rows of cells in columns that line up. The last column takes what is left of `width` and is cut to it; the
 * cells before it are never cut. Pure.
 */
export function tableLines(rows: readonly (readonly string[])[], width: number, indent = ''): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...rows.map((row) => (column < row.length - 1 ? textWidth(row[column] ?? '') : 0))),
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === row.length - 1 ? cell : padText(cell, widths[column] ?? 0),
    );
    const line = `${indent}${cells.join('  ')}`.trimEnd();
    return Number.isFinite(width) ? cutText(line, width) : line;
  });
}

import { displayWidth, padEnd, padStart, wrapText } from './wrap.ts';

/** A column of a table: its heading, where its cells stand, and whether it gives way when the table is too wide. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** May be broken into several lines; at most one column of a table. */
  readonly shrink?: boolean;
}

const GAP = 2;
const NARROWEST = 12;

/**
 * A table in terminal cells. Gives one list of lines per row, the heading first; a row has several lines where its
 * shrinkable cell had to be broken. No line is wider than `width` unless the other columns alone are.
 */
export function layoutTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string[][] {
  const all = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, at) => Math.max(...all.map((row) => displayWidth(row[at] ?? ''))));
  const shrink = columns.findIndex((column) => column.shrink === true);
  if (shrink >= 0) {
    const others = widths.reduce(
      (sum, each, at) => (at === shrink ? sum : sum + each),
      GAP * (columns.length - 1),
    );
    widths[shrink] = Math.min(widths[shrink]!, Math.max(NARROWEST, width - others));
  }
  return all.map((row) => layoutRow(columns, row, widths));
}

function layoutRow(columns: readonly Column[], row: readonly string[], widths: readonly number[]): string[] {
  const cells = columns.map((column, at) =>
    column.shrink === true ? wrapText(row[at] ?? '', widths[at]!) : [row[at] ?? ''],
  );
  const height = Math.max(...cells.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) =>
    columns
      .map((column, at) => (column.align === 'left' ? padEnd : padStart)(cells[at]![line] ?? '', widths[at]!))
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

/**
 * A Markdown pipe table, padded so that it reads as a table in plain text too. Cells are escaped already (no `|`, no line
 * break). Rows of cells, heading taken from the columns.
 */
export function pipeTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const head = columns.map((column) => column.title);
  const widths = columns.map((_, at) =>
    Math.max(3, ...[head, ...rows].map((row) => displayWidth(row[at] ?? ''))),
  );
  const line = (row: readonly string[]) =>
    `| ${columns.map((column, at) => (column.align === 'left' ? padEnd : padStart)(row[at] ?? '', widths[at]!)).join(' | ')} |`;
  const rule = columns.map((column, at) =>
    column.align === 'left' ? '-'.repeat(widths[at]!) : `${'-'.repeat(widths[at]! - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

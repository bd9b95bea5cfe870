import type { ReportModel } from '../report/report-model.ts';
import type { Paint } from './paint.ts';
import { type GridRow, stageGrid } from './stage-grid.ts';
import type { StageTable } from './stage-rows.ts';
import { layoutTable } from './table.ts';
import { displayWidth, padEnd, wrapText } from './wrap.ts';

const NOTE_INDENT = 5;

/**
 * The stage table for a terminal, grouped by side, each stage with the points it lies between: to the right where
 * the width has room for all of them, otherwise below.
 */
export function terminalStages(table: StageTable, model: ReportModel, width: number, paint: Paint): string[] {
  const grid = stageGrid(table, model);
  const [head, ...body] = layoutTable(
    grid.columns,
    grid.rows.map((row) => row.cells),
    width,
  );
  const widest = Math.max(...[head!, ...body].flat().map(displayWidth));
  const beside = grid.rows.every((row) => widest + 2 + displayWidth(row.note) <= width);
  return [
    ...head!.map(paint.faint),
    ...body.flatMap((lines, at) => printRow(grid.rows[at]!, lines, beside ? widest : null, width, paint)),
    ...grid.footnotes.flatMap((note) => wrapText(note, width)).map(paint.faint),
  ];
}

function printRow(
  row: GridRow,
  lines: readonly string[],
  noteAt: number | null,
  width: number,
  paint: Paint,
): string[] {
  const painted = lines.map((line, at) => {
    if (row.kind === 'total') return paint.strong(line);
    if (row.side === null || at > 0) return line;
    const rest = line.slice(1);
    return paint.side(row.side, line.slice(0, 1)) + (row.kind === 'side' ? paint.strong(rest) : rest);
  });
  if (row.note === '') return painted;
  if (noteAt === null) {
    const notes = wrapText(row.note, width - NOTE_INDENT);
    return [...painted, ...notes.map((note) => paint.faint(' '.repeat(NOTE_INDENT) + note))];
  }
  const gap = padEnd('', noteAt + 2 - displayWidth(lines[0]!));
  return [painted[0]! + gap + paint.faint(row.note), ...painted.slice(1)];
}

/** What the letters in the stacks stand for, with their times: a picture has no table beside it. */
import type { StageTable } from '../render/stage-rows.ts';
import { type ChartTheme, ON_STAGE } from './chart-theme.ts';
import { type Drawing, drawingOf, label, rect, textWidth } from './drawing.ts';

const ROW = 20;
const KEY = 16;
const GAP = 24;

/** As many columns as fit, read downwards. */
export function stackKey(table: StageTable, { theme, width }: { theme: ChartTheme; width: number }): Drawing {
  const entries = table.sides.flatMap(({ side, rows }) =>
    rows.map(({ key, stage, perRequest }, at) => ({
      key,
      fill: theme.sides[side][at % 2]!,
      text: `${stage.id} ${stage.bounded ? '≤' : ''}${perRequest} ${table.unit.name}`,
    })),
  );
  const widest = Math.max(...entries.map(({ text }) => textWidth(text))) + KEY + 8 + GAP;
  const columns = Math.max(1, Math.floor((width + GAP) / widest));
  const lines = Math.ceil(entries.length / columns);
  const shapes = entries.flatMap(({ key, fill, text }, at) => {
    const x = Math.floor(at / lines) * widest;
    const y = (at % lines) * ROW;
    return [
      rect(x, y + 1, KEY, KEY, fill),
      label(key, x + KEY / 2, y + 1 + KEY / 2, { theme, align: 'center', fill: ON_STAGE, size: 11 }),
      label(text, x + KEY + 8, y + 1 + KEY / 2, { theme }),
    ];
  });
  return drawingOf(shapes, lines * ROW);
}

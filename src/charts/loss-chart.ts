/** Followed, left out and missing, over the time of the recording. */
import type { PictureModel, TimeBin } from '../picture/picture-model.ts';
import { formatCount, formatDuration, plural } from '../render/format-ns.ts';
import type { ChartTheme } from './chart-theme.ts';
import { type Drawing, drawingOf, label, line, rect, type Shape, textWidth } from './drawing.ts';
import { timeTicks } from './time-chart.ts';

const ROW = 30;
const ROWS = ['followed', 'left out', 'events missing'] as const;

export function lossChart(
  picture: PictureModel,
  { theme, width }: { theme: ChartTheme; width: number },
): Drawing {
  const left = Math.max(...ROWS.map((text) => textWidth(text, 11))) + 8;
  const x = (ns: number) => left + (ns / Math.max(1, picture.spanNs)) * (width - left - 8);
  const bottom = ROWS.length * ROW;
  const { bins, binNs } = picture.overTime;
  const most = Math.max(1, ...bins.map(({ n, leftOut }) => n + leftOut));
  const bars = (row: number, pick: (bin: TimeBin) => number, fill: string, what: string) =>
    bins.flatMap((bin, at) => {
      const value = pick(bin);
      if (value === 0) return [];
      const height = Math.max(2, (value / most) * (ROW - 8));
      const tip = [
        `${plural(value, 'request')} ${what}`,
        `${formatDuration(at * binNs)} to ${formatDuration((at + 1) * binNs)} after the first`,
      ];
      const end = Math.min(x((at + 1) * binNs), width - 8);
      return [
        rect(
          x(at * binNs),
          (row + 1) * ROW - 3 - height,
          Math.max(1, end - x(at * binNs) - 0.5),
          height,
          fill,
          tip,
        ),
      ];
    });
  const shapes: Shape[] = [
    ...ROWS.flatMap((text, row) => [
      label(text, left - 8, row * ROW + ROW / 2 + 2, { theme, align: 'right', fill: theme.muted, size: 11 }),
      line(left, (row + 1) * ROW - 2.5, width - 8, (row + 1) * ROW - 2.5, theme.line),
    ]),
    ...bars(0, ({ n }) => n, theme.median, 'followed'),
    ...bars(1, ({ leftOut }) => leftOut, theme.high, 'left out'),
    ...picture.gaps.map((gap) => gapRect(gap, x, theme)),
    ...timeTicks(picture.spanNs, bottom - 2, { x, width, theme }),
  ];
  return drawingOf(shapes, bottom + 24);
}

function gapRect(gap: PictureModel['gaps'][number], x: (ns: number) => number, theme: ChartTheme): Shape {
  const { machine, fromNs, toNs, missing, cpu, reported } = gap;
  const tip = [
    `${missing} missing on the ${machine}${cpu === null ? '' : `, CPU ${formatCount(cpu)}`}`,
    `${formatDuration(fromNs)} to ${formatDuration(toNs)} after the first request`,
    reported ? 'reported by the tracer' : 'found by a row that cannot be without another',
  ];
  return rect(x(fromNs) - 1, 2 * ROW + 6, Math.max(3, x(toNs) - x(fromNs) + 2), ROW - 10, theme.missing, tip);
}

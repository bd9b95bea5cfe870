/** Histogram of the latency on a logarithmic axis, with the mean and the percentiles of the report. */
import type { PictureModel } from '../picture/picture-model.ts';
import { formatCount, formatDuration, formatShare } from '../render/format-ns.ts';
import { percentileExists } from '../render/stage-rows.ts';
import type { ReportModel } from '../report/report-model.ts';
import { linearTicks, logTicks, tickText } from './axis-ticks.ts';
import type { ChartTheme } from './chart-theme.ts';
import { type Drawing, drawingOf, label, line, rect, type Shape, textWidth } from './drawing.ts';

const HEIGHT = 260;
const MARK_LINE = 15;

export function distributionChart(
  { total, requests }: ReportModel,
  { latency }: PictureModel,
  { theme, width }: { theme: ChartTheme; width: number },
): Drawing {
  const low = latency.edgesNs[0]!;
  const high = latency.edgesNs.at(-1)!;
  const most = Math.max(...latency.counts);
  const left = textWidth(formatCount(most), 11) + 10;
  const marks = marksOf(total, requests.matched);
  const top = 8 + marks.length * MARK_LINE;
  const bottom = HEIGHT + top - 26;
  const x = (ns: number) => left + (Math.log(ns / low) / Math.log(high / low)) * (width - left - 8);
  const y = (count: number) => bottom - (count / most) * (bottom - top - 4);
  return drawingOf(
    [
      ...linearTicks(most, 4)
        .filter(Number.isInteger)
        .flatMap((count) => [
          line(left, y(count), width, y(count), theme.line),
          label(formatCount(count), left - 6, y(count), {
            theme,
            align: 'right',
            fill: theme.muted,
            size: 11,
          }),
        ]),
      ...latency.counts.map((count, at) =>
        bar(count, [latency.edgesNs[at]!, latency.edgesNs[at + 1]!], requests.matched, {
          x,
          y,
          bottom,
          theme,
        }),
      ),
      ...logTicks(low, high, width < 500 ? 5 : 10).flatMap((ns) => [
        line(x(ns), bottom, x(ns), bottom + 5, theme.muted),
        label(tickText(ns), Math.min(x(ns), width - textWidth(tickText(ns), 11) / 2), bottom + 15, {
          theme,
          align: 'center',
          fill: theme.muted,
          size: 11,
        }),
      ]),
      ...marks.flatMap(({ name, ns }, at) =>
        mark(`${name} ${formatDuration(ns)}`, x(Math.max(low, ns)), 8 + at * MARK_LINE, bottom, width, theme),
      ),
    ],
    bottom + 26,
  );
}

function marksOf(total: ReportModel['total'], n: number): { name: string; ns: number }[] {
  const percentile = (name: string, fraction: number, ns: number) =>
    percentileExists(n, fraction) ? [{ name, ns }] : [];
  return [
    { name: 'p50', ns: total.p50Ns },
    { name: 'mean', ns: total.meanNs },
    ...percentile('p90', 0.9, total.p90Ns),
    ...percentile('p99', 0.99, total.p99Ns),
    ...percentile('p99.9', 0.999, total.p999Ns),
  ];
}

/** A line with its name at its right, or left where the edge is near. */
function mark(text: string, x: number, y: number, bottom: number, width: number, theme: ChartTheme): Shape[] {
  const fits = x + 6 + textWidth(text, 11) <= width;
  const at = Math.round(x) + 0.5;
  return [
    line(at, y - 6, at, bottom, theme.high, true),
    label(text, fits ? at + 5 : at - 5, y, { theme, align: fits ? 'left' : 'right', size: 11 }),
  ];
}

interface Scales {
  readonly x: (ns: number) => number;
  readonly y: (count: number) => number;
  readonly bottom: number;
  readonly theme: ChartTheme;
}

function bar(
  count: number,
  [from, to]: readonly [number, number],
  n: number,
  { x, y, bottom, theme }: Scales,
): Shape {
  const width = x(to) - x(from);
  const tip = [
    `${formatDuration(from)} to ${formatDuration(to)}`,
    `${formatCount(count)} of ${formatCount(n)} requests, ${formatShare(count / n, 1)}`,
  ];
  return rect(
    x(from),
    y(count),
    Math.max(0.5, width - (width > 4 ? 1 : 0)),
    bottom - y(count),
    theme.median,
    tip,
  );
}

/** Latency over the time of the recording: a dot a request, lines for median, p99 and maximum of each stretch of time. */
import type { PictureModel, TimeBin } from '../picture/picture-model.ts';
import { formatDuration } from '../render/format-ns.ts';
import { linearTicks, logTicks, tickText } from './axis-ticks.ts';
import type { ChartTheme } from './chart-theme.ts';
import { type Drawing, drawingOf, label, line, rect, type Shape, textWidth } from './drawing.ts';
import { totalOf } from './followed-request.ts';

const HEIGHT = 280;
const TOP = 26;
const BOTTOM = HEIGHT - 26;

/** A drawing whose items may stand for a request of the sample. */
export interface TimeChart extends Drawing {
  /** Number of the request an item is; undefined where it is none. */
  request(item: number): number | undefined;
}

interface Scales {
  readonly x: (ns: number) => number;
  readonly y: (ns: number) => number;
  readonly left: number;
  readonly width: number;
  readonly theme: ChartTheme;
}

export function timeChart(
  picture: PictureModel,
  { theme, width }: { theme: ChartTheme; width: number },
): TimeChart {
  const { edgesNs } = picture.latency;
  const low = edgesNs[0]!;
  const high = edgesNs.at(-1)!;
  const ticks = logTicks(low, high, 7);
  const left = Math.max(...ticks.map((ns) => textWidth(tickText(ns), 11))) + 10;
  const scales: Scales = {
    x: (ns) => left + 4 + (ns / Math.max(1, picture.spanNs)) * (width - left - 10),
    y: (ns) => BOTTOM - (Math.log(Math.max(low, ns) / low) / Math.log(high / low)) * (BOTTOM - TOP),
    left,
    width,
    theme,
  };
  const below = [...gapShapes(picture, scales), ...axes(ticks, picture.spanNs, scales)];
  const dots = picture.sample.rows.map((row) => dot(row[0], row[2], totalOf(row), scales));
  const above = [...binLines(picture, scales), ...legend(picture, scales)];
  const drawing = drawingOf([...below, ...dots, ...above], HEIGHT);
  return { ...drawing, request: (item) => picture.sample.rows[item - below.length]?.[0] };
}

function axes(ticks: readonly number[], spanNs: number, { x, y, left, width, theme }: Scales): Shape[] {
  return [
    ...ticks.flatMap((ns) => [
      line(left, y(ns), width, y(ns), theme.line),
      label(tickText(ns), left - 6, y(ns), { theme, align: 'right', fill: theme.muted, size: 11 }),
    ]),
    ...timeTicks(spanNs, BOTTOM, { x, width, theme }),
  ];
}

/** Ticks of the recorded time below a line at `y`. */
export function timeTicks(
  spanNs: number,
  y: number,
  { x, width, theme }: Pick<Scales, 'x' | 'width' | 'theme'>,
): Shape[] {
  return linearTicks(spanNs, width < 500 ? 4 : 8).flatMap((ns) => {
    const text = tickText(ns);
    const half = textWidth(text, 11) / 2;
    return [
      line(Math.round(x(ns)) + 0.5, y, Math.round(x(ns)) + 0.5, y + 5, theme.muted),
      label(text, Math.min(x(ns), width - half), y + 15, {
        theme,
        align: 'center',
        fill: theme.muted,
        size: 11,
      }),
    ];
  });
}

function gapShapes({ gaps }: PictureModel, { x, theme }: Scales): Shape[] {
  return gaps.map(({ fromNs, toNs }) => {
    const shape = rect(x(fromNs), TOP, Math.max(1.5, x(toNs) - x(fromNs)), BOTTOM - TOP, theme.missing);
    return {
      element: { ...shape.element, style: { fill: theme.missing, opacity: 0.35 } } as Shape['element'],
    };
  });
}

function dot(number: number, startNs: number, totalNs: number, { x, y, theme }: Scales): Shape {
  return {
    element: {
      type: 'circle',
      shape: { cx: x(startNs), cy: y(totalNs), r: 2.2 },
      style: { fill: theme.median, opacity: 0.55 },
      emphasis: { style: { opacity: 1, stroke: theme.ink, lineWidth: 1 } },
    },
    tip: [`request ${number}`, `${formatDuration(totalNs)}, ${formatDuration(startNs)} after the first`],
  };
}

/** A median of fewer is not drawn as a line. */
const FEWEST_FOR_LINE = 3;

function binLines({ overTime }: PictureModel, { x, y, theme }: Scales): Shape[] {
  const middle = (at: number) => x((at + 0.5) * overTime.binNs);
  const path = (pick: (bin: TimeBin) => number | null, stroke: string, dash: number[]): Shape[] => {
    const runs: [number, number][][] = [[]];
    overTime.bins.forEach((bin, at) => {
      const ns = pick(bin);
      if (ns === null) runs.push([]);
      else runs.at(-1)!.push([middle(at), y(ns)]);
    });
    return runs
      .filter((points) => points.length > 1)
      .map((points) => ({
        element: {
          type: 'polyline',
          shape: { points },
          style: { stroke, fill: 'none', lineWidth: 1.5, lineDash: dash },
          silent: true,
        },
      }));
  };
  return [
    ...path(({ n, p50Ns }) => (n < FEWEST_FOR_LINE ? null : p50Ns), theme.ink, []),
    ...path((bin) => bin.p99Ns, theme.high, [5, 3]),
  ];
}

/** Names what is drawn, and only that. */
function legend({ overTime, gaps }: PictureModel, { left, theme }: Scales): Shape[] {
  const circle = (x: number): Shape => ({
    element: {
      type: 'circle',
      shape: { cx: x + 9, cy: 10, r: 3 },
      style: { fill: theme.median },
      silent: true,
    },
  });
  const items = [
    { text: 'request', drawn: true, mark: circle },
    { text: 'median', drawn: true, mark: (x: number) => line(x, 10, x + 18, 10, theme.ink) },
    {
      text: 'p99',
      drawn: overTime.bins.some(({ p99Ns }) => p99Ns !== null),
      mark: (x: number) => line(x, 10, x + 18, 10, theme.high, true),
    },
    {
      text: 'events missing',
      drawn: gaps.length > 0,
      mark: (x: number) => rect(x + 4, 4, 8, 12, theme.missing),
    },
  ];
  let x = left;
  return items
    .filter(({ drawn }) => drawn)
    .flatMap(({ text, mark }) => {
      const at = x;
      x += 24 + textWidth(text, 11) + 12;
      return [mark(at), label(text, at + 24, 10, { theme, fill: theme.muted, size: 11 })];
    });
}

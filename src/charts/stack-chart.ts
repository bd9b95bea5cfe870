/** Stacked bars: one row a stack, stages in the order of the request's way, sides bracketed below. */
import { inUnit } from '../render/format-ns.ts';
import type { Side } from '../render/stacked-bar.ts';
import type { StageTable } from '../render/stage-rows.ts';
import { type ChartTheme, ON_STAGE } from './chart-theme.ts';
import { type Drawing, drawingOf, label, line, rect, type Shape, textWidth } from './drawing.ts';
import type { StackPart, StackRow } from './stage-stacks.ts';

const HEAD = 20;
const CALLOUTS = 16;
const BAR = 30;
const SIDES_BELOW = 24;
const GAP = 14;
/** Bold letters need more room. */
const BOLDER = 1.05;
const ROW = HEAD + CALLOUTS + BAR + SIDES_BELOW + GAP;

export interface StackChartOptions {
  readonly theme: ChartTheme;
  readonly width: number;
  readonly unit: StageTable['unit'];
  /** True: all bars on the scale of the longest; false: each bar is its own 100 %. */
  readonly oneScale: boolean;
}

export function stackChart(rows: readonly StackRow[], options: StackChartOptions): Drawing {
  const longest = Math.max(...rows.map(({ totalNs }) => totalNs));
  const shapes = rows.flatMap((row, at) =>
    stackShapes(
      row,
      at * ROW,
      options.oneScale ? (options.width * row.totalNs) / longest : options.width,
      options,
    ),
  );
  return drawingOf(shapes, rows.length * ROW - GAP);
}

/** A stage's place in its bar. */
interface Segment {
  readonly part: StackPart;
  readonly x: number;
  readonly width: number;
}

function segmentsOf(parts: readonly StackPart[], width: number): Segment[] {
  // A stage that is negative within the error of its clocks takes no room, as in the terminal's bar.
  const sum = parts.reduce((total, { ns }) => total + Math.max(0, ns), 0);
  let x = 0;
  return parts
    .filter(({ ns }) => ns > 0)
    .map((part) => {
      const own = (part.ns / sum) * width;
      x += own;
      return { part, x: x - own, width: own };
    });
}

function stackShapes(row: StackRow, top: number, width: number, options: StackChartOptions): Shape[] {
  const { theme } = options;
  const segments = segmentsOf(row.parts, width);
  const barTop = top + HEAD + CALLOUTS;
  const name = fittingName(row.name, options.width - textWidth(row.total) - 10);
  const named = name === '' ? [] : [label(name, 0, top + 9, { theme, bold: true })];
  const nameWidth = textWidth(name) * BOLDER;
  const total = label(row.total, nameWidth + 10, top + 9, { theme });
  return [
    ...named,
    total,
    ...segments.flatMap((segment) => segmentShapes(segment, barTop, row, options)),
    ...callouts(segments, barTop - 8, options),
    ...sideBrackets(segments, row, barTop + BAR, options),
  ];
}

/** A name that leaves room for what follows it; the end gives way, as the table has it whole. */
function fittingName(name: string, width: number): string {
  if (textWidth(name) * BOLDER <= width) return name;
  let end = name.length;
  while (end > 0 && textWidth(`${name.slice(0, end)}…`) * BOLDER > width) end--;
  return `${name.slice(0, end).trimEnd()}…`;
}

function segmentShapes(
  { part, x, width }: Segment,
  y: number,
  row: StackRow,
  { theme, unit }: StackChartOptions,
): Shape[] {
  const tip = [
    `${part.key}  ${part.id}`,
    part.title,
    `${inUnit(unit, part.ns)} ${unit.name} of ${row.total}, ${((part.ns / row.totalNs) * 100).toFixed(1)} %`,
  ];
  const text = bestText(part, width);
  const gap = width > 3 ? 1 : 0;
  return [
    rect(x, y, width - gap, BAR, theme.sides[part.side][part.tone], tip),
    ...(text === ''
      ? []
      : [
          label(text, x + (width - gap) / 2, y + BAR / 2, {
            theme,
            align: 'center',
            fill: ON_STAGE,
            size: 11,
          }),
        ]),
  ];
}

/** 'g iothread-wakeup' where it fits, 'g' where only that does, else ''. */
function bestText({ key, id }: StackPart, width: number): string {
  const long = `${key} ${id}`;
  if (textWidth(long, 11) + 6 <= width) return long;
  return textWidth(key, 11) + 3 <= width ? key : '';
}

/** Letters of stages too narrow for one, above the bar: neighbours together, moved right where they would overlap. */
function callouts(segments: readonly Segment[], y: number, { theme, width }: StackChartOptions): Shape[] {
  const shapes: Shape[] = [];
  let free = 0;
  for (let at = 0; at < segments.length; at++) {
    if (bestText(segments[at]!.part, segments[at]!.width) !== '') continue;
    let end = at;
    while (end + 1 < segments.length && bestText(segments[end + 1]!.part, segments[end + 1]!.width) === '')
      end++;
    const text = segments
      .slice(at, end + 1)
      .map(({ part }) => part.key)
      .join('');
    const last = segments[end]!;
    const middle = (segments[at]!.x + last.x + last.width) / 2;
    const half = textWidth(text, 10) / 2;
    const x = Math.min(Math.max(middle, free + half), width - half);
    shapes.push(label(text, x, y, { theme, align: 'center', fill: theme.muted, size: 10 }));
    free = x + half + 4;
    at = end;
  }
  return shapes;
}

function sideBrackets(
  segments: readonly Segment[],
  row: StackRow,
  y: number,
  options: StackChartOptions,
): Shape[] {
  return (['submit', 'device', 'complete'] as const).flatMap((side) => {
    const own = segments.filter(({ part }) => part.side === side);
    if (own.length === 0) return [];
    const from = own[0]!.x;
    const to = own.at(-1)!.x + own.at(-1)!.width - 1;
    return bracket(side, from, to, y, row, options);
  });
}

function bracket(
  side: Side,
  from: number,
  to: number,
  y: number,
  row: StackRow,
  { theme }: StackChartOptions,
): Shape[] {
  const { sum, share } = row.sides[side];
  const texts = [`${side} ${sum}, ${share}`, `${side} ${share}`, share];
  const text = texts.find((each) => textWidth(each, 11) <= to - from) ?? '';
  return [
    rect(from, y + 4, Math.max(1, to - from), 3, theme.sides[side][0]),
    line(from + 0.5, y + 2, from + 0.5, y + 9, theme.muted),
    ...(text === ''
      ? []
      : [label(text, from + (side === 'submit' ? 0 : 3), y + 17, { theme, fill: theme.muted, size: 11 })]),
  ];
}

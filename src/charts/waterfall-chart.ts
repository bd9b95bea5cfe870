/** One request: its stages one below the other, each where it was in time. */
import { apportion } from '../render/apportion.ts';
import { formatDuration, NONE, stepsInUnit, tableUnit } from '../render/format-ns.ts';
import { linearTicks, tickText } from './axis-ticks.ts';
import type { ChartTheme } from './chart-theme.ts';
import { type Drawing, drawingOf, label, line, rect, type Shape, textWidth } from './drawing.ts';
import type { FollowedRequest, FollowedStage } from './followed-request.ts';

const NARROW = 620;
const AXIS = 24;
const OTHER_POINTS = 'other points';

interface Layout {
  readonly theme: ChartTheme;
  readonly width: number;
  /** Where the time axis begins and how long it is, px. */
  readonly left: number;
  readonly room: number;
  readonly rowHeight: number;
  /** Names stand above their bars, not left of them. */
  readonly stacked: boolean;
}

export function waterfallChart(
  request: FollowedRequest,
  { theme, width }: { theme: ChartTheme; width: number },
): Drawing {
  const stacked = width < NARROW;
  const names = Math.max(
    textWidth(OTHER_POINTS),
    ...request.stages.map(({ key, id }) => textWidth(`${key}  ${id}`)),
  );
  const left = stacked ? 2 : Math.min(Math.ceil(names) + 12, width * 0.45);
  const layout: Layout = {
    theme,
    width,
    left,
    room: width - left - (stacked ? 4 : 86),
    rowHeight: stacked ? 36 : 22,
    stacked,
  };
  const others = request.beside.length === 0 ? 0 : 1;
  const height = AXIS + (request.stages.length + others) * layout.rowHeight + 4;
  const times = stageTexts(request);
  const shapes = [
    ...axis(request.totalNs, height, layout),
    ...request.stages.flatMap((stage, at) =>
      stageShapes(stage, times[at]!, request, AXIS + at * layout.rowHeight, layout),
    ),
    ...(others === 0 ? [] : otherPoints(request, AXIS + request.stages.length * layout.rowHeight, layout)),
  ];
  return drawingOf(shapes, height);
}

/** Durations in one unit that add up to the total as it is written. */
function stageTexts({ totalNs, stages }: FollowedRequest): string[] {
  const unit = tableUnit(totalNs);
  const whole = Math.round(totalNs / unit.step);
  const steps = apportion(
    stages.map(({ ns }) => ns / unit.step),
    whole,
  );
  return stages.map(
    ({ ns }, at) => `${steps === null ? NONE : stepsInUnit(unit, steps[at]!, ns)} ${unit.name}`,
  );
}

function axis(totalNs: number, height: number, { theme, left, room, width }: Layout): Shape[] {
  const ticks = linearTicks(totalNs, width < NARROW ? 4 : 8);
  return ticks.flatMap((ns) => {
    const x = Math.round(left + (ns / Math.max(1, totalNs)) * room) + 0.5;
    const text = tickText(ns);
    const half = textWidth(text, 11) / 2;
    const at = Math.min(Math.max(x, left + (left < 10 ? half : 0)), width - half);
    return [
      line(x, AXIS - 4, x, height, theme.line),
      label(text, at, 9, { theme, align: 'center', fill: theme.muted, size: 11 }),
    ];
  });
}

function stageShapes(
  stage: FollowedStage,
  time: string,
  { totalNs }: FollowedRequest,
  y: number,
  layout: Layout,
): Shape[] {
  const { theme, left, room, stacked, width } = layout;
  const x = left + (stage.fromNs / Math.max(1, totalNs)) * room;
  const length = (stage.ns / Math.max(1, totalNs)) * room;
  const barY = stacked ? y + 18 : y + 4;
  const tip = [
    `${stage.key}  ${stage.id}`,
    stage.title,
    `${stage.from} → ${stage.to}`,
    `${time}, from ${formatDuration(stage.fromNs)} on`,
  ];
  const timeWidth = textWidth(time);
  const after = x + length + 6;
  const fits = after + timeWidth <= width;
  return [
    label(`${stage.key}  ${stage.id}`, stacked ? left : left - 10, stacked ? y + 9 : y + 11, {
      theme,
      align: stacked ? 'left' : 'right',
    }),
    rect(x, barY, Math.max(1.5, length), 14, theme.sides[stage.side][0], tip),
    stacked
      ? label(time, width - 2, y + 9, { theme, align: 'right' })
      : label(time, fits ? after : x - 6, y + 11, { theme, align: fits ? 'left' : 'right' }),
  ];
}

/** Points inside a stage or beside the critical path, all in one row; their names are in the table and where they are pointed at. */
function otherPoints({ beside, totalNs }: FollowedRequest, y: number, layout: Layout): Shape[] {
  const { theme, left, room, stacked } = layout;
  const middle = stacked ? y + 25 : y + 11;
  const name = label(OTHER_POINTS, stacked ? left : left - 10, stacked ? y + 9 : y + 11, {
    theme,
    align: stacked ? 'left' : 'right',
    fill: theme.muted,
  });
  const marks = beside.map(({ id, title, atNs }): Shape => {
    const x = left + Math.min(1, Math.max(0, atNs / Math.max(1, totalNs))) * room;
    return {
      element: {
        type: 'polygon',
        shape: {
          points: [
            [x, middle - 6],
            [x + 5, middle],
            [x, middle + 6],
            [x - 5, middle],
          ],
        },
        style: { fill: theme.paper, stroke: theme.ink, lineWidth: 1.2 },
      },
      tip: [id, title, `${formatDuration(atNs)} after the start`],
    };
  });
  return [name, ...marks];
}

/** Two stacks, and the way from one to the other: what each stage adds to or takes from a request. */
import type { DiffModel, StageDifference } from '../diff/diff-model.ts';
import { changeText, intervalText, signed } from '../render/diff-sentences.ts';
import { formatDuration, tableUnit } from '../render/format-ns.ts';
import { KEYS } from '../render/stage-rows.ts';
import { linearTicks, tickText } from './axis-ticks.ts';
import type { ChartTheme } from './chart-theme.ts';
import { type Drawing, drawingOf, label, line, rect, type Shape, textWidth } from './drawing.ts';
import { stackChart } from './stack-chart.ts';
import { stackOf } from './stage-stacks.ts';

interface Sizes {
  readonly theme: ChartTheme;
  readonly width: number;
}

const SIDES = ['submit', 'device', 'complete'] as const;

/** The mean request of A and of B on one scale, the same letter for the same stage. */
export function diffStacks(model: DiffModel, sizes: Sizes): Drawing {
  const unit = tableUnit(Math.max(model.total.aNs, model.total.bNs));
  const letters = keyed(model);
  const parts = (pick: (stage: StageDifference) => number) =>
    SIDES.flatMap((side) =>
      letters
        .filter(({ stage }) => stage.side === side)
        .map(({ key, stage }, at) => ({
          key,
          id: stage.id,
          title: stage.title,
          side,
          tone: (at % 2) as 0 | 1,
          ns: pick(stage),
        })),
    );
  return stackChart(
    [
      stackOf(
        'A',
        model.total.aNs,
        parts(({ aNs }) => aNs),
        unit,
      ),
      stackOf(
        'B',
        model.total.bNs,
        parts(({ bNs }) => bNs),
        unit,
      ),
    ],
    { ...sizes, unit, oneScale: true },
  );
}

function keyed({ stages }: DiffModel): { key: string; stage: StageDifference }[] {
  return stages.map((stage, at) => ({ key: KEYS[at] ?? '·', stage }));
}

const ROW = 24;
const HEAD = 26;
const NARROW = 620;
/** Bold letters need more room. */
const BOLDER = 1.12;

interface Step {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly shown: 'slower' | 'faster' | 'no' | 'end';
  readonly tip: readonly string[];
}

interface Layout extends Sizes {
  readonly x: (ns: number) => number;
  readonly left: number;
  readonly stacked: boolean;
  readonly rowHeight: number;
}

/** From the mean of A down to the mean of B: a bar per stage, filled where its difference is shown, an outline where it is not. */
export function diffWaterfall(model: DiffModel, { theme, width }: Sizes): Drawing {
  const steps = stepsOf(model);
  const stacked = width < NARROW;
  const texts = Math.max(...steps.map(({ text }) => textWidth(text, 11))) * BOLDER;
  const names = Math.max(...steps.map(({ name }) => textWidth(name))) * BOLDER;
  const left = stacked ? 2 : Math.min(Math.ceil(names) + 12, width * 0.4);
  const right = stacked ? 4 : texts + 12;
  const ends = steps.flatMap(({ from, to, shown }) => (shown === 'end' ? [to] : [from, to]));
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  // Only the stretch in which anything changes: the bars are differences, not totals.
  const pad = (high - low || high || 1) * 0.06;
  const from = low - pad;
  const span = high + pad - from;
  const x = (ns: number) => left + ((ns - from) / span) * (width - left - right);
  const rowHeight = stacked ? 38 : ROW;
  const height = HEAD + steps.length * rowHeight + 22;
  const layout: Layout = { theme, width, x, left, stacked, rowHeight };
  return drawingOf(
    [
      ...axis(from, span, height, layout),
      ...steps.flatMap((step, at) => stepShapes(step, HEAD + at * rowHeight, layout)),
      // Where names stand above the bars the lines would run through them.
      ...(stacked ? [] : steps.slice(1).map((step, at) => link(step, HEAD + at * rowHeight, layout))),
      ...legend(height - 10, layout),
    ],
    height,
  );
}

function stepsOf(model: DiffModel): Step[] {
  const { total } = model;
  let at = total.aNs;
  const steps = keyed(model).map(({ key, stage }): Step => {
    const from = at;
    at += stage.ns;
    return {
      name: `${key}  ${stage.id}`,
      from,
      to: at,
      text: signed(stage.ns),
      shown: stage.shown,
      tip: tipOf(key, stage),
    };
  });
  const end = (name: string, ns: number): Step => ({
    name,
    from: ns,
    to: ns,
    text: formatDuration(ns),
    shown: 'end',
    tip: [name, `${formatDuration(ns)} a request`],
  });
  return [end('A', total.aNs), ...steps, end('B', total.bNs)];
}

function tipOf(key: string, stage: StageDifference): string[] {
  return [
    `${key}  ${stage.id}`,
    stage.title,
    `A ${formatDuration(stage.aNs)}, B ${formatDuration(stage.bNs)}: ${signed(stage.ns)} (${changeText(stage)})`,
    `95 % interval ${intervalText(stage)}`,
    stage.shown === 'no'
      ? 'no difference shown'
      : `shown: ${stage.shown}${stage.by === 'bulk' ? ', without its tails' : ''}`,
  ];
}

function fillOf(shown: Step['shown'], theme: ChartTheme): string {
  if (shown === 'slower') return theme.high;
  return shown === 'faster' ? theme.median : theme.paper;
}

function axis(from: number, span: number, height: number, { theme, x, width, stacked }: Layout): Shape[] {
  const ticks = linearTicks(span, stacked ? 3 : 6);
  const step = (ticks[1] ?? span) - (ticks[0] ?? 0);
  const first = Math.ceil(from / step) * step;
  const shapes: Shape[] = [];
  for (let ns = first; ns <= from + span; ns += step) {
    const text = tickText(Math.max(0, ns));
    const half = textWidth(text, 11) / 2;
    const at = Math.round(x(ns)) + 0.5;
    if (ns < 0 || at + half > width) continue;
    shapes.push(
      line(at, HEAD - 6, at, height - 24, theme.line),
      label(text, Math.max(half, at), 9, { theme, align: 'center', fill: theme.muted, size: 11 }),
    );
  }
  return shapes;
}

function stepShapes(step: Step, y: number, { theme, width, x, left, stacked, rowHeight }: Layout): Shape[] {
  const barY = stacked ? y + 19 : y + 4;
  const [from, to] = [Math.min(x(step.from), x(step.to)), Math.max(x(step.from), x(step.to))];
  const barHeight = 15;
  const bar =
    step.shown === 'end'
      ? rect(x(step.to) - 2, barY, 4, barHeight, theme.ink, step.tip)
      : outlined(from, barY, Math.max(2, to - from), barHeight, fillOf(step.shown, theme), step, theme);
  const nameY = stacked ? y + 9 : y + rowHeight / 2;
  const bold = step.shown !== 'no';
  return [
    label(step.name, stacked ? left : left - 10, nameY, { theme, align: stacked ? 'left' : 'right', bold }),
    bar,
    label(step.text, width - 2, nameY, { theme, align: 'right', size: 11, bold }),
  ];
}

function outlined(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: string,
  { shown, tip }: Step,
  theme: ChartTheme,
): Shape {
  const shape = rect(x, y, width, height, fill, tip);
  const style = { fill, stroke: shown === 'no' ? theme.muted : fill, lineWidth: 1 };
  return { ...shape, element: { ...shape.element, style } as Shape['element'] };
}

/** From the end of one bar to the start of the next. */
function link({ from }: Step, y: number, { theme, x, rowHeight }: Layout): Shape {
  const at = Math.round(x(from)) + 0.5;
  return line(at, y + 19, at, y + 4 + rowHeight, theme.muted, true);
}

function legend(y: number, { theme, left }: Layout): Shape[] {
  const items = [
    ['slower', 'shown, slower'],
    ['faster', 'shown, faster'],
    ['no', 'no difference shown'],
  ] as const;
  let x = left;
  return items.flatMap(([shown, text]) => {
    const at = x;
    x += 18 + textWidth(text, 11) + 14;
    const step = { shown, tip: [] } as unknown as Step;
    const mark = outlined(at, y - 6, 12, 12, fillOf(shown, theme), step, theme);
    return [
      { element: { ...mark.element, silent: true } as Shape['element'] },
      label(text, at + 18, y, { theme, fill: theme.muted, size: 11 }),
    ];
  });
}

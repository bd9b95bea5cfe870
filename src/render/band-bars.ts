import type { ReportModel } from '../report/report-model.ts';
import { inUnit } from './format-ns.ts';
import { type BarRun, FILL, stackedBar } from './stacked-bar.ts';
import type { StageTable } from './stage-rows.ts';
import { displayWidth, padEnd, padStart } from './wrap.ts';

/** A labelled bar: 'mean     1,953 µs ' and its runs. No runs: there was no request to draw. */
export interface BandBar {
  readonly label: string;
  readonly runs: readonly BarRun[];
}

/** What a bar is made of: a name, its total, and the mean time per stage. */
interface Stack {
  readonly name: string;
  readonly totalNs: number;
  readonly stages: readonly { readonly id: string; readonly meanNs: number }[];
}

/** The legend under bars. */
export const BAR_LEGEND = `${FILL.submit} submit, ${FILL.device} device, ${FILL.complete} complete; letters as in the table; each bar is its own 100 %`;

/** The bars mean, typical and slow, together with their labels `width` cells wide. */
export function bandBars(model: ReportModel, table: StageTable, width: number): BandBar[] {
  const mean = table.sides.flatMap((group) =>
    group.rows.map(({ stage, perRequestNs }) => ({ id: stage.id, meanNs: perRequestNs })),
  );
  const stacks: Stack[] = [{ name: 'mean', totalNs: model.total.meanNs, stages: mean }];
  for (const name of ['typical', 'slow'] as const) {
    const band = model.bands[name];
    stacks.push({
      name,
      totalNs: band.n === 0 ? Number.NaN : band.meanNs,
      stages: band.n === 0 ? [] : band.stages,
    });
  }
  return drawBars(stacks, table, width);
}

/** A bar per variant, labelled with its time only. */
export function variantBars(model: ReportModel, table: StageTable, width: number): BandBar[] {
  const stacks = model.variants.map((variant) => ({
    name: '',
    totalNs: variant.meanNs,
    stages: variant.stages,
  }));
  return drawBars(stacks, table, width);
}

function drawBars(stacks: readonly Stack[], table: StageTable, width: number): BandBar[] {
  const names = Math.max(...stacks.map((stack) => displayWidth(stack.name)));
  const times = stacks.map((stack) => `${inUnit(table.unit, stack.totalNs)} ${table.unit.name}`);
  const cells = Math.max(...times.map(displayWidth));
  const rows = table.sides.flatMap((group) => group.rows);
  return stacks.map((stack, at) => {
    const label = `${padEnd(stack.name, names)}${names > 0 ? '  ' : ''}${padStart(times[at]!, cells)} `;
    const byId = new Map(stack.stages.map((stage) => [stage.id, stage.meanNs]));
    const segments = rows.map(({ key, stage }) => ({
      value: byId.get(stage.id) ?? 0,
      side: stage.side,
      labels: [`${key} ${stage.id}`, key],
    }));
    return { label, runs: stackedBar(segments, width - displayWidth(label) - 2) };
  });
}

/** A bar as text between its ends; `paint` may colour the runs. */
export function barText(bar: BandBar, paint: (run: BarRun) => string = (run) => run.text): string {
  return bar.runs.length === 0 ? `${bar.label}(no request)` : `${bar.label}│${bar.runs.map(paint).join('')}│`;
}

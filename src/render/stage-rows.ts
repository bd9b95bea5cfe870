import type { Band, ReportModel, Stage } from '../report/report-model.ts';
import { apportion } from './apportion.ts';
import { formatCount, inUnit, NONE, type NsUnit, percentSteps, stepsInUnit, tableUnit } from './format-ns.ts';
import type { Side } from './stacked-bar.ts';

/** One row of the stage table, its cells already text. */
export interface StageRow {
  /** A letter that stands for the stage in the bars. */
  readonly key: string;
  readonly stage: Stage;
  /** Mean over all matched requests, those without the stage counting 0: adds up to the total. */
  readonly perRequestNs: number;
  readonly perRequest: string;
  /** Mean over the requests that have the stage; '≤' in front where the clocks leave it open. */
  readonly mean: string;
  /** '±0.4' on two clocks, '' on one. */
  readonly plusMinus: string;
  readonly p50: string;
  readonly p99: string;
  readonly share: string;
  readonly n: string;
}

/** The stages of one side with their sums: as text, and in steps of the unit's last digit. */
export interface SideRows {
  readonly side: Side;
  readonly rows: readonly StageRow[];
  readonly sumNs: number;
  readonly steps: number;
  readonly sum: string;
  readonly share: string;
  readonly sharePercent: number;
}

/** The stage table: every number of it in one unit, the column `perRequest` adding up to `total`. */
export interface StageTable {
  readonly unit: NsUnit;
  readonly sides: readonly SideRows[];
  readonly total: string;
  readonly totalSteps: number;
  /** Some stage does not occur in every matched request: `perRequest` and `mean` differ. */
  readonly mixed: boolean;
  readonly crossClock: boolean;
  /** False: the critical stages of the model do not sum to its total, and the table must say so. */
  readonly addsUp: boolean;
  readonly sumNs: number;
}

const SIDES: readonly Side[] = ['submit', 'device', 'complete'];
/** Letters of stages, in their order. */
export const KEYS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Prepares the critical stages of a model as table rows, grouped by side, in the order of the model. */
export function stageTable(model: ReportModel): StageTable {
  const unit = tableUnit(model.total.meanNs);
  const matched = model.requests.matched;
  const critical = model.stages.filter((stage) => stage.critical);
  const groups = SIDES.map((side) => critical.filter((stage) => stage.side === side));
  const ns = groups.map((stages) => stages.map((stage) => (stage.meanNs * stage.n) / matched));
  const times = roundTogether(ns, unit.step, model.total.meanNs);
  const percents = roundTogether(
    groups.map((stages) => stages.map((stage) => stage.share)),
    0.01,
    1,
  );
  const firstKey = groups.map((_, s) => groups.slice(0, s).flat().length);
  const sides = SIDES.map((side, s): SideRows => {
    const stages = groups[s]!;
    const sumNs = add(ns[s]!);
    return {
      side,
      sumNs,
      steps: times.sums[s]!,
      sum: stepsInUnit(unit, times.sums[s]!, sumNs),
      sharePercent: percents.sums[s]!,
      share: percentSteps(percents.sums[s]!, add(stages.map((stage) => stage.share))),
      rows: stages.map((stage, at) => {
        const perRequest = stepsInUnit(unit, times.rows[s]![at]!, ns[s]![at]!);
        return {
          ...ownCells(stage, unit),
          // The same number must not be rounded in two ways side by side.
          ...(stage.n === matched && !stage.bounded ? { mean: perRequest } : {}),
          key: KEYS[firstKey[s]! + at] ?? '·',
          stage,
          perRequestNs: ns[s]![at]!,
          perRequest,
          share: percentSteps(percents.rows[s]![at]!, stage.share),
        };
      }),
    };
  });
  return {
    unit,
    sides: sides.filter((group) => group.rows.length > 0),
    total: inUnit(unit, model.total.meanNs),
    totalSteps: Math.round(model.total.meanNs / unit.step),
    mixed: critical.some((stage) => stage.n !== matched),
    crossClock: critical.some((stage) => stage.clock === 'cross'),
    addsUp: times.exact,
    sumNs: add(ns.map(add)),
  };
}

function ownCells(stage: Stage, unit: NsUnit): Pick<StageRow, 'mean' | 'plusMinus' | 'p50' | 'p99' | 'n'> {
  return {
    mean: stage.bounded ? atMost(stage, stage.meanNs, unit) : inUnit(unit, stage.meanNs),
    plusMinus: stage.clock === 'cross' ? `±${uncertaintyIn(unit, stage.uncertaintyNs)}` : '',
    p50: stageNs(stage, stage.p50Ns, unit),
    p99: percentileExists(stage.n, 0.99) ? stageNs(stage, stage.p99Ns, unit) : NONE,
    n: formatCount(stage.n),
  };
}

/** A percentile of a stage: as '≤' where the stage is bounded and the value itself is smaller than the uncertainty. */
export function stageNs(stage: Stage, ns: number, unit: NsUnit): string {
  return stage.bounded && ns < stage.uncertaintyNs ? atMost(stage, ns, unit) : inUnit(unit, ns);
}

/** The largest a value can be; one that is negative beyond its uncertainty contradicts the clocks and is printed as it is. */
function atMost({ uncertaintyNs }: Stage, ns: number, unit: NsUnit): string {
  if (!Number.isFinite(uncertaintyNs)) return NONE;
  return ns < -uncertaintyNs ? inUnit(unit, ns) : `≤${inUnit(unit, ns + uncertaintyNs)}`;
}

/** An uncertainty in a table's unit, with more decimals than the table where it is small. */
export function uncertaintyIn(unit: NsUnit, ns: number): string {
  if (!Number.isFinite(ns)) return '?';
  if (ns === 0) return '0';
  let finer = unit;
  while (finer.decimals < 3 && finer.step > 1 && ns < 10 * finer.step)
    finer = { ...finer, decimals: finer.decimals + 1, step: finer.step / 10 };
  return inUnit(finer, ns);
}

/** Whether a percentile of n requests says more than their maximum: at least one request lies beyond it. */
export function percentileExists(n: number, fraction: number): boolean {
  return n * (1 - fraction) >= 0.999999;
}

function add(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Groups of values in steps, rounded so that rows add up to their group and groups to the whole; plainly where they cannot. */
function roundTogether(groups: readonly (readonly number[])[], step: number, whole: number) {
  const inSteps = groups.map((values) => values.map((value) => value / step));
  const sums = apportion(inSteps.map(add), Math.round(whole / step));
  // A group's sum was itself rounded down or up, so its rows may be up to one step away from it.
  const rows = inSteps.map((values, at) => (sums === null ? null : apportion(values, sums[at]!, 1)));
  if (sums !== null && rows.every((each) => each !== null)) return { exact: true, sums, rows };
  return {
    exact: false,
    sums: inSteps.map((values) => Math.round(add(values))),
    rows: inSteps.map((values) => values.map(Math.round)),
  };
}

/** The stage that takes most of a request outside the device (of all stages when there is no other); undefined when none. */
export function largestRow(table: StageTable): StageRow | undefined {
  const rows = table.sides.flatMap((group) => group.rows);
  const software = rows.filter((row) => row.stage.side !== 'device');
  return (software.length > 0 ? software : rows).toSorted((a, b) => b.perRequestNs - a.perRequestNs)[0];
}

/** The stage that grows most from one band to another, with by how much; undefined when a band is empty or none grows. */
export function largestGrowth(
  from: Band,
  to: Band,
): { readonly id: string; readonly ns: number } | undefined {
  if (from.n === 0 || to.n === 0) return undefined;
  const before = new Map(from.stages.map((stage) => [stage.id, stage.meanNs]));
  const grown = to.stages.map((stage) => ({
    id: stage.id,
    ns: stage.meanNs - (before.get(stage.id) ?? 0),
  }));
  const largest = grown.toSorted((a, b) => b.ns - a.ns)[0];
  return largest !== undefined && largest.ns > 0 ? largest : undefined;
}

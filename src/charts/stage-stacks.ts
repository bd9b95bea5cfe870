/** Which stacks there are: rows of stages with times, for the stacked bars. */
import { apportion } from '../render/apportion.ts';
import { formatShare, inUnit, type NsUnit, percentSteps, plural, stepsInUnit } from '../render/format-ns.ts';
import type { Side } from '../render/stacked-bar.ts';
import type { StageTable } from '../render/stage-rows.ts';
import type { ReportModel } from '../report/report-model.ts';

export interface StackPart {
  readonly key: string;
  readonly id: string;
  readonly title: string;
  readonly side: Side;
  /** Position among the stages of its side: neighbours differ in tone. */
  readonly tone: 0 | 1;
  readonly ns: number;
}

export interface StackRow {
  readonly name: string;
  readonly totalNs: number;
  /** '6,121 µs'. */
  readonly total: string;
  readonly parts: readonly StackPart[];
  /** What the sides make, in words: '3,476 µs', '57 %'. */
  readonly sides: Readonly<Record<Side, { readonly sum: string; readonly share: string }>>;
}

/** Mean, typical and slow; a band without requests is left out. */
export function bandStacks(model: ReportModel, table: StageTable): StackRow[] {
  const mean = new Map(
    table.sides.flatMap(({ rows }) =>
      rows.map(({ stage, perRequestNs }) => [stage.id, perRequestNs] as const),
    ),
  );
  const band = (name: string, { n, meanNs, stages }: ReportModel['bands']['slow']) =>
    n === 0 ? [] : [stackRow(name, meanNs, new Map(stages.map((stage) => [stage.id, stage.meanNs])), table)];
  return [
    stackRow('mean', model.total.meanNs, mean, table),
    ...band('typical (p45 to p55)', model.bands.typical),
    ...band('slow (around p99)', model.bands.slow),
  ];
}

/** One stack per variant. */
export function variantStacks(model: ReportModel, table: StageTable): StackRow[] {
  return model.variants.map(({ name, n, share, meanNs, stages }) =>
    stackRow(
      `${formatShare(share)}: ${name}, ${plural(n, 'request')}`,
      meanNs,
      new Map(stages.map((stage) => [stage.id, stage.meanNs])),
      table,
    ),
  );
}

function stackRow(
  name: string,
  totalNs: number,
  times: ReadonlyMap<string, number>,
  table: StageTable,
): StackRow {
  const parts = table.sides.flatMap(({ rows, side }) =>
    rows.map(({ key, stage }, at) => ({
      key,
      id: stage.id,
      title: stage.title,
      side,
      tone: (at % 2) as 0 | 1,
      ns: times.get(stage.id) ?? 0,
    })),
  );
  return stackOf(name, totalNs, parts, table.unit);
}

/** A stack of parts that sum to `totalNs`, with its texts in a unit. */
export function stackOf(name: string, totalNs: number, parts: readonly StackPart[], unit: NsUnit): StackRow {
  return {
    name,
    totalNs,
    total: `${inUnit(unit, totalNs)} ${unit.name}`,
    parts,
    sides: sidesOf(parts, totalNs, unit),
  };
}

const SIDES = ['submit', 'device', 'complete'] as const;

/** Sums that add up in the digits shown. */
function sidesOf(parts: readonly StackPart[], totalNs: number, unit: NsUnit): StackRow['sides'] {
  const sums = SIDES.map((side) => parts.reduce((sum, part) => sum + (part.side === side ? part.ns : 0), 0));
  const steps = apportion(
    sums.map((ns) => ns / unit.step),
    Math.round(totalNs / unit.step),
    1,
  );
  const percents = apportion(
    sums.map((ns) => (ns / totalNs) * 100),
    100,
    1,
  );
  const texts = SIDES.map((side, at) => [
    side,
    {
      sum: `${steps === null ? inUnit(unit, sums[at]!) : stepsInUnit(unit, steps[at]!, sums[at]!)} ${unit.name}`,
      share:
        percents === null
          ? formatShare(sums[at]! / totalNs)
          : percentSteps(percents[at]!, sums[at]! / totalNs),
    },
  ]);
  return Object.fromEntries(texts);
}

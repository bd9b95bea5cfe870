import type { ReportModel, Variant } from '../report/report-model.ts';
import { apportion } from './apportion.ts';
import { formatCount, formatDuration, formatShare, inUnit, NONE, stepsInUnit } from './format-ns.ts';
import { percentileExists, type StageRow, type StageTable, stageNs } from './stage-rows.ts';
import { type Column, pipeTable } from './table.ts';

const left = (title: string): Column => ({ title, align: 'left' });
const right = (title: string): Column => ({ title, align: 'right' });

function rowsOf(table: StageTable): readonly StageRow[] {
  return table.sides.flatMap((group) => group.rows);
}

/** Every stage with its plain name, the points it lies between, whose clocks, and how many requests have it. */
export function stageEnds(table: StageTable): string {
  const columns = [left(''), left('stage'), left('what'), left('from → to'), left('clock'), right('n')];
  const rows = rowsOf(table).map(({ key, stage, n }) => [
    key,
    stage.id,
    stage.title,
    `${stage.from} → ${stage.to}`,
    stage.clock === 'cross' ? `both, ±${formatDuration(stage.uncertaintyNs)}` : stage.clock,
    n,
  ]);
  return pipeTable(columns, rows);
}

/** Every stage's distribution over the requests that have it, and its part of the typical and of the slow request. */
export function stageDistributions(model: ReportModel, table: StageTable): string {
  const columns = [
    left(''),
    left(`stage, ${table.unit.name}`),
    ...['mean', '95 % of mean', 'min', 'p50', 'p90', 'p99', 'p99.9', 'max', 'typical', 'slow'].map(right),
  ];
  const typical = bandColumn(model.bands.typical, table);
  const slow = bandColumn(model.bands.slow, table);
  const rows = rowsOf(table).map((row, at) => [
    row.key,
    row.stage.id,
    ...distribution(row, table),
    typical[at]!,
    slow[at]!,
  ]);
  return pipeTable(columns, rows);
}

function distribution({ stage, mean }: StageRow, { unit }: StageTable): string[] {
  const percentile = (fraction: number, ns: number) =>
    percentileExists(stage.n, fraction) ? stageNs(stage, ns, unit) : NONE;
  return [
    mean,
    `${inUnit(unit, stage.ciLowNs)} to ${inUnit(unit, stage.ciHighNs)}`,
    stageNs(stage, stage.minNs, unit),
    stageNs(stage, stage.p50Ns, unit),
    percentile(0.9, stage.p90Ns),
    percentile(0.99, stage.p99Ns),
    percentile(0.999, stage.p999Ns),
    stageNs(stage, stage.maxNs, unit),
  ];
}

function bandColumn(band: ReportModel['bands']['slow'], table: StageTable): string[] {
  if (band.n === 0) return rowsOf(table).map(() => NONE);
  return meanColumn(band, table);
}

/** The populations, largest means and shares, and a column of stage means for each, adding up to its mean. */
export function variantTable(model: ReportModel, table: StageTable): string {
  const columns = [left('variant'), right('share'), right('n'), right(`mean, ${table.unit.name}`)];
  const rows = model.variants.map((variant, at) => [
    `${at + 1}: ${variant.name}`,
    formatShare(variant.share),
    formatCount(variant.n),
    inUnit(table.unit, variant.meanNs),
  ]);
  return pipeTable(columns, rows);
}

/** Stages by variant; a stage a variant does not have is left empty. */
export function variantStages(model: ReportModel, table: StageTable): string {
  const columns = [
    left(''),
    left(`stage, ${table.unit.name}`),
    ...model.variants.map((_, at) => right(`${at + 1}`)),
  ];
  const cells = model.variants.map((variant) => meanColumn(variant, table));
  const rows = rowsOf(table).map((row, at) => [row.key, row.stage.id, ...cells.map((column) => column[at]!)]);
  const totals = model.variants.map((variant) => inUnit(table.unit, variant.meanNs));
  return pipeTable(columns, [...rows, ['', 'total', ...totals]]);
}

/** The means of a stack, one cell per row of the table, rounded so that they add up to the stack's own mean. */
function meanColumn(
  stack: { readonly meanNs: number; readonly stages: Variant['stages'] },
  { unit, ...table }: StageTable,
): string[] {
  const means = new Map(stack.stages.map((stage) => [stage.id, stage.meanNs]));
  const present = table.sides.flatMap((group) => group.rows).map((row) => means.get(row.stage.id));
  const steps = present.map((ns) => (ns ?? 0) / unit.step);
  const rounded = apportion(steps, Math.round(stack.meanNs / unit.step)) ?? steps.map(Math.round);
  return present.map((ns, at) => (ns === undefined ? '' : stepsInUnit(unit, rounded[at]!, ns)));
}

import type { ReportModel } from '../report/report-model.ts';
import { formatCount, inUnit, NONE, plural } from './format-ns.ts';
import { FILL, type Side } from './stacked-bar.ts';
import { percentileExists, type SideRows, type StageRow, type StageTable } from './stage-rows.ts';
import type { Column } from './table.ts';

/** A line of the stage table: the heading of a side, a stage, or the total. */
export interface GridRow {
  readonly kind: 'side' | 'stage' | 'total';
  readonly side: Side | null;
  readonly cells: readonly string[];
  /** Where the stage lies and what is special about it; '' for sides and the total. */
  readonly note: string;
}

/** The stage table as columns and rows of text, the same for terminal and Markdown. */
export interface StageGrid {
  readonly columns: readonly Column[];
  readonly rows: readonly GridRow[];
  /** What a reader has to know to use the columns. */
  readonly footnotes: readonly string[];
}

type Cells = Pick<StageRow, 'key' | 'perRequest' | 'mean' | 'plusMinus' | 'p50' | 'p99' | 'share' | 'n'> & {
  name: string;
};

const BLANK: Cells = {
  key: '',
  name: '',
  perRequest: '',
  mean: '',
  plusMinus: '',
  p50: '',
  p99: '',
  share: '',
  n: '',
};

/** Lays the stage table out. The columns 'a request', '±' and 'n' exist only where they say something. */
export function stageGrid(table: StageTable, model: ReportModel): StageGrid {
  const row = (kind: GridRow['kind'], side: Side | null, cells: Cells, note: string): GridRow => ({
    kind,
    side,
    cells: order(table, cells),
    note,
  });
  const rows = table.sides.flatMap((group) => [
    row('side', group.side, sideCells(group, table), ''),
    ...group.rows.map((each) =>
      row('stage', group.side, { ...each, name: each.stage.id }, stageNote(each, table)),
    ),
  ]);
  return {
    columns: columns(table),
    rows: [...rows, row('total', null, totalCells(table, model), '')],
    footnotes: footnotes(table, model),
  };
}

function columns(table: StageTable): Column[] {
  const right = (title: string): Column => ({ title, align: 'right' });
  return [
    { title: '', align: 'left' },
    { title: `stage, ${table.unit.name}`, align: 'left', shrink: true },
    ...(table.mixed ? [right('a request')] : []),
    right('mean'),
    ...(table.crossClock ? [right('±')] : []),
    right('p50'),
    right('p99'),
    right('share'),
    ...(table.mixed ? [right('n')] : []),
  ];
}

function order(table: StageTable, cells: Cells): string[] {
  return [
    cells.key,
    cells.name,
    ...(table.mixed ? [cells.perRequest] : []),
    cells.mean,
    ...(table.crossClock ? [cells.plusMinus] : []),
    cells.p50,
    cells.p99,
    cells.share,
    ...(table.mixed ? [cells.n] : []),
  ];
}

function sideCells(group: SideRows, table: StageTable): Cells {
  const sum = table.mixed ? { perRequest: group.sum } : { mean: group.sum };
  return { ...BLANK, ...sum, key: FILL[group.side], name: group.side, share: group.share };
}

function totalCells(table: StageTable, { total, requests }: ReportModel): Cells {
  const p99 = percentileExists(requests.matched, 0.99) ? inUnit(table.unit, total.p99Ns) : NONE;
  const p50 = inUnit(table.unit, total.p50Ns);
  const sum = table.mixed ? { perRequest: table.total } : {};
  return {
    ...BLANK,
    ...sum,
    name: 'total',
    mean: table.total,
    p50,
    p99,
    share: '100 %',
    n: formatCount(requests.matched),
  };
}

function stageNote({ stage, perRequest }: StageRow, table: StageTable): string {
  const parts = stage.id.split('+').length;
  return [
    `${stage.from} → ${stage.to}`,
    ...(parts > 1 ? [`${parts} stages merged`] : []),
    ...(stage.bounded && !table.mixed ? [`counts ${perRequest} in the sum`] : []),
  ].join(', ');
}

function footnotes(table: StageTable, model: ReportModel): string[] {
  const rows = table.sides.flatMap((group) => group.rows);
  const all = plural(model.requests.matched, 'request');
  const sum = table.addsUp ? ', last digit rounded up or down so that the column adds up' : '';
  const mixed = `a request: mean over ${all}${sum}. mean, p50, p99: over the n that have the stage.`;
  return [
    ...(table.mixed ? [mixed] : [`mean: over ${all}${sum}.`]),
    ...(table.crossClock ? [CROSS_CLOCK] : []),
    ...(rows.some((row) => row.stage.bounded) ? ['≤: smaller than what the clocks leave open.'] : []),
    ...(rows.some((row) => row.p99 === NONE) ? [`${NONE} under p99: fewer than 100 requests.`] : []),
  ];
}

const CROSS_CLOCK =
  '±: begins and ends on different clocks; an error of their relation moves time between such stages and cancels in the total.';

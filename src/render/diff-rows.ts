import type { Difference, DiffModel } from '../diff/diff-model.ts';
import { apportion } from './apportion.ts';
import { changeText } from './diff-sentences.ts';
import { formatShare, inUnit, NONE, type NsUnit, stepsInUnit, tableUnit } from './format-ns.ts';
import type { Side } from './stacked-bar.ts';
import type { Column } from './table.ts';

/** A row of the comparison, its cells already text, in the order of DIFF_COLUMNS. */
export interface DiffRow {
  readonly id: string;
  readonly title: string;
  readonly side: Side | null;
  readonly shown: Difference['shown'];
  readonly cells: readonly string[];
  readonly of: Difference;
}

export interface DiffTable {
  readonly unit: NsUnit;
  readonly columns: readonly Column[];
  /** Stages in the order of the request's way, the total last. */
  readonly rows: readonly DiffRow[];
}

/** The comparison as a table in one unit. Columns A, B and B − A add up in the digits shown. */
export function diffTable(model: DiffModel): DiffTable {
  const { total, stages } = model;
  const unit = finer(tableUnit(Math.max(total.aNs, total.bNs)), total);
  const column = (pick: (of: Difference) => number) => {
    const whole = Math.round(pick(total) / unit.step);
    const steps = apportion(
      stages.map((stage) => pick(stage) / unit.step),
      whole,
      1,
    );
    return stages.map((stage, at) =>
      steps === null ? inUnit(unit, pick(stage)) : stepsInUnit(unit, steps[at]!, pick(stage)),
    );
  };
  const a = column(({ aNs }) => aNs);
  const b = column(({ bNs }) => bNs);
  const row = (
    of: Difference,
    id: string,
    title: string,
    side: Side | null,
    ofA: string,
    ofB: string,
  ): DiffRow => ({
    id,
    title,
    side,
    shown: of.shown,
    of,
    cells: [
      id,
      ofA,
      ofB,
      plus(inUnit(unit, of.ns), of.ns),
      inTable(of, unit),
      changeText(of),
      chance(of),
      markOf(of),
    ],
  });
  return {
    unit,
    columns: [
      { title: `stage, ${unit.name}`, align: 'left', shrink: true },
      { title: 'A', align: 'right' },
      { title: 'B', align: 'right' },
      { title: 'B − A', align: 'right' },
      { title: '±', align: 'right' },
      { title: 'of A', align: 'right' },
      { title: 'B longer', align: 'right' },
      { title: 'shown', align: 'left' },
    ],
    rows: [
      ...stages.map((stage, at) =>
        row(
          stage,
          stage.id,
          stage.title,
          stage.side,
          stage.ofA.length === 0 ? NONE : a[at]!,
          stage.ofB.length === 0 ? NONE : b[at]!,
        ),
      ),
      row(total, 'total', '', null, inUnit(unit, total.aNs), inUnit(unit, total.bNs)),
    ],
  };
}

/** Why not, where chance alone would not explain it: 'unsteady' and 'clocks' are explained below the table. */
function markOf({ shown, heldBy }: Difference): string {
  if (shown !== 'no') return shown;
  return heldBy === 'wander' ? 'unsteady' : heldBy === 'clocks' ? 'clocks' : '';
}

/** What the marks of a table mean; only those that are in it. */
export function markNotes({ rows }: DiffTable): string[] {
  const has = (kind: Difference['heldBy']) => rows.some(({ of }) => of.heldBy === kind);
  return [
    ...(has('wander')
      ? ['unsteady: more than chance, but less than twice what the recordings stray by themselves.']
      : []),
    ...(has('clocks') ? ['clocks: more than chance, but less than what the clocks leave open.'] : []),
  ];
}

/** A digit more than the totals have, where the difference needs it: 24.66 against 24.13 µs. */
function finer(unit: NsUnit, { ns }: Difference): NsUnit {
  return unit.step > 1 && Math.abs(ns) < 20 * unit.step
    ? { ...unit, decimals: unit.decimals + 1, step: unit.step / 10 }
    : unit;
}

function plus(text: string, ns: number): string {
  const bare = text.replace(/^-/, '').replace(/^>-/, '<');
  if (/^[0.,]+$/.test(bare)) return bare;
  return `${ns < 0 ? '−' : '+'}${bare}`;
}

/** Half of the 95 % interval, which is symmetric. */
function inTable({ ns, highNs }: Difference, unit: NsUnit): string {
  return Number.isFinite(highNs) ? inUnit(unit, highNs - ns) : NONE;
}

function chance({ slowerChance }: Difference): string {
  return slowerChance === null ? NONE : formatShare(slowerChance);
}

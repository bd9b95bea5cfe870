/** How the samples of one event become rows, laid out for the loop that reads all samples: every plan has the same shape. */
import { type ColumnSource, IMPOSSIBLE, type MadeNumber } from './column-source.ts';
import type { ColumnPlan } from './columns.ts';

/** In place of a form: the event does not fill the column. */
export const UNFILLED = 0;
/** In place of a form: the number is made by a function. */
export const MADE = -1;

export class SamplePlan {
  readonly kind: number;
  /** Bytes of raw data a sample must have. */
  readonly needs: number;
  readonly dev: PlannedColumn;
  readonly tag: PlannedColumn;
  readonly aux: PlannedColumn;

  constructor({ kind, needs, dev, tag, aux }: ColumnPlan) {
    this.kind = kind;
    this.needs = needs;
    this.dev = new PlannedColumn(dev);
    this.tag = new PlannedColumn(tag);
    this.aux = new PlannedColumn(aux);
  }
}

/** How one column is filled. */
class PlannedColumn {
  /** One of FORM, UNFILLED or MADE. */
  readonly form: number;
  /** Of the field, from the beginning of the raw data. */
  readonly offset: number;
  readonly made: MadeNumber;

  constructor(source: ColumnSource | undefined) {
    const isField = typeof source === 'object';
    this.form = source === undefined ? UNFILLED : isField ? source.form : MADE;
    this.offset = isField ? source.offset : 0;
    this.made = typeof source === 'function' ? source : () => IMPOSSIBLE;
  }
}

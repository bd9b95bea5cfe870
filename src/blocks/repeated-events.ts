/** Events that stand in a stream twice, found while it is read in order of time. */
import type { EventColumns } from '../../parsers/event-sink.ts';

/** Rows look back at so many of the same time, as `repeatedRows` does (src/trace). */
const REACH = 16;

/** A row but for its time. */
type Row = readonly [kind: number, cpu: number, tid: number, dev: number, tag: number, aux: number];

/** Asked only about rows that have the time of the one before, which are few. */
export class RepeatedEvents {
  /** The latest rows of the batch before that have the time of its last one. */
  #before: Row[] = [];
  #time = Number.NaN;

  /** Whether a row of a batch repeats one of those before it that have its time; `time`, as the columns' counts from another for each. */
  has(columns: EventColumns, row: number, time: number): boolean {
    const own = rowAt(columns, row);
    let first = row;
    while (first > 0 && columns.ts[first - 1] === columns.ts[row]) first--;
    for (let at = Math.max(first, row - REACH); at < row; at++)
      if (isSame(rowAt(columns, at), own)) return true;
    if (first > 0 || row >= REACH || time !== this.#time) return false;
    return this.#before.slice(row - REACH).some((each) => isSame(each, own));
  }

  /** The batch is over, of so many rows, with the last one at `time`. */
  end(columns: EventColumns, count: number, time: number): void {
    this.#time = time;
    const before: Row[] = [];
    const last = columns.ts[count - 1];
    for (let row = count - 1; row >= 0 && columns.ts[row] === last && before.length < REACH; row--)
      before.unshift(rowAt(columns, row));
    this.#before = before;
  }
}

function rowAt({ kind, cpu, tid, dev, tag, aux }: EventColumns, row: number): Row {
  return [kind[row]!, cpu[row]!, tid[row]!, dev[row]!, tag[row]!, aux[row]!];
}

function isSame(one: Row, other: Row): boolean {
  return one.every((value, at) => Object.is(value, other[at]));
}

/**
 * Indexes a table while another thread still fills it: who waits for the rest of a file does meanwhile what would come next. Rows are laid
 * out by kind as they come, when they are still near in memory.
 */
import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import type { Columns } from './columns.ts';
import type { EventTable } from './event-table.ts';
import { knowIndex } from './occurrences.ts';
import { knowOrder } from './order.ts';

/** A table that is being filled: its columns, and how many rows of it will not change any more. */
export interface Growing {
  readonly columns: Columns;
  readonly rows: number;
}

/** Rows of one kind that there is room for at first, and how much more than seems to be needed is made when that is filled. */
const LEAST_ROOM = 4096;
const SPARE = 1.1;
/** In times of what there was; a kind that has only begun to come says little of how many are to come. */
const LEAST_GROWTH = 1.5;
const MOST_GROWTH = 16;

const NOTHING = new SharedArrayBuffer(0);

/** Rows of one kind with their columns, of which the first `length` are filled; in memory that other threads can be given. */
class GrowingRows {
  length = 0;
  rows = new Uint32Array(NOTHING);
  ts = new Float64Array(NOTHING);
  tid = new Uint32Array(NOTHING);

  /** Makes room, where `share` of the table has come. */
  grow(share: number): void {
    const { length, rows, ts, tid } = this;
    const likely = length === 0 ? 0 : Math.min((length / share) * SPARE, length * MOST_GROWTH);
    const room = Math.ceil(Math.max(LEAST_ROOM, likely, length * LEAST_GROWTH));
    this.rows = new Uint32Array(new SharedArrayBuffer(4 * room));
    this.ts = new Float64Array(new SharedArrayBuffer(8 * room));
    this.tid = new Uint32Array(new SharedArrayBuffer(4 * room));
    this.rows.set(rows.subarray(0, length));
    this.ts.set(ts.subarray(0, length));
    this.tid.set(tid.subarray(0, length));
  }
}

/** The index of a table that grows. Its rows are to be in order of time: where they are not, nothing comes of it. */
export class GrowingIndex {
  readonly #kinds = EVENT_KINDS.map(() => new GrowingRows());
  #rows = 0;
  #latest = Number.NEGATIVE_INFINITY;

  /** The table has grown; it is about `share` of what it will be. */
  add({ columns, rows }: Growing, share: number): void {
    if (rows <= this.#rows || this.#latest === OUT_OF_ORDER) return;
    this.#latest = layOut(this.#kinds, columns, this.#rows, rows, this.#latest, share);
    this.#rows = rows;
  }

  /** The table is there: whoever asks for its index, or its order, is given what was found out. */
  finish(table: EventTable): void {
    const { kind, cpu, tid, dev, tag, aux, ts, length } = table;
    this.add({ columns: { ts, kind, cpu, tid, dev, tag, aux }, rows: length }, 1);
    if (this.#latest === OUT_OF_ORDER || this.#rows !== length) return;
    knowOrder(table.ts);
    knowIndex(
      table,
      this.#kinds.map((own) => ({
        rows: own.rows.subarray(0, own.length),
        ts: own.ts.subarray(0, own.length),
        tid: own.tid.subarray(0, own.length),
      })),
    );
  }
}

const OUT_OF_ORDER = Number.POSITIVE_INFINITY;

/** Lays rows out by kind. The time of the last one; OUT_OF_ORDER where one of them is earlier than the one before. */
function layOut(
  kinds: readonly GrowingRows[],
  { kind, ts, tid }: Columns,
  from: number,
  behind: number,
  before: number,
  share: number,
): number {
  let latest = before;
  for (let row = from; row < behind; row++) {
    const time = ts[row]!;
    if (time < latest) return OUT_OF_ORDER;
    latest = time;
    const own = kinds[kind[row]!]!;
    const at = own.length;
    if (at === own.rows.length) own.grow(share);
    own.length = at + 1;
    own.rows[at] = row;
    own.ts[at] = time;
    own.tid[at] = tid[row]!;
  }
  return latest;
}

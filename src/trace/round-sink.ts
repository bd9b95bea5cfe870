import type { EventSink } from '../../parsers/event-sink.ts';
import type { Epoch } from './block-table.ts';
import { type Columns, copyShifted, privateColumns, rowsOf } from './columns.ts';
import { orderBehind } from './order.ts';

/** Rows there is room for: of many rounds, so that what is left of one is seldom moved. */
const ROOM = 1 << 18;
/** So many rows without a round are put in order by themselves and handed on: who needs all in order sorts them. */
const MOST_ROWS = 1 << 20;

const ANY_CPU = -1;

/** What takes rows that are in order. */
export interface RowTable extends EventSink {
  /** Rows of columns with times after `epoch`, in the order given; their strings are those of this table. */
  addRows(columns: Columns, order: Uint32Array, epoch: Epoch): void;
}

interface HeldLoss {
  readonly cpu: number;
  readonly count: number | undefined;
  /** Rows held before it. */
  readonly row: number;
}

/**
 * Puts the rows of a tracer that empties its CPUs' buffers in rounds in order of time on their way into a table: a few thousand
 * rows that are at hand take a fraction of what sorting the whole table takes. What is earlier than a round says is handed on in its
 * turn, and the table is then not in order.
 */
export class RoundSink implements EventSink {
  readonly #table: RowTable;
  #columns = privateColumns(ROOM);
  /** Rows from here on are held, those of the round before first: so many. */
  #start = 0;
  #end = 0;
  #before = 0;
  /** Those of them that have not been handed on, in order of time. */
  #order: Uint32Array = new Uint32Array();
  /** Time of the latest row of the round before: what comes is later. */
  #latest = Number.NEGATIVE_INFINITY;
  #losses: HeldLoss[] = [];
  #epoch: Epoch | undefined;

  constructor(table: RowTable) {
    this.#table = table;
  }

  event(
    kind: number,
    sec: number,
    nsec: number,
    cpu: number,
    tid: number,
    dev: number,
    tag: number,
    aux: number,
  ): void {
    this.#epoch ??= { sec, nsec };
    if (this.#end === this.#columns.ts.length) this.#makeRoom();
    const row = this.#end++;
    const columns = this.#columns;
    columns.ts[row] = (sec - this.#epoch.sec) * 1e9 + (nsec - this.#epoch.nsec);
    columns.kind[row] = kind;
    columns.cpu[row] = cpu;
    columns.tid[row] = tid;
    columns.dev[row] = dev;
    columns.tag[row] = tag;
    columns.aux[row] = aux;
  }

  batch(from: Columns, count: number, sec: number, nsec: number): void {
    this.#epoch ??= { sec, nsec };
    if (this.#end + count > this.#columns.ts.length) this.#makeRoom();
    const at = this.#end;
    this.#end += count;
    const shift = (sec - this.#epoch.sec) * 1e9 + (nsec - this.#epoch.nsec);
    copyShifted(from, count, this.#columns, at, shift);
  }

  round(): void {
    const held = this.#held;
    if (held.ts.length === this.#before) return;
    const order = this.#ordered(held);
    const settled = settledBy(held.ts, order, this.#latest);
    this.#latest = Math.max(this.#latest, held.ts[order.at(-1)!]!);
    this.#handOn(held, order, settled);
    // Of the round before nothing is later than its latest.
    this.#order = order.slice(settled);
    for (let at = 0; at < this.#order.length; at++) this.#order[at]! -= this.#before;
    this.#start += this.#before;
    this.#before = held.ts.length - this.#before;
  }

  string(text: string): number {
    return this.#table.string(text);
  }

  task(tid: number, comm: string, tgid: number | undefined): void {
    this.#table.task(tid, comm, tgid);
  }

  lost(cpu: number, count: number | undefined): void {
    this.#losses.push({ cpu, count, row: this.#end - this.#start });
    if (this.#losses.length === MOST_ROWS) this.finish();
  }

  reject(reason: string, byteOffset: number, line: number, count?: number): void {
    this.#table.reject(reason, byteOffset, line, count);
  }

  /** Hands on what is held; nothing comes any more, or nothing that is known to be later. */
  finish(): void {
    const held = this.#held;
    const order = this.#ordered(held);
    this.#handOn(held, order, order.length);
    this.#order = new Uint32Array();
    this.#start = this.#end;
    this.#before = 0;
  }

  get #held(): Columns {
    return rowsOf(this.#columns, this.#start, this.#end);
  }

  /** Rows that have not been handed on, in order of time. */
  #ordered({ ts }: Columns): Uint32Array {
    return orderBehind(ts, this.#order, this.#before);
  }

  /** Hands the first `settled` rows of an order on, with the losses among them. */
  #handOn(held: Columns, order: Uint32Array, settled: number): void {
    const losses = this.#losses.length === 0 ? [] : placed(this.#losses, held.cpu, order);
    let at = 0;
    for (const { loss, row } of losses) {
      if (row > settled) break;
      this.#add(held, order.subarray(at, row));
      at = row;
      this.#table.lost(loss.cpu, loss.count);
    }
    this.#add(held, order.subarray(at, settled));
    this.#losses = losses
      .filter(({ row }) => row > settled)
      .map(({ loss }) => ({ ...loss, row: loss.row - this.#before }))
      .sort((a, b) => a.row - b.row);
  }

  #add(held: Columns, rows: Uint32Array): void {
    if (rows.length > 0) this.#table.addRows(held, rows, this.#epoch!);
  }

  #makeRoom(): void {
    if (this.#end - this.#start >= MOST_ROWS) this.finish();
    const held = this.#end - this.#start;
    const { length } = this.#columns.ts;
    // At least half of it is free then.
    const columns = held > length / 2 ? privateColumns(2 * length) : this.#columns;
    for (const name of Object.keys(columns) as (keyof Columns)[])
      columns[name].set(this.#columns[name].subarray(this.#start, this.#end));
    this.#columns = columns;
    this.#start = 0;
    this.#end = held;
  }
}

/** How many rows, in order of time, are not later than a time. */
function settledBy(times: Float64Array, order: Uint32Array, time: number): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[order[middle]!]! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Losses and how many rows of an order come before each: those up to the row of its CPU, or any row, that it stood behind. */
function placed(
  losses: readonly HeldLoss[],
  cpus: Uint16Array,
  order: Uint32Array,
): { loss: HeldLoss; row: number }[] {
  const places = new Int32Array(cpus.length).fill(-1);
  for (const [place, row] of order.entries()) places[row] = place;
  /** Place of the latest row of each CPU, and of any, among those before a loss; they are in the order of the file. */
  const latest = new Map<number, number>();
  let row = 0;
  return losses
    .map((loss) => {
      for (; row < loss.row; row++) {
        latest.set(cpus[row]!, places[row]!);
        latest.set(ANY_CPU, places[row]!);
      }
      return { loss, row: (latest.get(loss.cpu < 0 ? ANY_CPU : loss.cpu) ?? -1) + 1 };
    })
    .sort((a, b) => a.row - b.row);
}

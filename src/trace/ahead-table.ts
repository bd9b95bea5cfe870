import type { BlockExtras, Epoch } from './block-table.ts';
import { type Columns, copyShifted, rowsOf } from './columns.ts';
import { MOST_STRINGS } from './event-table-builder.ts';
import { pickRows } from './order.ts';
import type { RowTable } from './round-sink.ts';

/** Rows and what came with them; can be sent to another thread with the columns that they are in. */
export interface RowsAhead {
  readonly epoch: Epoch;
  readonly extras: BlockExtras;
}

/** What has no rows is handed over when there is so much of it. */
const MOST_EXTRAS = 4096;

/**
 * The sink of a thread that reads a stream for another: rows into columns that it is given, one after the other, and handed over when they
 * are full. Strings are numbered through the whole stream.
 */
export class AheadTable implements RowTable {
  readonly #next: () => Columns;
  readonly #handOver: (rows: RowsAhead) => void;
  #columns: Columns | undefined;
  #room = 0;
  #rows = 0;
  #epoch: Epoch = { sec: 0, nsec: 0 };
  #hasEpoch = false;
  readonly #ids = new Map<string, number>([['', 0]]);
  #strings: string[] = [];
  #tasks: BlockExtras['tasks'][number][] = [];
  #losses: BlockExtras['losses'][number][] = [];
  #rejects = new Map<string, { reason: string; count: number; firstOffset: number; firstLine: number }>();

  /** `next` gives columns for the rows to come, and may wait for them; each of them is handed over once. */
  constructor(next: () => Columns, handOver: (rows: RowsAhead) => void) {
    this.#next = next;
    this.#handOver = handOver;
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
    if (!this.#hasEpoch) this.#begin({ sec, nsec });
    const columns = this.#columnsWithRoom();
    const row = this.#rows++;
    columns.ts[row] = (sec - this.#epoch.sec) * 1e9 + (nsec - this.#epoch.nsec);
    columns.kind[row] = kind;
    columns.cpu[row] = cpu;
    columns.tid[row] = tid;
    columns.dev[row] = dev;
    columns.tag[row] = tag;
    columns.aux[row] = aux;
  }

  batch(from: Columns, count: number, sec: number, nsec: number): void {
    if (!this.#hasEpoch) this.#begin({ sec, nsec });
    const shift = (sec - this.#epoch.sec) * 1e9 + (nsec - this.#epoch.nsec);
    for (let at = 0; at < count; ) {
      const own = this.#columnsWithRoom();
      const rows = Math.min(count - at, this.#room - this.#rows);
      copyShifted(rowsOf(from, at, at + rows), rows, own, this.#rows, shift);
      this.#rows += rows;
      at += rows;
    }
  }

  addRows(columns: Columns, order: Uint32Array, epoch: Epoch): void {
    if (!this.#hasEpoch) this.#begin(epoch);
    for (let at = 0; at < order.length; ) {
      const own = this.#columnsWithRoom();
      const rows = order.subarray(at, at + this.#room - this.#rows);
      pickRows(columns, rows, own, this.#rows);
      this.#rows += rows.length;
      at += rows.length;
    }
  }

  string(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    if (this.#ids.size >= MOST_STRINGS) return 0;
    const id = this.#ids.size;
    this.#ids.set(text, id);
    this.#strings.push(text);
    return id;
  }

  task(tid: number, comm: string, tgid: number | undefined): void {
    this.#tasks.push([tid, comm, tgid]);
    if (this.#tasks.length === MOST_EXTRAS) this.finish();
  }

  lost(cpu: number, count: number | undefined): void {
    this.#losses.push({ cpu, count, row: this.#rows });
    if (this.#losses.length === MOST_EXTRAS) this.finish();
  }

  reject(reason: string, byteOffset: number, line: number, count = 1): void {
    const known = this.#rejects.get(reason);
    if (known !== undefined) known.count += count;
    else this.#rejects.set(reason, { reason, count, firstOffset: byteOffset, firstLine: line });
    if (this.#rejects.size === MOST_EXTRAS) this.finish();
  }

  /** Hands over what there is. */
  finish(): void {
    // What came without any row needs columns to go with.
    this.#columns ??= this.#next();
    this.#handOver({
      epoch: this.#epoch,
      extras: {
        rows: this.#rows,
        strings: this.#strings,
        tasks: this.#tasks,
        losses: this.#losses,
        rejects: [...this.#rejects.values()],
        overflows: false,
      },
    });
    this.#columns = undefined;
    this.#rows = 0;
    this.#strings = [];
    this.#tasks = [];
    this.#losses = [];
    this.#rejects.clear();
  }

  #begin(epoch: Epoch): void {
    this.#epoch = epoch;
    this.#hasEpoch = true;
  }

  #columnsWithRoom(): Columns {
    if (this.#columns !== undefined && this.#rows === this.#room) this.finish();
    if (this.#columns === undefined) {
      this.#columns = this.#next();
      this.#room = this.#columns.ts.length;
    }
    return this.#columns;
  }
}

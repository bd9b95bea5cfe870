import type { EventColumns } from '../../parsers/event-sink.ts';
import { type EventTable, eventTable } from './event-table.ts';

/** The columns of a table while they are filled. */
export type Columns = EventColumns;

/** Bytes of a row in columns. */
export const ROW_BYTES = 31;

/** Columns of a length, in memory that other threads can be given. The system gives memory only to the rows that are written. */
export function columnsOf(length: number): Columns {
  return columnsIn(length, (bytes) => new SharedArrayBuffer(bytes));
}

/** The same in memory that no other thread sees, which V8 moves faster. */
export function privateColumns(length: number): Columns {
  return columnsIn(length, (bytes) => new ArrayBuffer(bytes));
}

function columnsIn(length: number, memory: (bytes: number) => ArrayBuffer | SharedArrayBuffer): Columns {
  return {
    ts: new Float64Array(memory(8 * length)),
    kind: new Uint8Array(memory(length)),
    cpu: new Uint16Array(memory(2 * length)),
    tid: new Uint32Array(memory(4 * length)),
    dev: new Uint32Array(memory(4 * length)),
    tag: new Float64Array(memory(8 * length)),
    aux: new Int32Array(memory(4 * length)),
  };
}

/** The rows of a table for another thread: its columns, of which only those are copied that are not in shared memory. */
export function sharedTable(table: EventTable): EventTable {
  const { ts, kind, cpu, tid, dev, tag, aux } = table;
  const columns = {
    ts: shared(ts, (memory) => new Float64Array(memory)),
    kind: shared(kind, (memory) => new Uint8Array(memory)),
    cpu: shared(cpu, (memory) => new Uint16Array(memory)),
    tid: shared(tid, (memory) => new Uint32Array(memory)),
    dev: shared(dev, (memory) => new Uint32Array(memory)),
    tag: shared(tag, (memory) => new Float64Array(memory)),
    aux: shared(aux, (memory) => new Int32Array(memory)),
  };
  return eventTable(columns, { epoch: table.epoch, strings: [], tasks: new Map() });
}

function shared<Column extends Columns[keyof Columns]>(
  column: Column,
  columnIn: (memory: SharedArrayBuffer) => Column,
): Column {
  if (column.buffer instanceof SharedArrayBuffer) return column;
  const copy = columnIn(new SharedArrayBuffer(column.byteLength));
  copy.set(column);
  return copy;
}

/** Columns of a length in memory of ROW_BYTES a row that several threads see. */
export function sharedColumns(memory: SharedArrayBuffer, length: number): Columns {
  let at = 0;
  const next = (bytes: number) => {
    const start = at;
    at += bytes * length;
    return start;
  };
  return {
    ts: new Float64Array(memory, next(8), length),
    tag: new Float64Array(memory, next(8), length),
    tid: new Uint32Array(memory, next(4), length),
    dev: new Uint32Array(memory, next(4), length),
    aux: new Int32Array(memory, next(4), length),
    cpu: new Uint16Array(memory, next(2), length),
    kind: new Uint8Array(memory, next(1), length),
  };
}

/** The rows [first, behind) of columns, in the same memory. */
export function rowsOf(
  { ts, kind, cpu, tid, dev, tag, aux }: Columns,
  first: number,
  behind: number,
): Columns {
  return {
    ts: ts.subarray(first, behind),
    kind: kind.subarray(first, behind),
    cpu: cpu.subarray(first, behind),
    tid: tid.subarray(first, behind),
    dev: dev.subarray(first, behind),
    tag: tag.subarray(first, behind),
    aux: aux.subarray(first, behind),
  };
}

/** The rows [first, behind) of a table, in the same memory. */
export function tableFrom(table: EventTable, first: number, behind: number): EventTable {
  return eventTable(rowsOf(table, first, behind), table);
}

/** Columns of one row at time 0. */
export function columnsOfRow(
  kind: number,
  cpu: number,
  tid: number,
  dev: number,
  tag: number,
  aux: number,
): Columns {
  return {
    ts: Float64Array.of(0),
    kind: Uint8Array.of(kind),
    cpu: Uint16Array.of(cpu),
    tid: Uint32Array.of(tid),
    dev: Uint32Array.of(dev),
    tag: Float64Array.of(tag),
    aux: Int32Array.of(aux),
  };
}

/** Copies the first `rows` rows of columns into others, from row `at` on. */
export function copyRows(from: Columns, rows: number, to: Columns, at: number): void {
  to.ts.set(from.ts.subarray(0, rows), at);
  to.kind.set(from.kind.subarray(0, rows), at);
  to.cpu.set(from.cpu.subarray(0, rows), at);
  to.tid.set(from.tid.subarray(0, rows), at);
  to.dev.set(from.dev.subarray(0, rows), at);
  to.tag.set(from.tag.subarray(0, rows), at);
  to.aux.set(from.aux.subarray(0, rows), at);
}

/** The same at times that are `shift` later. */
export function copyShifted(from: Columns, rows: number, to: Columns, at: number, shift: number): void {
  copyRows(from, rows, to, at);
  if (shift !== 0) for (let row = at; row < at + rows; row++) to.ts[row]! += shift;
}

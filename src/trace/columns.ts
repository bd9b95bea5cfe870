import type { EventTable } from './event-table.ts';

/** The columns of a table while they are filled. */
export interface Columns {
  readonly ts: Float64Array;
  readonly kind: Uint8Array;
  readonly cpu: Uint16Array;
  readonly tid: Uint32Array;
  readonly dev: Uint32Array;
  readonly tag: Float64Array;
  readonly aux: Int32Array;
}

/** Bytes of a row in columns. */
export const ROW_BYTES = 31;

/** Columns of a length, in memory that other threads can be given. The system gives memory only to the rows that are written. */
export function columnsOf(length: number): Columns {
  return {
    ts: new Float64Array(new SharedArrayBuffer(8 * length)),
    kind: new Uint8Array(new SharedArrayBuffer(length)),
    cpu: new Uint16Array(new SharedArrayBuffer(2 * length)),
    tid: new Uint32Array(new SharedArrayBuffer(4 * length)),
    dev: new Uint32Array(new SharedArrayBuffer(4 * length)),
    tag: new Float64Array(new SharedArrayBuffer(8 * length)),
    aux: new Int32Array(new SharedArrayBuffer(4 * length)),
  };
}

/** The rows of a table for another thread: its columns, of which only those are copied that are not in shared memory. */
export function sharedTable(table: EventTable): EventTable {
  const columns = columnsOf(0);
  const shared = Object.fromEntries(
    (Object.keys(columns) as (keyof Columns)[]).map((name) => {
      const column = table[name];
      if (column.buffer instanceof SharedArrayBuffer) return [name, column];
      const copy = columnsOf(table.length)[name];
      copy.set(column);
      return [name, copy];
    }),
  );
  return { ...table, ...shared, strings: [], tasks: new Map() };
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

/** The rows [first, behind) of a table, in the same memory. */
export function tableFrom(table: EventTable, first: number, behind: number): EventTable {
  const part = Object.fromEntries(
    (Object.keys(columnsOf(0)) as (keyof Columns)[]).map((name) => [
      name,
      table[name].subarray(first, behind),
    ]),
  );
  return { ...table, ...part, length: behind - first };
}

/** Copies the first `rows` rows of columns into others, from row `at` on. */
export function copyRows(from: Columns, rows: number, to: Columns, at: number): void {
  for (const name of Object.keys(from) as (keyof Columns)[]) to[name].set(from[name].subarray(0, rows), at);
}

import type { EventColumns } from '../../parsers/event-sink.ts';
import type { EventTable } from './event-table.ts';

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
  return { ...table, ...rowsOf(table, first, behind), length: behind - first };
}

/** Copies the first `rows` rows of columns into others, from row `at` on. */
export function copyRows(from: Columns, rows: number, to: Columns, at: number): void {
  const { ts, kind, cpu, tid, dev, tag, aux } = from;
  const { ts: toTs, kind: toKind, cpu: toCpu, tid: toTid, dev: toDev, tag: toTag, aux: toAux } = to;
  // V8 takes several times as long for \`set\` into shared memory.
  for (let row = 0; row < rows; row++) {
    toTs[at + row] = ts[row]!;
    toKind[at + row] = kind[row]!;
    toCpu[at + row] = cpu[row]!;
    toTid[at + row] = tid[row]!;
    toDev[at + row] = dev[row]!;
    toTag[at + row] = tag[row]!;
    toAux[at + row] = aux[row]!;
  }
}

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

/** Columns of a length. The system gives memory only to the rows that are written. */
export function columnsOf(length: number): Columns {
  return {
    ts: new Float64Array(length),
    kind: new Uint8Array(length),
    cpu: new Uint16Array(length),
    tid: new Uint32Array(length),
    dev: new Uint32Array(length),
    tag: new Float64Array(length),
    aux: new Int32Array(length),
  };
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

/** Copies the first `rows` rows of columns into others, from row `at` on. */
export function copyRows(from: Columns, rows: number, to: Columns, at: number): void {
  for (const name of Object.keys(from) as (keyof Columns)[]) to[name].set(from[name].subarray(0, rows), at);
}

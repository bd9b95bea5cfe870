/** Requests of one disk while its block events go by, as columns. */

/** What a request passed before it was issued, as bits. */
export const PASSED = { queue: 1, getrq: 2, insert: 4 } as const;
export const MOST_PASSED = 8;
/** Beside them: another request to its sector was in flight, and which of them completed, nothing tells. */
export const EQUAL = 8;

/** Of a request that did not complete. */
export const OPEN = -1;

/** Columns of requests in the order of their issue. */
export interface RequestColumns {
  /** When the first of its points was passed, ns after the first event. */
  readonly start: Float64Array;
  /** Ns after that; of a point that was not passed it means nothing. */
  readonly getrq: Int32Array;
  readonly insert: Int32Array;
  readonly issue: Int32Array;
  /** The same, or OPEN. */
  readonly complete: Int32Array;
  readonly passed: Uint8Array;
  readonly sector: Float64Array;
  readonly bytes: Float64Array;
  readonly direction: Uint8Array;
}

/** Room for so many requests. The system gives memory to those that are written. */
export function requestColumns(room: number): RequestColumns {
  return {
    start: new Float64Array(room),
    getrq: new Int32Array(room),
    insert: new Int32Array(room),
    issue: new Int32Array(room),
    complete: new Int32Array(room),
    passed: new Uint8Array(room),
    sector: new Float64Array(room),
    bytes: new Float64Array(room),
    direction: new Uint8Array(room),
  };
}

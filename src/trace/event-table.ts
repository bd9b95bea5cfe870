/**
 * Events of one source as parallel columns (31 bytes an event and no object). A table is filled by
 * `EventTableBuilder`, then frozen; rows stay in the order of the file until `sortedByTime`.
 */
export interface EventTable {
  readonly length: number;
  /** Nanoseconds (or ticks) after `epoch`. Integers; exact below 2^53. */
  readonly ts: Float64Array;
  /** Row id of EVENT_KINDS. */
  readonly kind: Uint8Array;
  readonly cpu: Uint16Array;
  readonly tid: Uint32Array;
  /** As the kind's shape says: device, vCPU, string id … */
  readonly dev: Uint32Array;
  /** The key; NaN = not recorded. */
  readonly tag: Float64Array;
  readonly aux: Int32Array;
  /** Time of `ts` 0 on the source's own clock, ns (or ticks). */
  readonly epoch: bigint;
  readonly strings: readonly string[];
  readonly tasks: ReadonlyMap<number, Task>;
}

/** What a trace calls a thread. */
export interface Task {
  readonly comm: string;
  /** Process (thread group), where the tracer recorded it. */
  readonly tgid: number | undefined;
}

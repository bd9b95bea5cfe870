/** Rows as columns, as `EventSink.event` says of each; `ts` counts from an epoch that goes with them. */
export interface EventColumns {
  /** Nanoseconds (or ticks) after the epoch. Integers; exact below 2^53. */
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
}

/** What a parser writes to. `src/trace` implements it; a parser knows nothing else of iotrace. */
export interface EventSink {
  /**
   * One event. Time is two integers, so that no clock loses precision in a double: whole seconds and nanoseconds
   * for a clock in time units; for a counter (x86-tsc) floor(ticks / 1e9) and ticks mod 1e9.
   * `kind` is an id of EVENT_KINDS; `dev`, `tag` and `aux` are as that kind's shape says.
   */
  event(
    kind: number,
    sec: number,
    nsec: number,
    cpu: number,
    tid: number,
    dev: number,
    tag: number,
    aux: number,
  ): void;

  /**
   * The first `count` rows of columns at once, some thousands, for a parser of large files: their times are after whole seconds `sec`
   * and `nsec`. The columns are the parser's, which fills them anew. A sink without this is called with one event after the other.
   */
  batch?(columns: EventColumns, count: number, sec: number, nsec: number): void;

  /**
   * Where a tracer empties its CPUs' buffers one after the other: it has been through all of them. What comes is later than all
   * that was there at the call before this one, so that a sink that wants rows in order of time need not wait for the end.
   */
  round?(): void;

  /** The id of a string that rows refer to (an interrupt's name). The same text gives the same id; 0 is ''. */
  string(text: string): number;

  /** A task's name and, where the tracer says it, its process. Called at least once for each tid that has events. */
  task(tid: number, comm: string, tgid: number | undefined): void;

  /**
   * The tracer says it lost events: `count` of them (undefined = it does not say how many) on `cpu` (-1 = it does
   * not say where), between the event before and the event after this call.
   */
  lost(cpu: number, count: number | undefined): void;

  /**
   * Something the parser could not use, with its place. Reasons are a small fixed set per format. `count`, 1 unless given:
   * how often, the place being that of the first.
   */
  reject(reason: string, byteOffset: number, line: number, count?: number): void;
}

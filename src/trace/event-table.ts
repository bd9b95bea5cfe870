import type { EventColumns } from '../../parsers/event-sink.ts';

/**
 * Events of one source as parallel columns (31 bytes an event and no object). A table is filled by
 * `EventTableBuilder`, then frozen; rows stay in the order of the file until `sortedByTime`.
 */
export interface EventTable extends EventColumns {
  readonly length: number;
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

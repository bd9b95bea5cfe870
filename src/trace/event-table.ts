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

/**
 * A table of columns; whoever makes one does it here. V8 compiles a loop for the shapes of the objects that it meets, and a literal that
 * begins with another object's properties gets a new shape each time: all loops over tables would be compiled again and again.
 */
export function eventTable(
  { ts, kind, cpu, tid, dev, tag, aux }: EventColumns,
  { epoch, strings, tasks }: Pick<EventTable, 'epoch' | 'strings' | 'tasks'>,
): EventTable {
  return { length: ts.length, epoch, ts, kind, cpu, tid, dev, tag, aux, strings, tasks };
}

/** The same rows at other times. */
export function atTimes(table: EventTable, ts: Float64Array, epoch: bigint): EventTable {
  const { kind, cpu, tid, dev, tag, aux, strings, tasks } = table;
  return eventTable({ ts, kind, cpu, tid, dev, tag, aux }, { epoch, strings, tasks });
}

/** What a trace calls a thread. */
export interface Task {
  readonly comm: string;
  /** Process (thread group), where the tracer recorded it. */
  readonly tgid: number | undefined;
}

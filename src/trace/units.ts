/** Time units and the names used for them across rooms. All are plain integers in doubles. */

/** Nanoseconds between two instants. */
export type DurationNs = number;

/** Nanoseconds after a table's epoch. */
export type RelativeNs = number;

/** A row of an EventTable; -1 where there is none. */
export type EventRow = number;

export const NO_ROW: EventRow = -1;

/** In place of the CPU of a row where the tracer records none (QEMU's log). */
export const UNKNOWN_CPU = 65_535;

import { type EventKind, kindByName } from '../event-kinds.ts';
import type { ClockId } from '../format.ts';

/** An event of a bpftrace recording: what it is, and what the values of its records are called, in order. */
export interface KnownEvent {
  /** undefined where iotrace has no use for the event; it is known and left out. */
  readonly kind: EventKind | undefined;
  /** Kernel names of the values; '' for a value of no known meaning. */
  readonly fields: readonly string[];
}

/** What a recording's own header, or its script, says about its events. */
export interface KnownEvents {
  readonly clock: ClockId | undefined;
  readonly byId: ReadonlyMap<number, KnownEvent>;
  readonly byName: ReadonlyMap<string, KnownEvent>;
}

/** Nothing known. */
export const NO_EVENTS: KnownEvents = { clock: undefined, byId: new Map(), byName: new Map() };

/**
 * The kind that a script's own name stands for. Beside the names of event-kinds.ts: `io_submit` and `io_submit_ret`
 * for the two ends of a system call, as short scripts print them.
 */
export function kindByScriptName(name: string): EventKind | undefined {
  const returned = name.endsWith('_ret') ? kindByName(`sys_exit_${name.slice(0, -4)}`) : undefined;
  return kindByName(name) ?? returned ?? kindByName(`sys_enter_${name}`);
}

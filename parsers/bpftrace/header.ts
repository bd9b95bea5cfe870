import type { ClockId } from '../format.ts';
import { type KnownEvent, type KnownEvents, kindByScriptName } from './known-events.ts';

const MARK = '# iotrace events ';
const CLOCKS: readonly ClockId[] = ['mono', 'boot', 'tai'];

/** One event for the header line: the id that its map elements carry, its name, and the names of its values. */
export interface HeaderEvent {
  readonly id: number;
  readonly name: string;
  readonly fields: readonly string[];
}

/**
 * The line that iotrace's own bpftrace scripts print first, so that a recording explains itself:
 *   # iotrace events clock=mono 1=kvm_exit:exit_reason 2=kvm_entry 20=block_rq_issue:dev,sector,nr_sector
 * A script may print several. Map elements are @e[nsecs, cpu] = (id, tid, values in the order of the header).
 */
export function eventsHeader(clock: ClockId, events: readonly HeaderEvent[]): string {
  const words = events.map(
    ({ id, name, fields }) => `${id}=${[name, fields.join(',')].filter(Boolean).join(':')}`,
  );
  return `${MARK}clock=${clock} ${words.join(' ')}`;
}

/** True when a line is such a header. */
export function isEventsHeader(line: string): boolean {
  return line.startsWith(MARK);
}

/** Adds what a header line says to what is known; undefined when the line is not well-formed. */
export function readEventsHeader(line: string, known: KnownEvents): KnownEvents | undefined {
  let clock = known.clock;
  const byId = new Map(known.byId);
  const byName = new Map(known.byName);
  for (const word of line.slice(MARK.length).trim().split(/\s+/)) {
    const isClock = /^clock=(\w+)$/.exec(word);
    const isEvent = /^(?:(\d{1,9})=)?(\w+)(?::([\w,]*))?$/.exec(word);
    if (isClock !== null) {
      clock = CLOCKS.find((name) => name === isClock[1]);
      if (clock === undefined) return undefined;
    } else if (isEvent !== null) {
      const [, id, name, fields] = isEvent;
      const event: KnownEvent = { kind: kindByScriptName(name!), fields: fields ? fields.split(',') : [] };
      if (id !== undefined) byId.set(Number(id), event);
      byName.set(name!, event);
    } else return undefined;
    if (byId.size > MAX_EVENTS || byName.size > MAX_EVENTS) return undefined;
  }
  return { clock, byId, byName };
}

const MAX_EVENTS = 10_000;

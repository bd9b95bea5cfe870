import type { EventTable } from './event-table.ts';
import { timeOrder } from './order.ts';
import type { Source } from './recording.ts';

/** Rows looked back at among those of one time; more of one time are a burst no tracer writes twice. */
const REACH = 16;

/**
 * Rows that repeat another in every column, 1 for each but the first of them; undefined when there are none. A CPU cannot
 * stamp the same event twice at one instant. Times rounded to microseconds can hide that two were not at one instant, so
 * all are kept when the stream's own count of events agrees with what was read.
 */
export function repeatedRows(source: Source): Uint8Array | undefined {
  const { events } = source;
  const { ts, kind } = events;
  const order = timeOrder(ts);
  if (source.roundingNs > 0 && source.claimed === source.records) return undefined;
  let repeats: Uint8Array | undefined;
  for (let at = 1; at < events.length; at++) {
    const row = order === undefined ? at : order[at]!;
    const time = ts[row]!;
    if (ts[order === undefined ? at - 1 : order[at - 1]!] !== time) continue;
    const earliest = Math.max(0, at - REACH);
    for (let before = at - 1; before >= earliest; before--) {
      const other = order === undefined ? before : order[before]!;
      if (ts[other] !== time) break;
      if (kind[other] !== kind[row] || !isSame(events, row, other)) continue;
      repeats ??= new Uint8Array(events.length);
      repeats[row] = 1;
      break;
    }
  }
  return repeats;
}

/** Whether two rows of one time and kind have the same columns. */
function isSame({ cpu, tid, dev, tag, aux }: EventTable, a: number, b: number): boolean {
  return (
    cpu[a] === cpu[b] &&
    tid[a] === tid[b] &&
    dev[a] === dev[b] &&
    Object.is(tag[a], tag[b]) &&
    aux[a] === aux[b]
  );
}

import { timeOrder } from './order.ts';
import type { Source } from './recording.ts';

/** Rows looked back at among those of one time; more of one time are a burst no tracer writes twice. */
const REACH = 16;

/**
 * Rows that repeat another in every column, 1 for each but the first of them; undefined when there are none. A CPU cannot
 * stamp the same event twice at one instant. Times rounded to microseconds can hide that two neighbours were not at one
 * instant, so neighbours are kept when the stream's own count of events agrees with what was read.
 */
export function repeatedRows(source: Source): Uint8Array | undefined {
  const { events } = source;
  const order = timeOrder(events.ts);
  const trusted = source.roundingNs > 0 && source.claimed === source.records;
  let repeats: Uint8Array | undefined;
  for (let at = 1; at < events.length; at++) {
    const row = order?.[at] ?? at;
    for (let back = 1; back <= Math.min(REACH, at); back++) {
      const other = order?.[at - back] ?? at - back;
      if (events.ts[other] !== events.ts[row]) break;
      if (!isSame(source, row, other) || (trusted && row - other === 1)) continue;
      repeats ??= new Uint8Array(events.length);
      repeats[row] = 1;
      break;
    }
  }
  return repeats;
}

function isSame({ events }: Source, a: number, b: number): boolean {
  const { kind, cpu, tid, dev, tag, aux } = events;
  return (
    kind[a] === kind[b] &&
    cpu[a] === cpu[b] &&
    tid[a] === tid[b] &&
    dev[a] === dev[b] &&
    Object.is(tag[a], tag[b]) &&
    aux[a] === aux[b]
  );
}

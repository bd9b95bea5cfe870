/**
 * From TSC ticks to nanoseconds. The rate is never taken from a label: it is measured from pairs of readings of a clock
 * and the TSC, of the application's request log or of the facts.
 */
import { atTimes, type EventTable } from '../trace/event-table.ts';
import type { ClockPair, GroundTruth, RecordingFacts } from '../trace/recording.ts';

/** Nanoseconds per tick, and how it was found; undefined when nothing relates ticks to time. */
export interface TickRate {
  readonly nsPerTick: number;
  readonly source: string;
}

type Log = NonNullable<GroundTruth['log']>;

/** The rate over the longest stretch that is known in both units. */
export function tickRate(log: Log | undefined, facts: RecordingFacts): TickRate | undefined {
  const fromLog = log === undefined ? undefined : rateOfLog(log);
  if (fromLog !== undefined)
    return { nsPerTick: fromLog, source: 'the request log’s times and TSC readings' };
  const fromPairs = rateOfPairs(facts.hostClockPairs ?? []);
  return fromPairs === undefined
    ? undefined
    : { nsPerTick: fromPairs, source: 'pairs of clock and TSC readings on the host' };
}

function rateOfLog(log: Log): number | undefined {
  const last = log.startNs.length - 1;
  const ticks = (log.startTsc[last] ?? 0) - (log.startTsc[0] ?? 0);
  return ticks > 0 ? (log.startNs[last]! - log.startNs[0]!) / ticks : undefined;
}

function rateOfPairs(pairs: readonly ClockPair[]): number | undefined {
  const mono = pairs.filter(({ clock }) => clock === 'mono').sort((a, b) => Number(a.tsc - b.tsc));
  const [first, last] = [mono[0], mono.at(-1)];
  if (first === undefined || last === undefined || first.tsc === last.tsc) return undefined;
  return Number(last.ns - first.ns) / Number(last.tsc - first.tsc);
}

/** The table with its ticks as integer ns after the same epoch; the epoch becomes its value in ns. */
export function ticksToNs(table: EventTable, nsPerTick: number): EventTable {
  const ts = table.ts.map((ticks) => Math.round(ticks * nsPerTick));
  return atTimes(table, ts, BigInt(Math.round(Number(table.epoch) * nsPerTick)));
}

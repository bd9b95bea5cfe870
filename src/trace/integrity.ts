/**
 * What a stream's own rows tell about damage: rows that are missing, doubled, out of order, or stamped by a CPU whose
 * clock is off. Works on rows in file order; knows nothing of requests.
 */
import { type CpuPair, type FileOrder, fileOrder, type SetBack } from './file-order.ts';
import type { Source } from './recording.ts';
import { repeatedRows } from './repeats.ts';

export interface Integrity {
  /** Events the stream says it holds and does not. */
  readonly missing: number;
  /** Events that are there more than once. */
  readonly duplicates: number;
  /** 1 for each row that repeats another; undefined when none does. */
  readonly repeats: Uint8Array | undefined;
  /** Rows earlier than a row before them, in a format whose writer sorts. */
  readonly outOfOrder: number;
  /** CPUs whose clocks differ, as the order of the file shows; differences in ns. */
  readonly skewed: readonly CpuPair[];
  /** Where the clock of all CPUs was set back. */
  readonly setBack?: SetBack | undefined;
}

/** A source and what is wrong with it. */
export interface CheckedSource {
  readonly source: Source;
  readonly integrity: Integrity;
}

/** Formats whose writer puts events in order of time; for others order says nothing. */
const SORTED_FORMATS = new Set(['tracefs text', 'trace-cmd report']);

const ANY_ORDER: FileOrder = { stepsBack: 0, skewed: [], setBack: undefined };

/** Looks through one source. `nsPerTick` is the rate of sources stamped with a counter. */
export function checkIntegrity(source: Source, nsPerTick = 1): Integrity {
  const { events } = source;
  const repeats = repeatedRows(source);
  const order = SORTED_FORMATS.has(source.format) ? fileOrder(events, repeats) : ANY_ORDER;
  const scale = source.unit === 'ticks' ? nsPerTick : 1;
  return {
    missing: missingOf(source),
    duplicates: duplicatesOf(source, repeats?.reduce((sum, each) => sum + each, 0) ?? 0),
    repeats,
    outOfOrder: order.skewed.length > 0 ? 0 : order.stepsBack,
    skewed: order.skewed.map(({ cpus, atLeast }) => ({ cpus, atLeast: atLeast * scale })),
    setBack: order.setBack,
  };
}

/** Events that a stream says it holds and does not; 0 where it does not say. */
export function missingOf({ claimed, records }: Pick<Source, 'claimed' | 'records'>): number {
  return claimed === undefined ? 0 : Math.max(0, claimed - records);
}

/**
 * How many events are there more than once, of so many rows that repeat another. Rounded stamps make rows equal that are not the
 * same event; the stream's own count then tells how many are too many.
 */
export function duplicatesOf(
  { claimed, records, roundingNs }: Pick<Source, 'claimed' | 'records' | 'roundingNs'>,
  repeats: number,
): number {
  const surplus = records - (claimed ?? records);
  return roundingNs > 0 && surplus > 0 ? surplus : Math.max(repeats, surplus);
}

/**
 * What a stream's own rows tell about damage: rows that are missing, doubled, out of order, or stamped by a CPU whose
 * clock is off. Works on rows in file order; knows nothing of requests.
 */
import type { EventTable } from './event-table.ts';
import type { Source } from './recording.ts';

export interface SkewedCpu {
  readonly cpu: number;
  readonly atLeastNs: number;
  readonly how: string;
}

export interface Integrity {
  /** Events the stream says it holds and does not. */
  readonly missing: number;
  readonly duplicates: number;
  /** Rows earlier than a row before them, in a format whose writer sorts. */
  readonly outOfOrder: number;
  readonly skewedCpus: readonly SkewedCpu[];
}

/** Formats whose writer puts events in order of time; for others order says nothing. */
const SORTED_FORMATS = new Set(['tracefs text', 'trace-cmd report']);

/** Looks through one source. */
export function checkIntegrity(source: Source): Integrity {
  const { events } = source;
  const sorted = SORTED_FORMATS.has(source.format);
  const steps = sorted ? backwardSteps(events) : { count: 0, largest: 0 };
  const skewed = steps.count > 0 ? skewedCpu(events, steps.largest) : undefined;
  const read = source.records;
  return {
    missing: source.claimed === undefined ? 0 : Math.max(0, source.claimed - read),
    duplicates: source.claimed === undefined ? repeatedRows(events) : Math.max(0, read - source.claimed),
    outOfOrder: skewed === undefined ? steps.count : 0,
    skewedCpus: skewed === undefined ? [] : [skewed],
  };
}

function backwardSteps(events: EventTable): { count: number; largest: number } {
  let latest = Number.NEGATIVE_INFINITY;
  let count = 0;
  let largest = 0;
  for (let row = 0; row < events.length; row++) {
    const ts = events.ts[row]!;
    if (ts < latest) {
      count++;
      largest = Math.max(largest, latest - ts);
    } else latest = ts;
  }
  return { count, largest };
}

/** A CPU is off when the rows are in order without its own: every step back has it on one side. */
function skewedCpu(events: EventTable, largest: number): SkewedCpu | undefined {
  const cpus = new Set(events.cpu);
  if (cpus.size < 2) return undefined;
  const healthy = [...cpus].filter((cpu) => stepsBackAmong(events, (other) => other !== cpu) === 0);
  const own = healthy.filter((cpu) => stepsBackAmong(events, (other) => other === cpu) === 0);
  const [cpu] = own;
  if (cpu === undefined || own.length > 1) return undefined;
  return {
    cpu,
    atLeastNs: largest,
    how: 'the file is in order of time without its events and not with them',
  };
}

function stepsBackAmong(events: EventTable, counts: (cpu: number) => boolean): number {
  let latest = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < events.length; row++) {
    if (!counts(events.cpu[row]!)) continue;
    if (events.ts[row]! < latest) return 1;
    latest = events.ts[row]!;
  }
  return 0;
}

/** Rows that repeat the row before them in every column. */
function repeatedRows({ length, ts, kind, cpu, tid, tag, aux }: EventTable): number {
  let repeated = 0;
  for (let row = 1; row < length; row++) {
    const same =
      ts[row] === ts[row - 1] &&
      kind[row] === kind[row - 1] &&
      cpu[row] === cpu[row - 1] &&
      tid[row] === tid[row - 1] &&
      Object.is(tag[row], tag[row - 1]) &&
      aux[row] === aux[row - 1];
    if (same) repeated++;
  }
  return repeated;
}

import type { EventTable } from './event-table.ts';

/** Two CPUs whose clocks differ, by at least so much; the unit is that of the table. */
export interface CpuPair {
  readonly cpus: readonly [number, number];
  readonly atLeast: number;
}

export interface FileOrder {
  /** Rows that stand behind one that is later. */
  readonly stepsBack: number;
  /** Pairs of CPUs whose rows are in order each for itself and not together; empty unless that explains all steps. */
  readonly skewed: readonly CpuPair[];
}

/**
 * How far the order of a file is the order of its times. A tracer that merges its CPUs by time writes them in order, so
 * steps back mean that the file was changed, or that a CPU's times were: the latter keeps each CPU in order.
 */
export function fileOrder(events: EventTable): FileOrder {
  const latest = new Map<number, number>();
  const pairs = new Map<string, CpuPair>();
  let newest = Number.NEGATIVE_INFINITY;
  let stepsBack = 0;
  let eachInOrder = true;
  for (let row = 0; row < events.length; row++) {
    const ts = events.ts[row]!;
    const cpu = events.cpu[row]!;
    if (ts < (latest.get(cpu) ?? Number.NEGATIVE_INFINITY)) eachInOrder = false;
    if (ts < newest) {
      stepsBack++;
      if (eachInOrder) notePairs(latest, cpu, ts, pairs);
    }
    newest = Math.max(newest, ts);
    latest.set(cpu, Math.max(ts, latest.get(cpu) ?? ts));
  }
  return { stepsBack, skewed: eachInOrder ? [...pairs.values()] : [] };
}

/** Notes every CPU that already has a later row than this one. */
function notePairs(
  latest: ReadonlyMap<number, number>,
  cpu: number,
  ts: number,
  pairs: Map<string, CpuPair>,
): void {
  for (const [other, time] of latest) {
    if (time <= ts) continue;
    const cpus: [number, number] = cpu < other ? [cpu, other] : [other, cpu];
    const known = pairs.get(cpus.join());
    if (known === undefined || known.atLeast < time - ts)
      pairs.set(cpus.join(), { cpus, atLeast: time - ts });
  }
}

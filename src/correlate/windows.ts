/**
 * Where a rule looks for each request's row: a stretch of time and a thread or CPU, as columns over the requests. All
 * bounds come from points that were found before.
 */
import type { Join, PointRule } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Side } from './side.ts';

/** Rows of a point for all requests, and the machine whose rows they are. */
export interface Located {
  readonly rows: Int32Array;
  readonly side: Side;
}

/** What a window's `who` is when no single thread or CPU decides. */
export const ANYONE = -1;
export const BACKEND = -2;

export interface Windows {
  /** First and last time at which the row may lie; NaN for a request that has no window. */
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** Thread or CPU that the row must have, or ANYONE, or BACKEND for one of the disk's threads. */
  readonly who: Float64Array;
}

/** What windows are made of. */
export interface WindowSource {
  readonly length: number;
  /** How far a bound taken from the other machine may be off, ns. */
  readonly slackNs: number;
  /** Undefined for a point that was not looked for yet, or whose machine was not recorded. */
  located(point: PointId): Located | undefined;
  /** The thread that serves each request, or BACKEND. */
  backendOf(request: number): number;
}

/** The windows of one rule on the machine where its point is stamped. */
export function windowsOf(source: WindowSource, rule: PointRule, side: Side): Windows {
  const from = latestOf(source, rule.after, side);
  const to = earliestOf(source, rule.before, side);
  for (let request = 0; request < source.length; request++)
    if (Number.isNaN(to[request]!)) from[request] = Number.NaN;
  return { from, to, who: whoOf(source, rule.join, side, from) };
}

/** Latest known time among points, per request; NaN where none is known. */
function latestOf(source: WindowSource, points: readonly PointId[], side: Side): Float64Array {
  const latest = new Float64Array(source.length).fill(Number.NaN);
  for (const point of points) {
    const located = source.located(point);
    if (located === undefined) continue;
    const { rows } = located;
    const { time } = located.side;
    const slack = located.side === side ? 0 : source.slackNs;
    for (let request = 0; request < rows.length; request++) {
      const row = rows[request]!;
      if (row === NO_ROW) continue;
      const bound = time[row]! - slack;
      if (!(bound <= latest[request]!)) latest[request] = bound;
    }
  }
  return latest;
}

/** Earliest known time among points, per request; NaN where none is known. */
function earliestOf(source: WindowSource, points: readonly PointId[], side: Side): Float64Array {
  const earliest = new Float64Array(source.length).fill(Number.NaN);
  for (const point of points) {
    const located = source.located(point);
    if (located === undefined) continue;
    const { rows } = located;
    const { time } = located.side;
    const slack = located.side === side ? 0 : source.slackNs;
    for (let request = 0; request < rows.length; request++) {
      const row = rows[request]!;
      if (row === NO_ROW) continue;
      const bound = time[row]! + slack;
      if (!(bound >= earliest[request]!)) earliest[request] = bound;
    }
  }
  return earliest;
}

/** Whose row it must be; a request for which that hangs on a point that was not observed loses its window. */
function whoOf(source: WindowSource, join: Join, side: Side, from: Float64Array): Float64Array {
  const who = new Float64Array(source.length).fill(ANYONE);
  if (join.by === 'window' || join.by === 'sector') return who;
  if (join.by === 'backend') return who.map((_, request) => source.backendOf(request));
  const located = source.located(join.of);
  if (located === undefined) {
    from.fill(Number.NaN);
    return who;
  }
  const { rows } = located;
  const { tid, cpu } = located.side.table;
  for (let request = 0; request < rows.length; request++) {
    const row = rows[request]!;
    if (row === NO_ROW) from[request] = Number.NaN;
    else if (join.by === 'task') who[request] = tid[row]!;
    else if (join.by === 'cpu') who[request] = cpu[row]!;
    else {
      const thread = side.vcpuThreads.get(cpu[row]!);
      if (thread === undefined) from[request] = Number.NaN;
      else who[request] = thread;
    }
  }
  return who;
}

/**
 * Where a rule looks for each request's row: a stretch of time and a thread or CPU, as columns over the requests. All
 * bounds come from points that were found before.
 */
import type { Join, PointRule } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Side } from './side.ts';

/** Rows of a point for all requests, the machine whose rows they are, and their times on the application's clock. */
export interface Located {
  readonly rows: Int32Array;
  readonly side: Side;
  /** NaN where the point was not observed. */
  readonly time: Float64Array;
}

/** What a window's `who` is when no single thread or CPU decides. */
export const ANYONE = -1;
export const BACKEND = -2;

export interface Windows {
  readonly length: number;
  /** So many requests at a time followed each other; between them are others that have no windows here. */
  readonly stretch: number;
  /** First and last time at which the row may lie; NaN for a request that has no window. */
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** Thread or CPU that the row must have, or ANYONE, or BACKEND for one of the disk's threads. */
  readonly who: Float64Array;
}

/** Room for the windows of one rule after the other. */
export function emptyWindows({ length, stretch }: Pick<WindowSource, 'length' | 'stretch'>): Windows {
  return {
    length,
    stretch,
    from: new Float64Array(length),
    to: new Float64Array(length),
    who: new Float64Array(length),
  };
}

/** What windows are made of. */
export interface WindowSource {
  readonly length: number;
  readonly stretch: number;
  /** How far a bound taken from the other machine may be off, ns. */
  readonly slackNs: number;
  /** Undefined for a point that was not looked for yet, or whose machine was not recorded. */
  located(point: PointId): Located | undefined;
  /** The thread that serves each request, or BACKEND. */
  readonly servedBy: Float64Array;
}

/** The windows of one rule on the machine where its point is stamped; `windows` is filled with them. */
export function layWindows(source: WindowSource, rule: PointRule, side: Side, windows: Windows): void {
  const { from, to } = windows;
  findLatest(source, rule.after, side, from);
  findEarliest(source, rule.before, side, to);
  closeUnbounded(from, to);
  findOwners(source, rule.join, side, windows);
}

/** A request without one of its bounds has no window. */
function closeUnbounded(from: Float64Array, to: Float64Array): void {
  for (let request = 0; request < from.length; request++)
    if (from[request] === NEVER || to[request] === ALWAYS) from[request] = Number.NaN;
}

const NEVER = Number.NEGATIVE_INFINITY;
const ALWAYS = Number.POSITIVE_INFINITY;

/** Latest known time among points, per request; NEVER where none is known. */
function findLatest(
  source: WindowSource,
  points: readonly PointId[],
  side: Side,
  latest: Float64Array,
): void {
  latest.fill(NEVER);
  for (const point of points) {
    const located = source.located(point);
    if (located === undefined) continue;
    raise(latest, located.time, located.side === side ? 0 : source.slackNs);
  }
}

/** In functions of their own, because V8 compiles them once: loops within loops it compiles again for each way in. */
function raise(latest: Float64Array, time: Float64Array, slack: number): void {
  for (let request = 0; request < time.length; request++) {
    const bound = time[request]! - slack;
    if (bound > latest[request]!) latest[request] = bound;
  }
}

/** Earliest known time among points, per request; ALWAYS where none is known. */
function findEarliest(
  source: WindowSource,
  points: readonly PointId[],
  side: Side,
  earliest: Float64Array,
): void {
  earliest.fill(ALWAYS);
  for (const point of points) {
    const located = source.located(point);
    if (located === undefined) continue;
    lower(earliest, located.time, located.side === side ? 0 : source.slackNs);
  }
}

function lower(earliest: Float64Array, time: Float64Array, slack: number): void {
  for (let request = 0; request < time.length; request++) {
    const bound = time[request]! + slack;
    if (bound < earliest[request]!) earliest[request] = bound;
  }
}

/** Whose row it must be; a request for which that hangs on a point that was not observed loses its window. */
function findOwners(source: WindowSource, join: Join, side: Side, { from, who }: Windows): void {
  if (join.by === 'window' || join.by === 'sector') {
    who.fill(ANYONE);
    return;
  }
  if (join.by === 'backend') {
    who.set(source.servedBy);
    return;
  }
  const located = source.located(join.of);
  if (located === undefined) {
    from.fill(Number.NaN);
    return;
  }
  const { rows } = located;
  const { tid, cpu } = located.side.table;
  if (join.by === 'vcpu') ownersByCpu(rows, cpu, threadByCpu(side.vcpuThreads), from, who);
  else if (join.by === 'task') ownersAt(rows, tid, from, who);
  else ownersAt(rows, cpu, from, who);
}

/** The vCPU threads that run the CPUs of rows. */
function ownersByCpu(
  rows: Int32Array,
  cpu: Uint16Array,
  threads: Float64Array,
  from: Float64Array,
  who: Float64Array,
): void {
  for (let request = 0; request < rows.length; request++) {
    const thread = rows[request] === NO_ROW ? undefined : threads[cpu[rows[request]!]!];
    if (thread === undefined || thread === NO_THREAD) from[request] = Number.NaN;
    else who[request] = thread;
  }
}

/** What a column has in rows. */
function ownersAt(
  rows: Int32Array,
  column: Uint32Array | Uint16Array,
  from: Float64Array,
  who: Float64Array,
): void {
  for (let request = 0; request < rows.length; request++) {
    const row = rows[request]!;
    if (row === NO_ROW) from[request] = Number.NaN;
    else who[request] = column[row]!;
  }
}

const NO_THREAD = -1;
/** CPU numbers are 16 bits wide in a table. */
const MOST_CPUS = 1 << 16;

function threadByCpu(threads: ReadonlyMap<number, number>): Float64Array {
  const byCpu = new Float64Array(Math.min(MOST_CPUS, Math.max(0, ...threads.keys()) + 1)).fill(NO_THREAD);
  for (const [vcpu, thread] of threads) byCpu[vcpu] = thread;
  return byCpu;
}

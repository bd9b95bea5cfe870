/**
 * How far the clocks of single CPUs may be off unnoticed. Enters: matched requests, bounds between CPUs. Leaves: for each
 * machine and each stage the most that the recording's own events leave open. That the trace clock is one counter for all
 * CPUs is the kernel's word; this is what can be said without it.
 */
import type { Correlated } from '../correlate/correlate.ts';
import { mostBetween } from '../correlate/cpu-bounds.ts';
import { STATUS } from '../correlate/request-table.ts';
import { sideOf } from '../correlate/scene.ts';
import type { Side } from '../correlate/side.ts';
import type { PointId } from '../paths/points.ts';
import { placesOf } from '../trace/places.ts';
import { NO_ROW } from '../trace/units.ts';
import type { StreamTrust } from './stream-trust.ts';

/** The CPUs of one machine that stamped ends of stages of matched requests. */
export interface CpuClocks {
  readonly machine: 'guest' | 'host';
  readonly cpus: readonly number[];
  /** Most by which two of their clocks can differ, ns; null where nothing bounds them. */
  readonly provenNs: number | null;
  /** The trace clock is made to be the same on all CPUs; false: each has its own. */
  readonly oneCounter: boolean;
}

/** Trace clocks that each CPU has for itself (Documentation/trace/ftrace.rst). */
const OWN_CLOCKS: ReadonlySet<string> = new Set(['local']);

/** Whether a clock is one of those. */
export const hasOwnClocks = (clock: string): boolean => OWN_CLOCKS.has(clock);

/** Which CPUs stamped the critical points of matched requests; what both answers here are made of. */
export interface StampedCpus {
  readonly correlated: Correlated;
  readonly points: ReadonlyMap<PointId, StampedPoint>;
  /** Matched requests by variant. */
  readonly matched: readonly Int32Array[];
}

/** The machine of a point, per matched request the CPU that stamped it there, NO_CPU where none did, and all these CPUs. */
interface StampedPoint {
  readonly side: Side;
  readonly cpu: Int32Array;
  readonly cpus: ReadonlySet<number>;
}

const NO_CPU = -1;

/** Looks them up: a row of each point of each request, once. */
export function stampedCpus(correlated: Correlated): StampedCpus {
  const { requests } = correlated;
  const all = placesOf(requests.status, STATUS.matched);
  const points = new Map<PointId, StampedPoint>();
  for (const point of new Set(requests.variants.flatMap(({ points }) => points))) {
    const rows = requests.rows.get(point);
    const side = rows === undefined ? undefined : sideOf(correlated, point);
    if (rows !== undefined && side !== undefined) points.set(point, stampedPoint(side, rows, all));
  }
  const matched =
    requests.variants.length === 1
      ? [all]
      : requests.variants.map((_, variant) => all.filter((request) => requests.variant[request] === variant));
  return { correlated, points, matched };
}

function stampedPoint(side: Side, rows: Int32Array, requests: Int32Array): StampedPoint {
  const cpu = new Int32Array(rows.length).fill(NO_CPU);
  const cpus = new Set<number>();
  let last = NO_CPU;
  for (let at = 0; at < requests.length; at++) {
    const request = requests[at]!;
    const row = rows[request]!;
    if (row === NO_ROW) continue;
    const own = side.table.cpu[row]!;
    cpu[request] = own;
    if (own !== last) cpus.add(own);
    last = own;
  }
  return { side, cpu, cpus };
}

/** Of every machine of which more than one CPU stamped. */
export function cpuClocks(stamped: StampedCpus, streams: readonly StreamTrust[]): CpuClocks[] {
  const { app, host, path } = stamped.correlated;
  const sides = [
    { side: app, machine: path.app === 'guest' ? ('guest' as const) : ('host' as const) },
    { side: host, machine: 'host' as const },
  ];
  return sides.flatMap(({ side, machine }) => {
    if (side === undefined) return [];
    const cpus = cpusOf(stamped, side);
    if (cpus.length < 2) return [];
    const widest = widestOf(stamped, side);
    const clocks = streams
      .filter(({ source }) => source.machine === machine)
      .map(({ source }) => source.clock);
    return [
      {
        machine,
        cpus,
        provenNs: orNull(widest),
        oneCounter: !clocks.some(hasOwnClocks),
      },
    ];
  });
}

const orNull = (ns: number): number | null => (Number.isFinite(ns) ? ns : null);

function boundsOf({ misclocked, app }: Correlated, side: Side) {
  return side === app ? misclocked.app.bounds : misclocked.host.bounds;
}

function widestOf(stamped: StampedCpus, side: Side): number {
  const bounds = boundsOf(stamped.correlated, side);
  const cpus = cpusOf(stamped, side);
  let widest = 0;
  for (const one of cpus)
    for (const other of cpus) widest = Math.max(widest, mostBetween(bounds, one, other));
  return widest;
}

function cpusOf({ points }: StampedCpus, side: Side): number[] {
  const own = [...points.values()].filter((point) => point.side === side);
  return [...new Set(own.flatMap(({ cpus }) => [...cpus]))].sort((a, b) => a - b);
}

/**
 * For each stage the most by which it can be off in a request, ns (infinite where nothing bounds it). The machines' relation is
 * bounded by messages that several CPUs stamped: across machines, all of them count. Which request an event of the host belongs to is
 * told by what comes first, on whichever CPU: all of the host's count where another request is no farther than they may differ.
 */
export function stageBounds(stamped: StampedCpus): ReadonlyMap<string, number> {
  const { app, host, requests, inFlight } = stamped.correlated;
  const widest = host === undefined ? 0 : widestOf(stamped, host);
  const onHost = inFlight.most > 1 || widest >= shortestOf(stamped) ? widest : undefined;
  const across = [app, host].reduce(
    (sum, side) => (side === undefined ? sum : sum + widestOf(stamped, side)),
    0,
  );
  const bounds = new Map<string, number>();
  for (const [variant, { points: borders, stages }] of requests.variants.entries())
    for (const [at, id] of stages.entries()) {
      // An application's log is no row of a CPU.
      const [from, to] = [stamped.points.get(borders[at]!), stamped.points.get(borders[at + 1]!)];
      if (from === undefined || to === undefined) continue;
      const own = from.side === host ? onHost : undefined;
      const bound = from.side === to.side ? (own ?? withinMachine(stamped, variant, from, to)) : across;
      bounds.set(id, Math.max(bounds.get(id) ?? 0, bound));
    }
  return bounds;
}

/** The shortest matched request, ns. */
function shortestOf({ correlated, matched }: StampedCpus): number {
  const { total } = correlated.requests;
  let shortest = Number.POSITIVE_INFINITY;
  for (const requests of matched)
    for (let at = 0; at < requests.length; at++) shortest = Math.min(shortest, total[requests[at]!]!);
  return shortest;
}

/** The widest bound between the CPUs that stamped both ends, over the matched requests of a variant. */
function withinMachine(
  { correlated, matched }: StampedCpus,
  variant: number,
  from: StampedPoint,
  to: StampedPoint,
): number {
  const bounds = boundsOf(correlated, from.side);
  const seen = new Set<number>();
  let widest = 0;
  const requests = matched[variant]!;
  for (let at = 0; at < requests.length; at++) {
    const request = requests[at]!;
    const one = from.cpu[request]!;
    const other = to.cpu[request]!;
    if (one === other || one === NO_CPU || other === NO_CPU) continue;
    const pair = one * MOST_CPUS + other;
    if (seen.has(pair)) continue;
    seen.add(pair);
    widest = Math.max(widest, mostBetween(bounds, one, other));
  }
  return widest;
}

/** CPU numbers are 16 bits wide in a table. */
const MOST_CPUS = 1 << 16;

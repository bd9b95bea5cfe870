/**
 * How far the clocks of single CPUs may be off unnoticed. Enters: matched requests, bounds between CPUs. Leaves: for each
 * machine and each stage the most that the recording's own events leave open. That the trace clock is one counter for all
 * CPUs is the kernel's word; this is what can be said without it.
 */
import type { Correlated } from '../correlate/correlate.ts';
import { STATUS } from '../correlate/request-table.ts';
import { sideOf } from '../correlate/scene.ts';
import type { Side } from '../correlate/side.ts';
import { NO_ROW } from '../trace/units.ts';
import type { SourceTrust } from './trust.ts';

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

/** Of every machine of which more than one CPU stamped. */
export function cpuClocks(correlated: Correlated, streams: readonly SourceTrust[]): CpuClocks[] {
  const { app, host, path } = correlated;
  const sides = [
    { side: app, machine: path.app === 'guest' ? ('guest' as const) : ('host' as const) },
    { side: host, machine: 'host' as const },
  ];
  return sides.flatMap(({ side, machine }) => {
    if (side === undefined) return [];
    const cpus = cpusOf(correlated, side);
    if (cpus.length < 2) return [];
    const widest = widestOf(correlated, side, cpus);
    const clocks = streams
      .filter(({ source }) => source.machine === machine)
      .map(({ source }) => source.clock);
    return [
      {
        machine,
        cpus,
        provenNs: orNull(widest),
        oneCounter: !clocks.some((clock) => OWN_CLOCKS.has(clock)),
      },
    ];
  });
}

const orNull = (ns: number): number | null => (Number.isFinite(ns) ? ns : null);

function boundsOf({ misclocked, app }: Correlated, side: Side) {
  return side === app ? misclocked.app.bounds : misclocked.host.bounds;
}

function widestOf(correlated: Correlated, side: Side, cpus: readonly number[]): number {
  const bounds = boundsOf(correlated, side);
  let widest = 0;
  for (const one of cpus) for (const other of cpus) widest = Math.max(widest, bounds.between(one, other));
  return widest;
}

/** Critical points of matched requests, each with its machine and the rows that stamped it. */
function stampedPoints({ requests, path, app, host }: Correlated) {
  const critical = new Set(requests.variants.flatMap(({ points }) => points));
  return [...requests.rows].flatMap(([point, rows]) => {
    const side = critical.has(point) ? sideOf({ path, app, host }, point) : undefined;
    return side === undefined ? [] : [{ point, side, rows }];
  });
}

function cpusOf(correlated: Correlated, side: Side): number[] {
  const { requests } = correlated;
  const cpus = new Set<number>();
  for (const { side: on, rows } of stampedPoints(correlated)) {
    if (on !== side) continue;
    for (let request = 0; request < rows.length; request++)
      if (requests.status[request] === STATUS.matched && rows[request] !== NO_ROW)
        cpus.add(side.table.cpu[rows[request]!]!);
  }
  return [...cpus].sort((a, b) => a - b);
}

/**
 * For each stage the most by which it can be off in a request, ns (infinite where nothing bounds it). The machines' relation is
 * bounded by messages that several CPUs stamped: across machines, all of them count.
 */
export function stageBounds(correlated: Correlated): ReadonlyMap<string, number> {
  const { app, host, requests } = correlated;
  const points = new Map(stampedPoints(correlated).map((each) => [each.point, each]));
  const across = [app, host].reduce(
    (sum, side) => (side === undefined ? sum : sum + widestOf(correlated, side, cpusOf(correlated, side))),
    0,
  );
  const bounds = new Map<string, number>();
  for (const [variant, { points: borders, stages }] of requests.variants.entries())
    for (const [at, id] of stages.entries()) {
      // An application's log is no row of a CPU.
      const [from, to] = [points.get(borders[at]!), points.get(borders[at + 1]!)];
      if (from === undefined || to === undefined) continue;
      const bound =
        from.side === to.side ? withinMachine(correlated, variant, from.side, [from.rows, to.rows]) : across;
      bounds.set(id, Math.max(bounds.get(id) ?? 0, bound));
    }
  return bounds;
}

/** The widest bound between the CPUs that stamped both ends, over the matched requests of a variant. */
function withinMachine(
  correlated: Correlated,
  variant: number,
  side: Side,
  [from, to]: readonly [Int32Array, Int32Array],
): number {
  const { requests } = correlated;
  const { cpu } = side.table;
  const bounds = boundsOf(correlated, side);
  const seen = new Set<number>();
  let widest = 0;
  for (let request = 0; request < from.length; request++) {
    if (requests.variant[request] !== variant || requests.status[request] !== STATUS.matched) continue;
    if (from[request] === NO_ROW || to[request] === NO_ROW) continue;
    const one = cpu[from[request]!]!;
    const other = cpu[to[request]!]!;
    const pair = one * MOST_CPUS + other;
    if (one === other || seen.has(pair)) continue;
    seen.add(pair);
    widest = Math.max(widest, bounds.between(one, other));
  }
  return widest;
}

/** CPU numbers are 16 bits wide in a table. */
const MOST_CPUS = 1 << 16;

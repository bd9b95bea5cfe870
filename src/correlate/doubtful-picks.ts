/**
 * Above queue depth 1 the only row in a request's window may still be another request's: its own may lie elsewhere. Enters:
 * what a rule found. Leaves: positions of the requests whose find is not certain.
 */
import type { PointRule } from '../paths/io-path.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Candidates } from './candidates.ts';
import type { Scene } from './scene.ts';
import type { Side } from './side.ts';
import type { Windows } from './windows.ts';

/** A vector with fewer injections than this share of the most frequent one's is another device's. */
const LEAST_SHARE = 0.02;

const NONE = new Int32Array(0);

/** Requests, not alone, for which the rule's found times do not hold what the rule demands of them. */
export function doubtfulPicks(
  rule: PointRule,
  { rows, time }: { readonly rows: Int32Array; readonly time: Float64Array },
  windows: Windows,
  side: Side,
  { shared, backend, boundNs, isLossy }: Scene,
  candidates: Candidates,
): Int32Array {
  const isAcross = rule.isAcross === true && boundNs > 0;
  if (shared.length === 0 || (rule.certain === true && !isAcross)) return NONE;
  const found = shared.filter((request) => rows[request] !== NO_ROW);
  if (rule.certain === true)
    return found.filter((request) => isBesideAnother(request, { rows, time }, windows, candidates, boundNs));
  if (found.length === 0 || rule.settled === undefined || isLossy) return found;
  const between = occurrencesBy(rule.settled, side, backend);
  // Which queue's an irqfd is nothing tells but the vector that follows it.
  if (between === undefined || vectorsOf(side, backend) > 1) return found;
  return found.filter((request) => {
    const { from, to } = { from: windows.from[request]!, to: windows.to[request]! };
    const near = countUpTo(candidates.time, to + boundNs) - countUpTo(candidates.time, from - boundNs - 1);
    return near !== 1 || time[request]! > to - boundNs || between(time[request]!, to + boundNs);
  });
}

/**
 * Whether the same CPU or thread has another such row so near that, the clocks being off by what they may, it could be the request's and
 * this one another's.
 */
function isBesideAnother(
  request: number,
  { rows, time }: { readonly rows: Int32Array; readonly time: Float64Array },
  windows: Windows,
  candidates: Candidates,
  boundNs: number,
): boolean {
  const own = windows.who[request]!;
  const last = time[request]! + 2 * boundNs;
  const { time: times, who } = candidates;
  for (
    let at = countUpTo(times, windows.from[request]! - boundNs);
    at < times.length && times[at]! <= last;
    at++
  )
    if (who[at] === own && candidates.rows[at] !== rows[request]) return true;
  return false;
}

/** Whether one of the events lies behind a time and up to another; undefined when none was recorded. */
function occurrencesBy(
  events: readonly string[],
  side: Side,
  backend: ReadonlySet<number>,
): ((after: number, upTo: number) => boolean) | undefined {
  const event = events.find((name) => side.occurrences.count(name) > 0);
  if (event === undefined) return undefined;
  const { tid } = side.occurrences.of(event);
  const times = side.timesOf(event).filter((_, at) => backend.has(tid[at]!));
  return (after, upTo) => countUpTo(times, upTo) > countUpTo(times, after);
}

/** Interrupt vectors that the threads of the disk inject, but for single ones. */
function vectorsOf({ occurrences }: Side, backend: ReadonlySet<number>): number {
  const event = ['kvm_apic_accept_irq', 'kvm_apicv_accept_irq'].find((name) => occurrences.count(name) > 0);
  if (event === undefined) return 0;
  const { tag, tid } = occurrences.of(event);
  const counts = new Map<number, number>();
  tag.forEach((vector, at) => {
    if (backend.has(tid[at]!)) counts.set(vector, (counts.get(vector) ?? 0) + 1);
  });
  const most = Math.max(...counts.values());
  return [...counts.values()].filter((count) => count >= most * LEAST_SHARE).length;
}

/** How many of ascending times are not after a time. */
function countUpTo(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

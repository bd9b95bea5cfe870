/**
 * CPUs of one machine whose clocks differ, found by effects that seem to come before their causes. Enters: the messages
 * between them. Leaves: pairs of CPUs between which that happens again and again. Needs no request and no relation to
 * another machine, so that damage can be found before anything is followed.
 */
import type { CpuPair } from '../trace/file-order.ts';
import type { Way } from './cpu-ways.ts';

/** Pairs of CPUs whose clocks differ, and by how much at least (ns of the table). */
export function skewedCpus(ways: readonly Way[]): CpuPair[] {
  const found = new Map<string, CpuPair>();
  for (const way of ways) {
    const atLeast = earliness(way);
    if (atLeast === undefined) continue;
    const cpus: [number, number] = way.from < way.to ? [way.from, way.to] : [way.to, way.from];
    const known = found.get(cpus.join());
    if (known === undefined || known.atLeast < atLeast) found.set(cpus.join(), { cpus, atLeast });
  }
  return [...found.values()];
}

/** Fewer messages that arrive before they leave than this say nothing about a pair of CPUs. */
const LEAST_EARLY = 3;
/**
 * A clock that is off moves all messages: about as many arrive a little too early as a little late. Single ones that were
 * paired with a stranger lie anywhere. So of the messages this near to the instant of leaving, this share must be early.
 */
const LEAST_SHARE = 0.2;
/** With nearly all of them early, each seems to be the effect of the cause before its own, and none is impossible. */
const NEARLY_ALL = 0.9;

/** How much too early messages arrive, but for the most extreme of them; undefined when they do not. */
function earliness({ latencies, impossible }: Way): number | undefined {
  const early = earlyOf(latencies);
  if (early.length < LEAST_EARLY) return undefined;
  if (impossible < LEAST_EARLY && early.length < latencies.length * NEARLY_ALL) return undefined;
  const most = -early[Math.floor(early.length / 10)]!;
  let near = 0;
  for (let at = 0; at < latencies.length; at++) if (Math.abs(latencies[at]!) <= most) near++;
  return early.length >= near * LEAST_SHARE ? most : undefined;
}

/** Those that arrive before they leave, the earliest first. */
function earlyOf(latencies: readonly number[]): Float64Array {
  const early = new Float64Array(latencies.length);
  let count = 0;
  for (let at = 0; at < latencies.length; at++) if (latencies[at]! < 0) early[count++] = latencies[at]!;
  return early.subarray(0, count).sort();
}

/** Where nothing is lost hardly a message arrives early that nothing explains: no more than one of so many. */
const MOST_OFTEN = 200;

/** A pair of CPUs that single messages show to differ. */
export interface DoubtedPair extends CpuPair {
  /** One of its CPUs has more than one such message: a lost event does not explain that. */
  readonly often: boolean;
}

/**
 * Pairs of CPUs of which single messages arrive before they leave. That tells where requests were alone and nothing is known to be
 * lost: a clock that is off by about the time between two messages, or is set, leaves few messages that find their other end.
 */
export function doubtedCpus(ways: readonly Way[]): DoubtedPair[] {
  const counts = new Map<number, number>();
  for (const { from, to, impossible } of ways)
    for (const cpu of [from, to]) counts.set(cpu, (counts.get(cpu) ?? 0) + impossible);
  return ways.flatMap(({ from, to, impossible, doubtful, earliestNs, latencies }): DoubtedPair[] => {
    const often = Math.max(counts.get(from)!, counts.get(to)!) > 1;
    if (impossible === 0 || impossible * MOST_OFTEN < latencies.length) return [];
    if (!often && doubtful === 0) return [];
    return [{ cpus: from < to ? [from, to] : [to, from], atLeast: earliestNs, often }];
  });
}

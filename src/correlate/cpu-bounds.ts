/**
 * How far the clocks of one machine's CPUs can differ, by what its own events prove. Enters: the messages between them.
 * Leaves: a bound for each two CPUs. A message cannot arrive before it left, so the shortest one bounds their difference on
 * that side; over a third CPU two of them bound it as well. What is proven is wide: a clock that is off by less contradicts
 * nothing.
 */
import { quickselect } from 'simple-statistics';
import type { Way } from './cpu-ways.ts';

/** Plain data, so that another thread can have found it. */
export interface CpuBounds {
  /** CPU → its row and its column in `least`. */
  readonly places: ReadonlyMap<number, number>;
  /** Least time a message from one CPU (row) to another (column) was seen to take, ns; infinite where none was. */
  readonly least: Float64Array;
}

/** A machine about which nothing is proven. */
export const NOTHING_PROVEN: CpuBounds = { places: new Map(), least: new Float64Array() };

/** On machines with more, a bound over a third CPU is not looked for: that takes the cube of their number. */
const MOST_CPUS = 256;

export function cpuBounds(ways: readonly Way[]): CpuBounds {
  const places = new Map<number, number>();
  for (const cpu of ways.flatMap(({ from, to }) => [from, to]))
    if (!places.has(cpu)) places.set(cpu, places.size);
  const count = places.size;
  const least = new Float64Array(count * count).fill(Number.POSITIVE_INFINITY);
  for (let cpu = 0; cpu < count; cpu++) least[cpu * count + cpu] = 0;
  for (const way of ways)
    least[places.get(way.from)! * count + places.get(way.to)!] = shortestThroughout(way);
  if (count <= MOST_CPUS) overOthers(least, count);
  return { places, least };
}

/** Most by which the clocks of two CPUs can differ, ns; infinite where nothing bounds them. */
export function mostBetween({ places, least }: CpuBounds, one: number, other: number): number {
  if (one === other) return 0;
  const a = places.get(one);
  const b = places.get(other);
  if (a === undefined || b === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(least[a * places.size + b]!, least[b * places.size + a]!);
}

/** Floyd and Warshall: the shortest way between two, over any others. */
function overOthers(least: Float64Array, count: number): void {
  for (let middle = 0; middle < count; middle++)
    for (let from = 0; from < count; from++)
      for (let to = 0; to < count; to++) {
        const over = least[from * count + middle]! + least[middle * count + to]!;
        if (over < least[from * count + to]!) least[from * count + to] = over;
      }
}

/** Parts of the recording, each with a shortest message of its own: a clock may be off in one of them only. */
const MOST_PARTS = 4;
/** The shortest of fewer messages may be a stranger's; so may the shortest few of many. */
const LEAST_MESSAGES = 5;
const STRANGERS = 0.02;

/** The shortest message of the part whose shortest is the longest; infinite where one has too few. */
function shortestThroughout({ sent, took }: Way): number {
  const parts = Math.min(MOST_PARTS, Math.floor(took.length / LEAST_MESSAGES));
  if (parts === 0) return Number.POSITIVE_INFINITY;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < sent.length; at++) {
    if (sent[at]! < first) first = sent[at]!;
    if (sent[at]! > last) last = sent[at]!;
  }
  const own: Float64Array[] = [];
  const counts = new Uint32Array(parts);
  for (let part = 0; part < parts; part++) own.push(new Float64Array(took.length));
  for (let at = 0; at < took.length; at++) {
    const share = last > first ? (sent[at]! - first) / (last - first) : 0;
    const part = Math.min(parts - 1, Math.floor(share * parts));
    own[part]![counts[part]!++] = took[at]!;
  }
  let longest = 0;
  for (let part = 0; part < parts; part++)
    longest = Math.max(longest, shortestOf(own[part]!.subarray(0, counts[part]!)));
  return longest;
}

/** Puts them in another order. */
function shortestOf(took: Float64Array): number {
  if (took.length === 0) return Number.POSITIVE_INFINITY;
  const place = Math.floor(took.length * STRANGERS);
  quickselect(took as unknown as number[], place);
  return took[place]!;
}

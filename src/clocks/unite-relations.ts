/** The relation of two clocks over a recording of which each slice was related by itself. */
import type { Relation } from './relation.ts';

/** A slice's relation, and host times of it: near its middle, and where the next one begins. */
export interface RelatedSlice {
  readonly relation: Relation;
  /** Application times after the application table's epoch, ns. */
  readonly middle: number;
  readonly end: number;
}

/** From the worst to the best: a whole is as good as its worst part, one that is known to be wrong first of all. */
const METHODS: readonly Relation['method'][] = ['none', 'causal', 'tsc-pairs', 'tsc', 'one-clock'];

/**
 * One relation of all slices, with the widest bound of any. Where two neighbours disagree by more than their bounds, a clock was set
 * between them, and the whole is not right. There is at least one slice.
 */
export function uniteRelations(all: readonly RelatedSlice[]): Relation {
  const worst = all.reduce((found, each) => (isWorse(each.relation, found.relation) ? each : found));
  const { method, ok } = worst.relation;
  if (all.length === 1 || method === 'one-clock' || method === 'none' || !ok) return worst.relation;
  // Where one machine stamps all points of a slice, nothing had to be related.
  const slices = all.filter(({ relation }) => relation.method !== 'one-clock');
  const [first] = slices;
  const step = slices.slice(1).reduce((most, next, at) => Math.max(most, stepBetween(slices[at]!, next)), 0);
  const last = slices.at(-1)!;
  const count = slices.length;
  return {
    ...worst.relation,
    driftPpm: ((offsetNear(last) - offsetNear(first!)) / Math.max(1, last.middle - first!.middle)) * 1e6,
    offsetNs: slices[count >> 1]!.relation.offsetNs,
    checked:
      step > 0
        ? `the clocks were related anew in each of ${count} slices, and differ between two of them by ${(step / 1000).toFixed(1)} µs more than their bounds allow`
        : `in each of ${count} slices by itself, and neighbours agree; in the one with the widest bound: ${worst.relation.checked}`,
    ok: step <= 0,
    mostStepNs: slices.reduce((most, { relation }) => Math.max(most, relation.mostStepNs), 0),
    violators: [],
  };
}

function isWorse(one: Relation, other: Relation): boolean {
  if (one.ok !== other.ok) return !one.ok;
  const rank = METHODS.indexOf(one.method) - METHODS.indexOf(other.method);
  return rank === 0 ? one.uncertaintyNs > other.uncertaintyNs : rank < 0;
}

/** By how much two neighbours disagree beyond their bounds, ns; not above 0 where they agree. */
function stepBetween(one: RelatedSlice, next: RelatedSlice): number {
  const at = hostTime(one, one.end);
  const apart = Math.abs(one.relation.offsetAt(at) - next.relation.offsetAt(at));
  return apart - one.relation.uncertaintyNs - next.relation.uncertaintyNs;
}

const offsetNear = (slice: RelatedSlice) => slice.relation.offsetAt(hostTime(slice, slice.middle));

/** The host time of an application time: clocks drift so little that the second guess is right. */
function hostTime({ relation }: RelatedSlice, time: number): number {
  return time - relation.offsetAt(time - relation.offsetAt(time));
}

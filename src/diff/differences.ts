/** Are two sides different, and where: one answer for the total and for each stage, all of them at once. */
import { ascending } from '../stats/ascending.ts';
import { blockMeans, wander } from './blocks.ts';
import { type BootstrapResult, bootstrap, type UnitPair } from './bootstrap.ts';
import type { Difference } from './diff-model.ts';
import { holm } from './holm.ts';
import { superiority } from './superiority.ts';

/** The times of one stage, or the total: one column per run. */
export interface Question {
  readonly a: readonly Int32Array[];
  readonly b: readonly Int32Array[];
  /** What the clocks leave open, both sides together, ns. */
  readonly clockNs: number;
}

export interface Units {
  readonly unit: 'blocks' | 'runs' | 'none';
  readonly unitsA: number;
  readonly unitsB: number;
  /** One run seen twice: request by request. */
  readonly paired: boolean;
}

/** Few enough that a block is longer than what makes neighbours alike, and enough to draw from. */
const BLOCKS = 10;
const FEWEST_REQUESTS = 5 * BLOCKS;
/** From so many on, the runs of a side say how much runs differ. */
const FEWEST_RUNS = 3;
const CLIPPED = 0.05;
/**
 * How often a difference has to be what the recordings stray by themselves. Of two neighbouring stretches of a random walk, the worst a
 * machine that drifts can do, 0.07 % differ by more: less than 5 % of 75 questions (test/diff/random-walk.test.ts).
 */
export const WANDERS = 2;
export const ALPHA = 0.05;

/** Runs where both sides have three, else blocks of all requests of a side. `same`: both hold the same requests (same-requests.ts). */
export function unitsOf(runsA: readonly number[], runsB: readonly number[], same = false): Units {
  if (runsA.length >= FEWEST_RUNS && runsB.length >= FEWEST_RUNS)
    return { unit: 'runs', unitsA: runsA.length, unitsB: runsB.length, paired: false };
  const sum = (runs: readonly number[]) => runs.reduce((total, n) => total + n, 0);
  return Math.min(sum(runsA), sum(runsB)) < FEWEST_REQUESTS
    ? { unit: 'none', unitsA: 0, unitsB: 0, paired: false }
    : { unit: 'blocks', unitsA: BLOCKS, unitsB: BLOCKS, paired: same };
}

/** One answer per question, in their order. Every column of a side's run has the same length. */
export function differences(questions: readonly Question[], units: Units): Difference[] {
  const asked = questions.map((question) => ask(question, units));
  const results =
    units.unit === 'none'
      ? []
      : bootstrap(
          asked.flatMap(({ mean, bulk }) => [mean, bulk]),
          ALPHA / (2 * questions.length),
        );
  const adjusted = holm(results.map(({ p }) => p));
  return asked.map((own, at) => {
    const of = (which: number): Tested | undefined => {
      const result = results[2 * at + which];
      return result === undefined ? undefined : { ...result, p: adjusted[2 * at + which]! };
    };
    return answer(own, of(0), of(1));
  });
}

interface Asked {
  readonly all: { readonly a: Int32Array; readonly b: Int32Array };
  readonly mean: UnitPair;
  readonly bulk: UnitPair;
  readonly wanderNs: number;
  readonly bulkWanderNs: number;
  readonly clockNs: number;
}

type Tested = BootstrapResult;

function ask({ a, b, clockNs }: Question, { unit, paired }: Units): Asked {
  const all = { a: joined(a), b: joined(b) };
  const clip = clipping(all.a, all.b);
  if (paired) return { all, clockNs, ...askPaired(all.a, all.b, clip) };
  const side = (runs: readonly Int32Array[], whole: Int32Array) => {
    const clipped = runs.map((run) => run.map(clip));
    return unit === 'runs'
      ? { mean: Float64Array.from(runs, meanOf), bulk: Float64Array.from(clipped, meanOf) }
      : { mean: blocksOf(whole), bulk: blocksOf(joined(clipped)) };
  };
  const [ofA, ofB] = [side(a, all.a), side(b, all.b)];
  // Runs tell themselves how much they differ.
  const strays = (pick: (column: Int32Array) => Int32Array) =>
    unit === 'blocks' ? WANDERS * (wander(pick(all.a)) + wander(pick(all.b))) : 0;
  return {
    all,
    mean: { a: ofA.mean, b: ofB.mean },
    bulk: { a: ofA.bulk, b: ofB.bulk },
    wanderNs: strays((column) => column),
    bulkWanderNs: strays((column) => column.map(clip)),
    clockNs,
  };
}

/**
 * What is drawn are differences of the same request, held against none, of those requests that pass the stage on either side: that the
 * others do not is the same on both, and no chance.
 */
function askPaired(
  a: Int32Array,
  b: Int32Array,
  clip: (value: number) => number,
): Omit<Asked, 'all' | 'clockNs'> {
  const all = Int32Array.from(a.keys());
  const own = all.filter((at) => a[at] !== 0 || b[at] !== 0);
  const passing = own.length < BLOCKS ? all : own;
  const share = passing.length / a.length;
  const none = new Float64Array(BLOCKS);
  const side = (of: (value: number) => number) => {
    const column = passing.map((at) => of(b[at]!) - of(a[at]!));
    const units = blocksOf(column).map((mean) => mean * share);
    return { pair: { a: none, b: units }, strays: WANDERS * share * wander(column) };
  };
  const [mean, bulk] = [side((value) => value), side(clip)];
  return { mean: mean.pair, bulk: bulk.pair, wanderNs: mean.strays, bulkWanderNs: bulk.strays };
}

function blocksOf(column: Int32Array): Float64Array {
  return column.length < BLOCKS ? new Float64Array(0) : blockMeans(column, BLOCKS);
}

function joined(runs: readonly Int32Array[]): Int32Array {
  if (runs.length === 1) return runs[0]!;
  const whole = new Int32Array(runs.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const run of runs) {
    whole.set(run, at);
    at += run.length;
  }
  return whole;
}

export function meanOf(column: Int32Array): number {
  let sum = 0;
  for (const value of column) sum += value;
  return column.length === 0 ? 0 : sum / column.length;
}

/** Brings a value between the 5 % and the 95 % quantile of both sides together: one rule for both, so that it makes no difference. */
function clipping(a: Int32Array, b: Int32Array): (value: number) => number {
  const sorted = ascending(joined([a, b]));
  const low = sorted[Math.floor(CLIPPED * (sorted.length - 1))] ?? 0;
  const high = sorted[Math.ceil((1 - CLIPPED) * (sorted.length - 1))] ?? 0;
  return (value) => Math.min(high, Math.max(low, value));
}

function answer(asked: Asked, mean: Tested | undefined, bulk: Tested | undefined): Difference {
  const { all, wanderNs, bulkWanderNs, clockNs } = asked;
  const [aNs, bNs] = [meanOf(all.a), meanOf(all.b)];
  const holds = (tested: Tested | undefined, strays: number) =>
    tested !== undefined && tested.p < ALPHA && Math.abs(tested.difference) > Math.max(strays, clockNs);
  const by = holds(mean, wanderNs) ? 'mean' : holds(bulk, bulkWanderNs) ? 'bulk' : null;
  const ns = bNs - aNs;
  const direction = by === 'bulk' ? bulk!.difference : (mean?.difference ?? 0);
  const half = mean?.half95 ?? Number.POSITIVE_INFINITY;
  const needs = (tested: Tested | undefined, strays: number) =>
    Math.max(tested?.halfStrict ?? Number.POSITIVE_INFINITY, strays, clockNs);
  const beyondChance = Math.min(mean?.p ?? 1, bulk?.p ?? 1) < ALPHA;
  const heldBy = !beyondChance ? 'chance' : clockNs > Math.max(wanderNs, bulkWanderNs) ? 'clocks' : 'wander';
  return {
    aNs,
    bNs,
    ns,
    lowNs: ns - half,
    highNs: ns + half,
    bulk:
      bulk === undefined
        ? null
        : {
            ns: bulk.difference,
            lowNs: bulk.difference - bulk.half95,
            highNs: bulk.difference + bulk.half95,
          },
    slowerChance: all.a.length === 0 || all.b.length === 0 ? null : superiority(all.a, all.b),
    p: Math.min(mean?.p ?? 1, bulk?.p ?? 1),
    wanderNs,
    clockNs,
    smallestNs: Math.min(needs(mean, wanderNs), needs(bulk, bulkWanderNs)),
    shown: by === null ? 'no' : direction > 0 ? 'slower' : 'faster',
    by,
    heldBy: by === null ? heldBy : null,
  };
}

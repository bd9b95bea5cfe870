/**
 * Describes the stages of requests. Enters: the request table. Leaves: per stage the distribution of its durations, per variant and per
 * band of total latency the mean stack.
 */
import type { RequestTable } from '../correlate/request-table.ts';
import type { PointId } from '../paths/points.ts';
import { ascendingOrder } from './ascending.ts';
import { type Distribution, describe } from './distribution.ts';
import {
  byOrder,
  checkClosure,
  type Measured,
  matchedOf,
  meanOf,
  measure,
  measuring,
  membersOfStages,
  type Partition,
  type PointOrder,
  type StageSum,
  stageSum,
  summed,
  totalsOf,
} from './partition.ts';
import { byVariant, type Span, spansOf } from './spans.ts';

/** One stage over all matched requests that have it. */
export interface StageStats extends StageSum {
  readonly distribution: Distribution;
}

export interface StackPart {
  readonly id: string;
  readonly from: PointId;
  readonly to: PointId;
  readonly meanNs: number;
  readonly n: number;
}

/** Mean stack of a set of requests; the parts add up to its mean. */
export interface Stack {
  readonly n: number;
  readonly meanNs: number;
  readonly fromNs: number;
  readonly toNs: number;
  readonly parts: readonly StackPart[];
}

export interface VariantStats {
  readonly name: string;
  readonly stack: Stack;
}

export interface Breakdown extends Partition {
  readonly total: Distribution | undefined;
  readonly stages: readonly StageStats[];
  readonly typical: Stack;
  readonly slow: Stack;
  readonly variants: readonly VariantStats[];
}

/** The requests of a table taken apart, and how long they and their stages take. */
export function breakdown(requests: RequestTable, order: PointOrder): Breakdown {
  const matched = matchedOf(requests);
  const spans = spansOf(requests);
  const populations = byVariant(requests, spans, matched).map((each) => measuring(requests, each));
  const stages = stageStats(populations, order);
  for (const population of populations) checkClosure(population);
  const totals = populations.length === 1 ? populations[0]!.totals : totalsOf(requests, matched);
  const ranks = ascendingOrder(totals);
  const stack = (members: Int32Array) =>
    meanStack(byVariant(requests, spans, members).map((each) => summed(requests, each)));
  const ranked = (from: number, to: number) => stack(ranks.slice(from, to).map((index) => matched[index]!));
  const n = matched.length;
  return {
    matched,
    meanNs: meanOf(populations, n),
    total: n === 0 ? undefined : describe(totals),
    stages,
    typical: ranked(Math.floor(n * 0.45), Math.max(1, Math.ceil(n * 0.55))),
    slow: ranked(Math.min(n - 1, Math.floor(n * 0.99)), n),
    variants: variantStats(populations),
  };
}

/** One stage after the other, so that the durations of one alone are held. */
function stageStats(populations: readonly Measured[], order: PointOrder): StageStats[] {
  return membersOfStages(populations)
    .map((members): StageStats => {
      const durations = new Int32Array(members.n);
      let start = 0;
      for (const { population, stage } of members.parts) {
        measure(population, stage, durations, start);
        start += population.members.length;
      }
      return { ...stageSum(members, order), distribution: describe(durations) };
    })
    .sort(byOrder);
}

/** The mean stack of some requests, given by variant; a part's borders are those of the last request that has it. */
function meanStack(populations: readonly Measured[]): Stack {
  const parts = new Map<string, { span: Span; last: number; sum: number; n: number }>();
  let n = 0;
  let sum = 0;
  let fromNs = Number.POSITIVE_INFINITY;
  let toNs = 0;
  for (const { spans, sumsNs, totals, last } of populations) {
    n += totals.length;
    for (let at = 0; at < totals.length; at++) {
      const total = totals[at]!;
      sum += total;
      if (total < fromNs) fromNs = total;
      if (total > toNs) toNs = total;
    }
    for (const [stage, span] of spans.entries()) {
      const part = parts.get(span.id) ?? { span, last, sum: 0, n: 0 };
      const known = { ...part, sum: part.sum + sumsNs[stage]!, n: part.n + totals.length };
      parts.set(span.id, last < part.last ? known : { ...known, span, last });
    }
  }
  return {
    n,
    meanNs: n === 0 ? 0 : sum / n,
    fromNs: n === 0 ? 0 : fromNs,
    toNs,
    parts: [...parts].map(([id, part]) => ({
      id,
      from: part.span.from,
      to: part.span.to,
      meanNs: part.sum / n,
      n: part.n,
    })),
  };
}

/** Variants of one name are one population; the commonest first. */
function variantStats(populations: readonly Measured[]): VariantStats[] {
  const names = new Set(populations.map(({ name }) => name));
  return [...names]
    .map((name) => ({ name, stack: meanStack(populations.filter((population) => population.name === name)) }))
    .sort((a, b) => b.stack.n - a.stack.n);
}

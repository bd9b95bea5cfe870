/**
 * Takes requests apart into stages. Enters: the request table. Leaves: per stage the durations of the requests that
 * have it, per variant and per band of total latency the mean stack. Per request the stages sum to the total exactly;
 * that is checked here on every run, and a difference is an error of this program.
 */
import { NOT_OBSERVED, type RequestTable, STATUS } from '../correlate/request-table.ts';
import type { PointId } from '../paths/points.ts';
import { ascendingOrder } from './ascending.ts';
import { type Distribution, describe } from './distribution.ts';
import { byVariant, type Population, type Span, spansOf } from './spans.ts';

/** One stage over all matched requests that have it. */
export interface StageStats {
  readonly id: string;
  /** Borders of most of its requests. */
  readonly from: PointId;
  readonly to: PointId;
  readonly n: number;
  readonly distribution: Distribution;
  /** Σ durations, ns. */
  readonly sumNs: number;
  /** Position on the way of a request, for ordering. */
  readonly order: number;
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

export interface Breakdown {
  /** Requests that are matched, in the order of their start. */
  readonly matched: Int32Array;
  readonly total: Distribution | undefined;
  readonly stages: readonly StageStats[];
  readonly typical: Stack;
  readonly slow: Stack;
  readonly variants: readonly VariantStats[];
}

/** `order` gives a point's position on the path. */
export function breakdown(requests: RequestTable, order: (point: PointId) => number): Breakdown {
  const matched = matchedOf(requests);
  const spans = spansOf(requests);
  const populations = byVariant(requests, spans, matched).map((each) => measured(requests, each));
  for (const population of populations) checkClosure(population);
  const totals = populations.length === 1 ? populations[0]!.totals : totalsOf(requests, matched);
  const ranks = ascendingOrder(totals);
  const stack = (members: Int32Array) =>
    meanStack(byVariant(requests, spans, members).map((each) => measured(requests, each)));
  const ranked = (from: number, to: number) => stack(ranks.slice(from, to).map((index) => matched[index]!));
  const n = matched.length;
  return {
    matched,
    total: n === 0 ? undefined : describe(totals),
    stages: stageStats(populations, order),
    typical: ranked(Math.floor(n * 0.45), Math.max(1, Math.ceil(n * 0.55))),
    slow: ranked(Math.min(n - 1, Math.floor(n * 0.99)), n),
    variants: variantStats(populations),
  };
}

function matchedOf({ length, status }: RequestTable): Int32Array {
  const matched = new Int32Array(length);
  let n = 0;
  for (let request = 0; request < length; request++)
    if (status[request] === STATUS.matched) matched[n++] = request;
  return matched.slice(0, n);
}

/** A population's requests with what each took, in all and in each stage. */
interface Measured extends Omit<Population, 'spans'> {
  readonly totals: Int32Array;
  readonly stages: readonly Took[];
}

/** A stage of a variant, how long each of its requests took in it, and all of them. */
interface Took extends Omit<Span, 'fromNs' | 'toNs'> {
  readonly ns: Int32Array;
  readonly sumNs: number;
}

function measured(requests: RequestTable, { spans, members, ...rest }: Population): Measured {
  const stages = spans.map((span) => tookOf(span, members));
  return { ...rest, members, totals: totalsOf(requests, members), stages };
}

function totalsOf({ total }: RequestTable, members: Int32Array): Int32Array {
  const totals = new Int32Array(members.length);
  for (let at = 0; at < members.length; at++) totals[at] = total[members[at]!]!;
  return totals;
}

function tookOf({ id, from, to, fromNs, toNs }: Span, members: Int32Array): Took {
  const ns = new Int32Array(members.length);
  let sumNs = 0;
  for (let at = 0; at < members.length; at++) {
    const request = members[at]!;
    const took = toNs[request]! - fromNs[request]!;
    if (took < 0 || toNs[request] === NOT_OBSERVED)
      throw new Error(`internal: stage ${id} of request ${request} is ${took} ns`);
    ns[at] = took;
    sumNs += took;
  }
  return { id, from, to, ns, sumNs };
}

function checkClosure({ stages, members, totals }: Measured): void {
  const sums = new Float64Array(members.length);
  for (const { ns } of stages) for (let at = 0; at < ns.length; at++) sums[at]! += ns[at]!;
  for (let at = 0; at < sums.length; at++)
    if (sums[at] !== totals[at])
      throw new Error(
        `internal: stages of request ${members[at]} sum to ${sums[at]} ns, its total is ${totals[at]} ns`,
      );
}

/** All requests that have a stage, with the borders it has in each variant. */
function stageStats(populations: readonly Measured[], order: (point: PointId) => number): StageStats[] {
  const stages = new Map<string, Took[]>();
  for (const population of populations)
    for (const stage of population.stages) stages.set(stage.id, [...(stages.get(stage.id) ?? []), stage]);
  return [...stages]
    .map(([id, parts]) => {
      const { from, to } = usualBorders(parts);
      const durations = joined(parts);
      return {
        id,
        from,
        to,
        n: durations.length,
        distribution: describe(durations),
        sumNs: parts.reduce((sum, { sumNs }) => sum + sumNs, 0),
        order: order(from) + order(to) / 1000,
      };
    })
    .sort((a, b) => a.order - b.order);
}

function usualBorders(parts: readonly Took[]): Pick<Took, 'from' | 'to'> {
  const borders = new Map<string, { part: Took; n: number }>();
  for (const part of parts) {
    const key = `${part.from} ${part.to}`;
    borders.set(key, { part, n: (borders.get(key)?.n ?? 0) + part.ns.length });
  }
  return [...borders.values()].sort((a, b) => b.n - a.n)[0]!.part;
}

function joined(parts: readonly Took[]): Int32Array {
  if (parts.length === 1) return parts[0]!.ns;
  const durations = new Int32Array(parts.reduce((sum, { ns }) => sum + ns.length, 0));
  let next = 0;
  for (const { ns } of parts) {
    durations.set(ns, next);
    next += ns.length;
  }
  return durations;
}

/** The mean stack of some requests, given by variant; a part's borders are those of the last request that has it. */
function meanStack(populations: readonly Measured[]): Stack {
  const parts = new Map<string, { stage: Took; last: number; sum: number; n: number }>();
  let n = 0;
  let sum = 0;
  let fromNs = Number.POSITIVE_INFINITY;
  let toNs = 0;
  for (const { stages, totals, last } of populations) {
    n += totals.length;
    for (let at = 0; at < totals.length; at++) {
      const total = totals[at]!;
      sum += total;
      if (total < fromNs) fromNs = total;
      if (total > toNs) toNs = total;
    }
    for (const stage of stages) {
      const part = parts.get(stage.id) ?? { stage, last, sum: 0, n: 0 };
      const known = { ...part, sum: part.sum + stage.sumNs, n: part.n + totals.length };
      parts.set(stage.id, last < part.last ? known : { ...known, stage, last });
    }
  }
  return {
    n,
    meanNs: n === 0 ? 0 : sum / n,
    fromNs: n === 0 ? 0 : fromNs,
    toNs,
    parts: [...parts].map(([id, part]) => ({
      id,
      from: part.stage.from,
      to: part.stage.to,
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

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
    total: n === 0 ? undefined : describe(totals),
    stages,
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

/** A population's requests, with what each took in all, and in the stages that were measured so far. */
interface Measured extends Population {
  readonly totals: Int32Array;
  readonly sums: Float64Array;
  /** Of each stage, what all requests took in it. */
  readonly sumsNs: number[];
}

function measuring(requests: RequestTable, population: Population): Measured {
  const { members, spans } = population;
  const sums = new Float64Array(members.length);
  return { ...population, totals: totalsOf(requests, members), sums, sumsNs: spans.map(() => 0) };
}

function totalsOf({ total }: RequestTable, members: Int32Array): Int32Array {
  const totals = new Int32Array(members.length);
  for (let at = 0; at < members.length; at++) totals[at] = total[members[at]!]!;
  return totals;
}

/** Measures a stage: what each request took in it goes into `durations`, from `start` on. */
function measure(population: Measured, stage: number, durations: Int32Array, start: number): void {
  const { members, sums, sumsNs } = population;
  const { id, fromNs, toNs } = population.spans[stage]!;
  let sumNs = 0;
  for (let at = 0; at < members.length; at++) {
    const request = members[at]!;
    const ns = toNs[request]! - fromNs[request]!;
    if (ns < 0 || toNs[request] === NOT_OBSERVED)
      throw new Error(`internal: stage ${id} of request ${request} is ${ns} ns`);
    durations[start + at] = ns;
    sums[at]! += ns;
    sumNs += ns;
  }
  sumsNs[stage] = sumNs;
}

/** The same of all stages, of which only the sums are wanted. */
function summed(requests: RequestTable, population: Population): Measured {
  const measured = measuring(requests, population);
  const durations = new Int32Array(population.members.length);
  for (const stage of population.spans.keys()) measure(measured, stage, durations, 0);
  return measured;
}

/** Once all stages have been measured. */
function checkClosure({ members, sums, totals }: Measured): void {
  for (let at = 0; at < sums.length; at++)
    if (sums[at] !== totals[at])
      throw new Error(
        `internal: stages of request ${members[at]} sum to ${sums[at]} ns, its total is ${totals[at]} ns`,
      );
}

/** All requests that have a stage: of each variant its place among the variant's stages. */
interface StageMembers {
  n: number;
  readonly parts: { readonly population: Measured; readonly stage: number }[];
}

/** One stage after the other, so that the durations of one alone are held. */
function stageStats(populations: readonly Measured[], order: (point: PointId) => number): StageStats[] {
  const stages = new Map<string, StageMembers>();
  for (const population of populations)
    for (const [stage, { id }] of population.spans.entries()) {
      const known = stages.get(id) ?? { n: 0, parts: [] };
      stages.set(id, known);
      known.n += population.members.length;
      known.parts.push({ population, stage });
    }
  return [...stages]
    .map(([id, { n, parts }]) => {
      const { from, to } = usualBorders(parts);
      const durations = new Int32Array(n);
      let start = 0;
      let sumNs = 0;
      for (const { population, stage } of parts) {
        measure(population, stage, durations, start);
        start += population.members.length;
        sumNs += population.sumsNs[stage]!;
      }
      return {
        id,
        from,
        to,
        n,
        distribution: describe(durations),
        sumNs,
        order: order(from) + order(to) / 1000,
      };
    })
    .sort((a, b) => a.order - b.order);
}

function usualBorders(parts: StageMembers['parts']): Pick<Span, 'from' | 'to'> {
  const borders = new Map<string, { span: Span; n: number }>();
  for (const { population, stage } of parts) {
    const span = population.spans[stage]!;
    const key = `${span.from} ${span.to}`;
    borders.set(key, { span, n: (borders.get(key)?.n ?? 0) + population.members.length });
  }
  return [...borders.values()].sort((a, b) => b.n - a.n)[0]!.span;
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

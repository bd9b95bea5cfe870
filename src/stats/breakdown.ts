/**
 * Describes the stages of requests. Enters: the request table. Leaves: per stage the distribution of its durations, per variant and per
 * band of total latency the mean stack.
 */
import type { RequestTable } from '../correlate/request-table.ts';
import type { PointId } from '../paths/points.ts';
import { ascendingOrder } from './ascending.ts';
import { type Listener, type Measured, measured } from './measured.ts';
import {
  byOrder,
  matchedOf,
  meanOf,
  membersOfStages,
  type Partition,
  type PointOrder,
  type StageSum,
  stageSum,
} from './partition.ts';
import { byVariant, type Population, type Span, spansOf } from './spans.ts';
import { type Distribution, Spread } from './spread.ts';

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
  const n = matched.length;
  const spans = spansOf(requests);
  const { populations, stages, total } = spreadOf(
    requests,
    byVariant(requests, spans, matched),
    BANDS.flatMap((band) => band(n)),
  );
  const ranked = ([first, last]: readonly [number, number]) => {
    const members = n === 0 ? matched : membersBetween(requests, matched, total, first, last);
    return meanStack(byVariant(requests, spans, members).map((each) => measured(requests, each)));
  };
  return {
    matched,
    meanNs: meanOf(populations, n),
    total: n === 0 ? undefined : total.distribution(),
    stages: membersOfStages(populations)
      .map(
        (members): StageStats => ({
          ...stageSum(members, order),
          distribution: stages.get(members.id)!.distribution(),
        }),
      )
      .sort(byOrder),
    typical: ranked(typicalOf(n)),
    slow: ranked(slowOf(n)),
    variants: variantStats(populations),
  };
}

/** The first and the last request of each band, once all are in the order of their totals. */
const typicalOf = (n: number): readonly [number, number] => [
  Math.floor(n * 0.45),
  Math.max(1, Math.ceil(n * 0.55)) - 1,
];
const slowOf = (n: number): readonly [number, number] => [Math.min(n - 1, Math.floor(n * 0.99)), n - 1];
const BANDS = [typicalOf, slowOf];

interface Spreads {
  readonly populations: readonly Measured[];
  readonly stages: ReadonlyMap<string, Spread>;
  readonly total: Spread;
}

/** Measures all populations, and how their stages and totals are spread; `places`: those of totals that are asked about beside. */
function spreadOf(requests: RequestTable, own: readonly Population[], places: readonly number[]): Spreads {
  const stages = new Map(own.flatMap(({ spans }) => spans.map(({ id }) => [id, new Spread()] as const)));
  const total = new Spread();
  const spreads = own.map((population) => population.spans.map(({ id }) => stages.get(id)!));
  const populations = own.map((each, at) => measured(requests, each, new Adds(spreads[at]!, total)));
  const isAsked = [[total, places] as const, ...[...stages.values()].map((each) => [each, []] as const)].map(
    ([spread, asked]) => own.length > 0 && spread.ask(asked),
  );
  if (isAsked.includes(true))
    for (const [at, each] of own.entries()) measured(requests, each, new AddsAgain(spreads[at]!, total));
  return { populations, stages, total };
}

/** What each request took is added to a spread for each stage, and to one for the totals. */
class Adds implements Listener {
  protected readonly stages: readonly Spread[];
  protected readonly totals: Spread;

  constructor(stages: readonly Spread[], totals: Spread) {
    this.stages = stages;
    this.totals = totals;
  }

  stage(stage: number, durations: Int32Array, count: number): void {
    this.stages[stage]!.add(durations, count);
  }

  total(totals: Int32Array, count: number): void {
    this.totals.add(totals, count);
  }
}

/** The same once more. */
class AddsAgain extends Adds {
  override stage(stage: number, durations: Int32Array, count: number): void {
    this.stages[stage]!.addAgain(durations, count);
  }

  override total(totals: Int32Array, count: number): void {
    this.totals.addAgain(totals, count);
  }
}

/** The requests from one place to another in the order of their totals, in that order; equal ones in their own. */
function membersBetween(
  { total }: RequestTable,
  matched: Int32Array,
  spread: Spread,
  first: number,
  last: number,
): Int32Array {
  const [low, high] = [spread.at(first), spread.at(last)];
  const members = new Int32Array(last - first + 1);
  let found = 0;
  let lows = low.below;
  let highs = high.below;
  for (let at = 0; at < matched.length; at++) {
    const request = matched[at]!;
    const own = total[request]!;
    if (own < low.value || own > high.value) continue;
    if (own === low.value && lows++ < first) continue;
    if (own === high.value && highs++ > last) continue;
    members[found++] = request;
  }
  return picked(members, ascendingOrder(picked(total, members)));
}

function picked(column: Int32Array, places: Int32Array): Int32Array {
  const values = new Int32Array(places.length);
  for (let at = 0; at < places.length; at++) values[at] = column[places[at]!]!;
  return values;
}

/** The mean stack of some requests, given by variant; a part's borders are those of the last request that has it. */
function meanStack(populations: readonly Measured[]): Stack {
  const parts = new Map<string, { span: Span; last: number; sum: number; n: number }>();
  let n = 0;
  let sum = 0;
  let fromNs = Number.POSITIVE_INFINITY;
  let toNs = 0;
  for (const { spans, sumsNs, totalNs, leastNs, mostNs, members, last } of populations) {
    n += members.length;
    sum += totalNs;
    fromNs = Math.min(fromNs, leastNs);
    toNs = Math.max(toNs, mostNs);
    for (const [stage, span] of spans.entries()) {
      const part = parts.get(span.id) ?? { span, last, sum: 0, n: 0 };
      const known = { ...part, sum: part.sum + sumsNs[stage]!, n: part.n + members.length };
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

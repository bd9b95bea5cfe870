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
  const populations = byVariant(requests, spans, matched);
  for (const population of populations) checkClosure(requests, population);
  const totals = matched.map((request) => requests.total[request]!);
  const ranks = ascendingOrder(totals);
  const stack = (members: Int32Array) => meanStack(requests, byVariant(requests, spans, members));
  const ranked = (from: number, to: number) => stack(ranks.slice(from, to).map((index) => matched[index]!));
  const n = matched.length;
  return {
    matched,
    total: n === 0 ? undefined : describe(totals),
    stages: stageStats(populations, order),
    typical: ranked(Math.floor(n * 0.45), Math.max(1, Math.ceil(n * 0.55))),
    slow: ranked(Math.min(n - 1, Math.floor(n * 0.99)), n),
    variants: variantStats(requests, populations),
  };
}

function matchedOf({ length, status }: RequestTable): Int32Array {
  const matched = new Int32Array(length);
  let n = 0;
  for (let request = 0; request < length; request++)
    if (status[request] === STATUS.matched) matched[n++] = request;
  return matched.slice(0, n);
}

function checkClosure(requests: RequestTable, { spans, members }: Population): void {
  const sums = new Float64Array(members.length);
  for (const { id, fromNs, toNs } of spans)
    for (let at = 0; at < members.length; at++) {
      const request = members[at]!;
      const ns = toNs[request]! - fromNs[request]!;
      if (ns < 0 || toNs[request] === NOT_OBSERVED)
        throw new Error(`internal: stage ${id} of request ${request} is ${ns} ns`);
      sums[at]! += ns;
    }
  members.forEach((request, at) => {
    if (sums[at] !== requests.total[request])
      throw new Error(
        `internal: stages of request ${request} sum to ${sums[at]} ns, its total is ${requests.total[request]} ns`,
      );
  });
}

/** All requests that have a stage, with the borders it has in each variant. */
interface StageMembers {
  readonly id: string;
  n: number;
  readonly parts: { readonly span: Span; readonly members: Int32Array }[];
}

function stageStats(populations: readonly Population[], order: (point: PointId) => number): StageStats[] {
  const stages = new Map<string, StageMembers>();
  for (const { spans, members } of populations)
    for (const span of spans) {
      const stage = stages.get(span.id) ?? { id: span.id, n: 0, parts: [] };
      stages.set(span.id, stage);
      stage.n += members.length;
      stage.parts.push({ span, members });
    }
  return [...stages.values()]
    .map((stage) => {
      const { from, to } = usualBorders(stage);
      const durations = durationsOf(stage);
      return {
        id: stage.id,
        from,
        to,
        n: stage.n,
        distribution: describe(durations),
        sumNs: durations.reduce((sum, ns) => sum + ns, 0),
        order: order(from) + order(to) / 1000,
      };
    })
    .sort((a, b) => a.order - b.order);
}

function usualBorders({ parts }: StageMembers): Span {
  const borders = new Map<string, { span: Span; n: number }>();
  for (const { span, members } of parts) {
    const key = `${span.from} ${span.to}`;
    borders.set(key, { span, n: (borders.get(key)?.n ?? 0) + members.length });
  }
  return [...borders.values()].sort((a, b) => b.n - a.n)[0]!.span;
}

function durationsOf({ n, parts }: StageMembers): Int32Array {
  const durations = new Int32Array(n);
  let next = 0;
  for (const { span, members } of parts) {
    const { fromNs, toNs } = span;
    for (let at = 0; at < members.length; at++)
      durations[next++] = toNs[members[at]!]! - fromNs[members[at]!]!;
  }
  return durations;
}

/** The mean stack of some requests, given by variant; a part's borders are those of the last request that has it. */
function meanStack(requests: RequestTable, populations: readonly Population[]): Stack {
  const parts = new Map<string, { span: Span; last: number; sum: number; n: number }>();
  let n = 0;
  let sum = 0;
  let fromNs = Number.POSITIVE_INFINITY;
  let toNs = 0;
  for (const { spans, members, last } of populations) {
    n += members.length;
    for (let at = 0; at < members.length; at++) {
      const total = requests.total[members[at]!]!;
      sum += total;
      if (total < fromNs) fromNs = total;
      if (total > toNs) toNs = total;
    }
    for (const span of spans) {
      const part = parts.get(span.id) ?? { span, last, sum: 0, n: 0 };
      const known = { ...part, sum: part.sum + sumOf(span, members), n: part.n + members.length };
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

function sumOf({ fromNs, toNs }: Span, members: Int32Array): number {
  let sum = 0;
  for (let at = 0; at < members.length; at++) sum += toNs[members[at]!]! - fromNs[members[at]!]!;
  return sum;
}

/** Variants of one name are one population; the commonest first. */
function variantStats(requests: RequestTable, populations: readonly Population[]): VariantStats[] {
  const names = new Set(populations.map(({ name }) => name));
  return [...names]
    .map((name) => ({
      name,
      stack: meanStack(
        requests,
        populations.filter((population) => population.name === name),
      ),
    }))
    .sort((a, b) => b.stack.n - a.stack.n);
}

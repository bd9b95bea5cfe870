/**
 * Takes requests apart into stages. Enters: the request table. Leaves: per stage the durations of the requests that
 * have it, per variant and per band of total latency the mean stack. Per request the stages sum to the total exactly;
 * that is checked here on every run, and a difference is an error of this program.
 */
import { NOT_OBSERVED, type RequestTable, STATUS } from '../correlate/request-table.ts';
import type { PointId } from '../paths/points.ts';
import { describe, type Distribution } from './distribution.ts';

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

interface Span {
  readonly id: string;
  readonly from: PointId;
  readonly to: PointId;
}

/** `order` gives a point's position on the path. */
export function breakdown(requests: RequestTable, order: (point: PointId) => number): Breakdown {
  const matched = Int32Array.from(
    [...requests.status.keys()].filter((index) => requests.status[index] === STATUS.matched),
  );
  const spans = requests.variants.map(({ points, stages }) => joinSameNames(points, stages));
  const totals = Float64Array.from(matched, (request) => requests.total[request]!);
  const duration = ({ from, to }: Span, request: number) =>
    requests.offsets.get(to)![request]! - requests.offsets.get(from)![request]!;
  checkClosure(requests, matched, spans, duration);
  const stack = (members: Int32Array | number[]) => meanStack(requests, members, spans, duration);
  const sorted = [...matched].sort((a, b) => requests.total[a]! - requests.total[b]!);
  return {
    matched,
    total: totals.length === 0 ? undefined : describe(totals),
    stages: stageStats(requests, matched, spans, duration, order),
    typical: stack(
      sorted.slice(Math.floor(sorted.length * 0.45), Math.max(1, Math.ceil(sorted.length * 0.55))),
    ),
    slow: stack(sorted.slice(Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99)))),
    variants: variantStats(requests, matched, stack),
  };
}

/** Neighbouring stages of one name become one; the name is what a reader follows. */
function joinSameNames(points: readonly PointId[], stages: readonly string[]): Span[] {
  const spans: Span[] = [];
  stages.forEach((id, index) => {
    const last = spans.at(-1);
    const to = points[index + 1]!;
    if (last?.id === id) spans[spans.length - 1] = { ...last, to };
    else spans.push({ id, from: points[index]!, to });
  });
  return spans;
}

function checkClosure(
  requests: RequestTable,
  matched: Int32Array,
  spans: readonly (readonly Span[])[],
  duration: (span: Span, request: number) => number,
): void {
  for (const request of matched) {
    let sum = 0;
    for (const span of spans[requests.variant[request]!]!) {
      const ns = duration(span, request);
      if (ns < 0 || requests.offsets.get(span.to)![request] === NOT_OBSERVED)
        throw new Error(`internal: stage ${span.id} of request ${request} is ${ns} ns`);
      sum += ns;
    }
    if (sum !== requests.total[request])
      throw new Error(
        `internal: stages of request ${request} sum to ${sum} ns, its total is ${requests.total[request]} ns`,
      );
  }
}

function stageStats(
  requests: RequestTable,
  matched: Int32Array,
  spans: readonly (readonly Span[])[],
  duration: (span: Span, request: number) => number,
  order: (point: PointId) => number,
): StageStats[] {
  const values = new Map<string, number[]>();
  const borders = new Map<string, Map<string, { span: Span; n: number }>>();
  for (const request of matched) {
    for (const span of spans[requests.variant[request]!]!) {
      const list = values.get(span.id);
      if (list === undefined) values.set(span.id, [duration(span, request)]);
      else list.push(duration(span, request));
      const ends = borders.get(span.id) ?? new Map();
      borders.set(span.id, ends);
      const key = `${span.from} ${span.to}`;
      ends.set(key, { span, n: (ends.get(key)?.n ?? 0) + 1 });
    }
  }
  return [...values]
    .map(([id, durations]) => {
      const usual = [...borders.get(id)!.values()].sort((a, b) => b.n - a.n)[0]!.span;
      return {
        id,
        from: usual.from,
        to: usual.to,
        n: durations.length,
        distribution: describe(durations),
        sumNs: durations.reduce((sum, ns) => sum + ns, 0),
        order: order(usual.from) + order(usual.to) / 1000,
      };
    })
    .sort((a, b) => a.order - b.order);
}

function meanStack(
  requests: RequestTable,
  members: Int32Array | readonly number[],
  spans: readonly (readonly Span[])[],
  duration: (span: Span, request: number) => number,
): Stack {
  const parts = new Map<string, { span: Span; sum: number; n: number }>();
  let sum = 0;
  let fromNs = Number.POSITIVE_INFINITY;
  let toNs = 0;
  for (const request of members) {
    const total = requests.total[request]!;
    sum += total;
    fromNs = Math.min(fromNs, total);
    toNs = Math.max(toNs, total);
    for (const span of spans[requests.variant[request]!]!) {
      const part = parts.get(span.id) ?? { span, sum: 0, n: 0 };
      parts.set(span.id, { span, sum: part.sum + duration(span, request), n: part.n + 1 });
    }
  }
  const n = members.length;
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
function variantStats(
  requests: RequestTable,
  matched: Int32Array,
  stack: (members: number[]) => Stack,
): VariantStats[] {
  const members = new Map<string, number[]>();
  for (const request of matched) {
    const { name } = requests.variants[requests.variant[request]!]!;
    const list = members.get(name);
    if (list === undefined) members.set(name, [request]);
    else list.push(request);
  }
  return [...members]
    .sort((a, b) => b[1].length - a[1].length)
    .map(([name, list]) => ({ name, stack: stack(list) }));
}

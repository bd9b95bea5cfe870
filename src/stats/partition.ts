/**
 * Takes requests apart into stages. Enters: the request table. Leaves: per stage the time of all requests that have it.
 */
import { type RequestTable, STATUS } from '../correlate/request-table.ts';
import type { PointId } from '../paths/points.ts';
import { type Measured, measured } from './measured.ts';
import { byVariant, type Span, spansOf } from './spans.ts';

/** One stage over all matched requests that have it. */
export interface StageSum {
  readonly id: string;
  /** Borders of most of its requests. */
  readonly from: PointId;
  readonly to: PointId;
  readonly n: number;
  /** Σ durations, ns. */
  readonly sumNs: number;
  /** Position on the way of a request, for ordering. */
  readonly order: number;
}

/** What stages took in all: what can be said of a part of a recording, whose distributions are those of the whole. */
export interface Partition {
  /** Requests that are matched, in the order of their start. */
  readonly matched: Int32Array;
  /** Mean of their totals, ns; undefined without any. */
  readonly meanNs: number | undefined;
  readonly stages: readonly StageSum[];
}

/** A point's position on the path. */
export type PointOrder = (point: PointId) => number;

/** The requests of a table taken apart. */
export function partition(requests: RequestTable, order: PointOrder): Partition {
  const matched = matchedOf(requests);
  const populations = byVariant(requests, spansOf(requests), matched).map((each) => measured(requests, each));
  const stages = membersOfStages(populations).map((members) => stageSum(members, order));
  return { matched, meanNs: meanOf(populations, matched.length), stages: stages.sort(byOrder) };
}

/** Requests that are matched, in their order. */
export function matchedOf({ length, status }: RequestTable): Int32Array {
  const matched = new Int32Array(length);
  let n = 0;
  for (let request = 0; request < length; request++)
    if (status[request] === STATUS.matched) matched[n++] = request;
  return n === length ? matched : matched.slice(0, n);
}

/** All requests that have a stage: of each variant its place among the variant's stages. */
export interface StageMembers {
  readonly id: string;
  n: number;
  readonly parts: { readonly population: Measured; readonly stage: number }[];
}

/** Each stage that a population has, in the order in which they are met. */
export function membersOfStages(populations: readonly Measured[]): StageMembers[] {
  const stages = new Map<string, StageMembers>();
  for (const population of populations)
    for (const [stage, { id }] of population.spans.entries()) {
      const known = stages.get(id) ?? { id, n: 0, parts: [] };
      stages.set(id, known);
      known.n += population.members.length;
      known.parts.push({ population, stage });
    }
  return [...stages.values()];
}

/** What a stage took in all. */
export function stageSum({ id, n, parts }: StageMembers, order: PointOrder): StageSum {
  const { from, to } = usualBorders(parts);
  const sumNs = parts.reduce((sum, { population, stage }) => sum + population.sumsNs[stage]!, 0);
  return { id, from, to, n, sumNs, order: order(from) + order(to) / 1000 };
}

/** In the order of the way of a request. */
export const byOrder = (a: StageSum, b: StageSum) => a.order - b.order;

function usualBorders(parts: StageMembers['parts']): Pick<Span, 'from' | 'to'> {
  const borders = new Map<string, { span: Span; n: number }>();
  for (const { population, stage } of parts) {
    const span = population.spans[stage]!;
    const key = `${span.from} ${span.to}`;
    borders.set(key, { span, n: (borders.get(key)?.n ?? 0) + population.members.length });
  }
  return [...borders.values()].sort((a, b) => b.n - a.n)[0]!.span;
}

/** Mean of the totals of all populations, `n` requests together, ns; undefined without any. */
export function meanOf(populations: readonly Measured[], n: number): number | undefined {
  return n === 0 ? undefined : populations.reduce((sum, { totalNs }) => sum + totalNs, 0) / n;
}

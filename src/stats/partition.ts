/**
 * Takes requests apart into stages. Enters: the request table. Leaves: per stage the time of all requests that have it. Per request the
 * stages sum to the total exactly; that is checked here on every run, and a difference is an error of this program.
 */
import { NOT_OBSERVED, type RequestTable, STATUS } from '../correlate/request-table.ts';
import type { PointId } from '../paths/points.ts';
import { byVariant, type Population, type Span, spansOf } from './spans.ts';

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
  const populations = byVariant(requests, spansOf(requests), matched).map((each) => summed(requests, each));
  for (const population of populations) checkClosure(population);
  const stages = membersOfStages(populations).map((members) => stageSum(members, order));
  return { matched, meanNs: meanOf(populations, matched.length), stages: stages.sort(byOrder) };
}

/** Requests that are matched, in their order. */
export function matchedOf({ length, status }: RequestTable): Int32Array {
  const matched = new Int32Array(length);
  let n = 0;
  for (let request = 0; request < length; request++)
    if (status[request] === STATUS.matched) matched[n++] = request;
  return matched.slice(0, n);
}

/** A population's requests, with what each took in all, and in the stages that were measured so far. */
export interface Measured extends Population {
  readonly totals: Int32Array;
  readonly sums: Float64Array;
  /** Of each stage, what all requests took in it. */
  readonly sumsNs: Float64Array;
}

/** A population of which no stage has been measured yet. */
export function measuring(requests: RequestTable, population: Population): Measured {
  const { name, spans, members, last } = population;
  const sums = new Float64Array(members.length);
  // One shape, see `eventTable`.
  return {
    name,
    spans,
    members,
    last,
    totals: totalsOf(requests, members),
    sums,
    sumsNs: new Float64Array(spans.length),
  };
}

/** What each of some requests took in all, ns. */
export function totalsOf({ total }: RequestTable, members: Int32Array): Int32Array {
  const totals = new Int32Array(members.length);
  for (let at = 0; at < members.length; at++) totals[at] = total[members[at]!]!;
  return totals;
}

/** Measures a stage: what each request took in it goes into `durations`, from `start` on. */
export function measure(population: Measured, stage: number, durations: Int32Array, start: number): void {
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
export function summed(requests: RequestTable, population: Population): Measured {
  const measured = measuring(requests, population);
  const durations = new Int32Array(population.members.length);
  for (const stage of population.spans.keys()) measure(measured, stage, durations, 0);
  return measured;
}

/** Once all stages have been measured. */
export function checkClosure({ members, sums, totals }: Measured): void {
  for (let at = 0; at < sums.length; at++)
    if (sums[at] !== totals[at])
      throw new Error(
        `internal: stages of request ${members[at]} sum to ${sums[at]} ns, its total is ${totals[at]} ns`,
      );
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

/** What a stage took in all; it has been measured. */
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
  if (n === 0) return undefined;
  let sum = 0;
  for (const { totals } of populations) for (let at = 0; at < totals.length; at++) sum += totals[at]!;
  return sum / n;
}

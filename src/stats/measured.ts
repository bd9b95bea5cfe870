/**
 * Takes requests of one variant apart. Per request the stages sum to the total exactly; that is checked here on every run, and a difference
 * is an error of this program.
 */
import { NOT_OBSERVED, type RequestTable } from '../correlate/request-table.ts';
import type { Population, Span } from './spans.ts';

/** A population, and what its requests took. */
export interface Measured extends Population {
  /** Of each stage, what all took in it, ns. */
  readonly sumsNs: Float64Array;
  /** What all took from end to end, and the shortest and the longest of them; 0 and infinite without any. */
  readonly totalNs: number;
  readonly leastNs: number;
  readonly mostNs: number;
}

/** Who is told what each request took; the columns are used again for the next part. */
export interface Listener {
  /** In one of the population's stages. */
  stage(stage: number, durations: Int32Array, count: number): void;
  /** From end to end. */
  total(totals: Int32Array, count: number): void;
}

const NOBODY: Listener = { stage: () => undefined, total: () => undefined };
/** So many requests at a time: what is found of them stays near. V8 also compiles what is called often better than what goes round in one call. */
const PART = 1 << 12;
const durations = new Int32Array(PART);
const totals = new Int32Array(PART);
const sums = new Int32Array(PART);

/** Measures the requests of a population in all of its stages. */
export function measured(
  { total }: Pick<RequestTable, 'total'>,
  population: Population,
  listener: Listener = NOBODY,
): Measured {
  const { name, spans, members, last } = population;
  const sumsNs = new Float64Array(spans.length);
  let [totalNs, leastNs, mostNs] = [0, Number.POSITIVE_INFINITY, 0];
  for (let from = 0; from < members.length; from += PART) {
    const count = Math.min(PART, members.length - from);
    sums.fill(0);
    for (let stage = 0; stage < spans.length; stage++) {
      const sumNs = measurePart(spans[stage]!, members, from, count);
      if (!(sumNs >= 0)) throwOf(spans[stage]!, members);
      sumsNs[stage]! += sumNs;
      listener.stage(stage, durations, count);
    }
    const part = totalsOf(total, members, from, count);
    totalNs += part.sumNs;
    leastNs = Math.min(leastNs, part.leastNs);
    mostNs = Math.max(mostNs, part.mostNs);
    listener.total(totals, count);
  }
  return { name, spans, members, last, sumsNs, totalNs, leastNs, mostNs };
}

/** Durations of a stage; their sum, NaN where one of them did not pass both ends in order. */
function measurePart({ fromNs, toNs }: Span, members: Int32Array, from: number, count: number): number {
  let sumNs = 0;
  for (let at = 0; at < count; at++) {
    const request = members[from + at]!;
    const end = toNs[request]!;
    const ns = end - fromNs[request]!;
    if (ns < 0 || end === NOT_OBSERVED) return Number.NaN;
    durations[at] = ns;
    sums[at]! += ns;
    sumNs += ns;
  }
  return sumNs;
}

function throwOf({ id, fromNs, toNs }: Span, members: Int32Array): never {
  const wrong = members.find((each) => toNs[each]! < fromNs[each]! || toNs[each] === NOT_OBSERVED)!;
  throw new Error(`internal: stage ${id} of request ${wrong} is ${toNs[wrong]! - fromNs[wrong]!} ns`);
}

/** Totals, which are the sums of the stages. */
function totalsOf(total: Int32Array, members: Int32Array, from: number, count: number) {
  let [sumNs, leastNs, mostNs] = [0, Number.POSITIVE_INFINITY, 0];
  for (let at = 0; at < count; at++) {
    const own = total[members[from + at]!]!;
    if (own !== sums[at])
      throw new Error(
        `internal: stages of request ${members[from + at]} sum to ${sums[at]} ns, its total is ${own} ns`,
      );
    totals[at] = own;
    sumNs += own;
    if (own < leastNs) leastNs = own;
    if (own > mostNs) mostNs = own;
  }
  return { sumNs, leastNs, mostNs };
}

/**
 * Puts the host on the application's time line. First a rough relation from what needs no clock (sectors, or the rhythm
 * of completions), then the points of each request, then the tight bound from the messages between those points; an
 * exact relation, where the facts give one, is held against that bound before it is used.
 */
import { type CausalLine, type CausalResult, type MessageSpan, spanOf } from '../clocks/causal-line.ts';
import { mostStep } from '../clocks/most-step.ts';
import type { ExactRelation, Relation } from '../clocks/relation.ts';
import { MOST_VIOLATORS, robustLine } from '../clocks/robust-line.ts';
import type { Exchange } from './messages.ts';

/** adjtimex(2): the most a kernel slews a clock. */
const MOST_DRIFT_PPM = 500;

/** Share of one-sided messages that may be wrong: pairs of strangers. */
const MOST_CONTRADICTING = 0.02;

export interface RoughRelation {
  readonly line: CausalLine;
  /** How far the line may be off anywhere in the recording. */
  readonly slackNs: number;
}

/** The relation as messages without any clock bound it; or why there is none. */
export function roughRelation(
  exchange: Exchange,
  sameRate: boolean,
): RoughRelation | { readonly failure: string } {
  const { lower, upper } = exchange;
  const { result } = robustLine(lower, upper, sameRate ? 0 : MOST_DRIFT_PPM, MOST_VIOLATORS.ofLossy);
  if (result.kind !== 'line') return { failure: failureOf(result) };
  const ends = spanOf(exchange.lower, exchange.upper);
  return { line: result.line, slackNs: widest(result.line, ends) };
}

/** What the clocks' relation is taken to be before a request's messages are known, and the messages that say so. */
export interface FirstRelation {
  readonly rough: Exchange | undefined;
  readonly first: { offsetAt(ns: number): number; readonly slackNs: number };
}

/**
 * By the rough messages, of which there may be several sets, the likeliest first: the first whose own do not contradict each
 * other. Where all do, because the rhythm put some beside their place, what the facts say. The messages that are found with
 * it decide.
 */
export function firstRelation(
  roughs: readonly Exchange[],
  { sameRate, exact }: { readonly sameRate: boolean; readonly exact?: ExactRelation | undefined },
): FirstRelation | { readonly failure: string } {
  let failure: string | undefined;
  for (const rough of roughs) {
    const relation = roughRelation(rough, sameRate);
    if (!('failure' in relation))
      return { rough, first: { offsetAt: relation.line.offsetAt, slackNs: relation.slackNs } };
    failure ??= relation.failure;
  }
  if (exact === undefined) return { failure: failure ?? NO_RHYTHM };
  return { rough: roughs[0], first: { offsetAt: exact.offsetAt, slackNs: exact.uncertaintyNs } };
}
/** Why there is no relation, in words. */
export const ONE_DIRECTION = 'messages were found in one direction only';
const NO_RHYTHM = 'nothing on the host keeps step with the guest’s completions';

/** The relation of clocks that cannot be related, and why. */
export function unrelated(why: string): Relation {
  return {
    method: 'none',
    offsetAt: () => 0,
    uncertaintyNs: Number.POSITIVE_INFINITY,
    driftPpm: 0,
    offsetNs: 0n,
    interval: undefined,
    checked: why,
    ok: false,
    mostStepNs: Number.POSITIVE_INFINITY,
    violators: [],
  };
}

function failureOf(result: Exclude<CausalResult, { kind: 'line' }>): string {
  if (result.kind === 'incomplete') return ONE_DIRECTION;
  return `completions would precede their cause by ${(result.gapNs / 1000).toFixed(1)} µs however the clocks are laid`;
}

/** The final relation from the tight messages; `exact` is used when it lies inside what they allow. */
export function tightRelation(
  exchange: Exchange,
  sameRate: boolean,
  mostViolators: number,
  exact: ExactRelation | undefined,
  epochs: { readonly app: bigint; readonly host: bigint },
): Relation {
  const { lower, upper } = exchange;
  const { result, violators } = robustLine(lower, upper, sameRate ? 0 : MOST_DRIFT_PPM, mostViolators);
  const ends = spanOf(exchange.lower, exchange.upper);
  const middle = (ends.first + ends.last) / 2;
  const absolute = (offset: number) => BigInt(Math.round(offset)) + epochs.app - epochs.host;
  if (result.kind !== 'line') {
    return {
      method: 'none',
      offsetAt: () => 0,
      uncertaintyNs: Number.POSITIVE_INFINITY,
      driftPpm: 0,
      offsetNs: 0n,
      interval: undefined,
      checked: failureOf(result),
      ok: false,
      mostStepNs: Number.POSITIVE_INFINITY,
      violators,
    };
  }
  const { line } = result;
  const inside = exact === undefined ? undefined : insideEverywhere(line, exact, ends);
  if (exact !== undefined && inside === true) {
    const offset = exact.offsetAt(middle);
    const range = line.rangeAt(middle);
    return {
      method: exact.method,
      offsetAt: exact.offsetAt,
      uncertaintyNs: exact.uncertaintyNs,
      driftPpm: ((exact.offsetAt(ends.last) - offset) / Math.max(1, ends.last - middle)) * 1e6,
      offsetNs: absolute(offset),
      interval: { low: range.low - offset, high: range.high - offset },
      checked: `the TSC relation lies inside the causal interval of ${exchange.lower.at.length + exchange.upper.at.length} messages, computed without it`,
      ok: true,
      mostStepNs: Number.POSITIVE_INFINITY,
      violators,
    };
  }
  const offset = line.offsetAt(middle);
  const range = line.rangeAt(middle);
  return {
    method: 'causal',
    offsetAt: line.offsetAt,
    uncertaintyNs: widest(line, ends),
    driftPpm: line.driftPpm,
    offsetNs: absolute(offset),
    interval: { low: range.low - offset, high: range.high - offset },
    checked:
      exact === undefined
        ? `bounded by ${exchange.lower.at.length} messages to the host and ${exchange.upper.at.length} back; no exact relation to check it with`
        : `the TSC relation given is ${microseconds(outsideBy(line, exact, ends))} outside the causal interval: it is wrong and was not used`,
    ok: exact === undefined,
    mostStepNs: Number.POSITIVE_INFINITY,
    violators,
  };
}

/** The relation with how large a step its messages leave unnoticed; those that contradict it do not count. */
export function withMostStep(relation: Relation, { lower, upper }: Exchange, sameRate: boolean): Relation {
  const maxDriftPpm = sameRate ? 0 : MOST_DRIFT_PPM;
  return { ...relation, mostStepNs: mostStep(lower, upper, maxDriftPpm, relation.violators) };
}

/**
 * The exact relation where messages bound the offset from one side at most, as with an assigned device above queue depth 1:
 * nothing on the host is part of submitting. It is used when no message there is contradicts it.
 */
export function oneSidedRelation(
  { lower, upper }: Exchange,
  exact: ExactRelation,
  epochs: { readonly app: bigint; readonly host: bigint },
): Relation {
  const { uncertaintyNs, offsetAt } = exact;
  const violators = [
    ...lower.request.filter((_, i) => offsetAt(lower.at[i]!) < lower.offset[i]! - uncertaintyNs),
    ...upper.request.filter((_, i) => offsetAt(upper.at[i]!) > upper.offset[i]! + uncertaintyNs),
  ];
  const count = lower.at.length + upper.at.length;
  const { first, last } = spanOf(lower, upper);
  const middle = count === 0 ? 0 : (first + last) / 2;
  const ok = violators.length <= count * MOST_CONTRADICTING;
  return {
    method: ok ? exact.method : 'none',
    offsetAt,
    uncertaintyNs: ok ? uncertaintyNs : Number.POSITIVE_INFINITY,
    driftPpm: 0,
    offsetNs: BigInt(Math.round(offsetAt(middle))) + epochs.app - epochs.host,
    interval: undefined,
    checked:
      count === 0
        ? 'no message between the machines to check the TSC relation with'
        : `${violators.length} of ${count} messages, all in one direction, contradict the TSC relation; nothing bounds it from the other side`,
    ok,
    mostStepNs: Number.POSITIVE_INFINITY,
    violators,
  };
}

function microseconds(ns: number): string {
  return `${(ns / 1000).toFixed(1)} µs`;
}

/** Largest distance of the line from what is possible; it is largest at an end, the set being convex. */
function widest(line: CausalLine, ends: MessageSpan): number {
  return Math.max(
    ...[ends.first, (ends.first + ends.last) / 2, ends.last].map((at) => {
      const { low, high } = line.rangeAt(at);
      return Math.max(high - line.offsetAt(at), line.offsetAt(at) - low);
    }),
  );
}

function outsideBy(line: CausalLine, exact: ExactRelation, ends: MessageSpan): number {
  return Math.max(
    ...[ends.first, (ends.first + ends.last) / 2, ends.last].map((at) => {
      const { low, high } = line.rangeAt(at);
      const offset = exact.offsetAt(at);
      return Math.max(low - offset, offset - high, 0);
    }),
  );
}

function insideEverywhere(line: CausalLine, exact: ExactRelation, ends: MessageSpan): boolean {
  return outsideBy(line, exact, ends) <= exact.uncertaintyNs;
}

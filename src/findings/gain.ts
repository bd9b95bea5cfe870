/** What a change could save: sums of measured stages, with what the clocks leave open. */
import { sideOf } from '../correlate/scene.ts';
import type { FindingInput, Gain } from './finding.ts';

const EMULATED = 'speed of an emulated host, not of a real one';

/**
 * At most the whole of these stages, ns a request. A merged stage counts when all its parts are among `ids`. Undefined
 * when no request has any of them.
 */
export function gainOfStages(input: FindingInput, ids: readonly string[]): Gain | null {
  const { breakdown, correlated } = input;
  const stages = breakdown.stages.filter(({ id }) => id.split('+').every((part) => ids.includes(part)));
  if (stages.length === 0) return null;
  const sum = stages.reduce((ns, { sumNs }) => ns + sumNs, 0);
  const cross = stages.some(({ from, to }) => sideOf(correlated, from) !== sideOf(correlated, to));
  const basis = `the whole of ${stages.map(({ id }) => id).join(', ')}`;
  return gainOf(input, sum / breakdown.matched.length, basis, cross);
}

/** A gain of so many ns a request; null when nothing would be gained. `cross`: it spans both machines' clocks. */
export function gainOf(input: FindingInput, atMostNs: number, basis: string, cross = false): Gain | null {
  const total = input.breakdown.meanNs;
  if (total === undefined || !(atMostNs > 0)) return null;
  const bound = input.correlated.relation.uncertaintyNs;
  return {
    atMostNs,
    share: atMostNs / total,
    uncertaintyNs: cross ? (Number.isFinite(bound) ? bound : null) : 0,
    basis,
    caveat: input.emulated ? EMULATED : null,
  };
}

/** Fewer requests than this on either side make no difference of means. */
const LEAST_COMPARED = 30;

/**
 * What requests with a property cost more than those without, spread over all: mean with − mean without, times their
 * share. Null where either population is small or they do not cost more.
 */
export function gainOfOthers(
  input: FindingInput,
  has: (request: number) => boolean,
  basis: string,
): Gain | null {
  const { matched } = input.breakdown;
  const { total } = input.correlated.requests;
  const mean = (requests: Int32Array) =>
    requests.reduce((ns, request) => ns + total[request]!, 0) / requests.length;
  const having = matched.filter(has);
  const rest = matched.filter((request) => !has(request));
  if (having.length < LEAST_COMPARED || rest.length < LEAST_COMPARED) return null;
  return gainOf(input, ((mean(having) - mean(rest)) * having.length) / matched.length, basis);
}

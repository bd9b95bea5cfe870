/**
 * Which request of a trace is which latency of a log that has nothing but latencies, in the order in which the application learned of
 * them. Enters: what each request took in the trace, in that order, and the log. Leaves: the place of each in the log. Order and
 * time decide together, so that a request that the trace has lost does not shift all that follow.
 */

import type { ApplicationMatch } from './application.ts';
import type { Lifetimes } from './near-gaps.ts';

/** Room for the search: a choice for each request and each number of log entries passed over. */
const MOST_CHOICES = 1 << 24;
/** What a pair costs at most, and one of which the trace says longer: no more than any other impossible pair. */
const MOST_APART_NS = 1e6;
/** The trace's clock and the application's count the same time, at rates that differ by no more than this (adjtimex(2)). */
const MOST_DRIFT = 5e-4;
/** With fewer requests than this share of the log too many ways to lay them fit. */
const LEAST_KNOWN = 0.9;
/** Pairs of which this share is possible were not met by chance: out of step, every second one is not. */
const LEAST_POSSIBLE = 0.99;

/**
 * Per request its place in the log, ascending; undefined where the log has fewer entries than there are requests, many more, or does
 * not fit.
 * `roundingNs`: how far a time of the trace may be off.
 */
export function placesInLog(
  tookNs: Float64Array,
  loggedNs: Float64Array,
  roundingNs: number,
): Int32Array | undefined {
  const width = loggedNs.length - tookNs.length + 1;
  if (width < 1 || tookNs.length < loggedNs.length * LEAST_KNOWN) return undefined;
  if (tookNs.length === 0 || tookNs.length * width > MOST_CHOICES) return undefined;
  const beyond = (request: number, place: number) => loggedNs[place]! - tookNs[request]!;
  const isPossible = (place: number, request: number) =>
    beyond(request, place) >= -tookNs[request]! * MOST_DRIFT - roundingNs;
  // First as little as possible is beyond the trace; then it is as much as is usual.
  let usual = 0;
  let places = new Int32Array();
  for (let pass = 0; pass < (width === 1 ? 1 : 2); pass++) {
    const about = usual;
    places = cheapestPlaces(tookNs.length, width, (request, place) =>
      isPossible(place, request)
        ? Math.min(Math.abs(beyond(request, place) - about), MOST_APART_NS)
        : MOST_APART_NS,
    );
    const all = Float64Array.from(places, (place, request) => beyond(request, place)).sort();
    usual = all[all.length >> 1]!;
  }
  return places.filter(isPossible).length >= tookNs.length * LEAST_POSSIBLE ? places : undefined;
}

/**
 * A place for each request, ascending, with the least sum of costs; request r is at one of `width` places from place r on. The
 * requests are gone through once, with the least cost so far for each number of places that were passed over.
 */
function cheapestPlaces(
  requests: number,
  width: number,
  costOf: (request: number, place: number) => number,
): Int32Array<ArrayBuffer> {
  let costs = new Float64Array(width);
  let next = new Float64Array(width);
  /** Per request and number of places passed over how many were before it. */
  const before = new Int32Array(requests * width);
  for (let request = 0; request < requests; request++) {
    let least = 0;
    for (let passed = 0; passed < width; passed++) {
      if (costs[passed]! < costs[least]!) least = passed;
      next[passed] = costs[least]! + costOf(request, request + passed);
      before[request * width + passed] = least;
    }
    [costs, next] = [next, costs];
  }
  const places = new Int32Array(requests);
  let passed = costs.indexOf(costs.reduce((least, cost) => Math.min(least, cost)));
  for (let request = requests - 1; request >= 0; request--) {
    places[request] = request + passed;
    passed = before[request * width + passed]!;
  }
  return places;
}

/**
 * The latency of each request that is the application's own; undefined where two were in flight at once, whose order nothing tells, or
 * where the log does not fit.
 */
export function matchLatencies(
  { begin, end }: Lifetimes,
  isOwn: (request: number) => boolean,
  loggedNs: Float64Array,
  roundingNs: number,
): ApplicationMatch | undefined {
  const own = Int32Array.from(begin.keys())
    .filter((request) => isOwn(request) && !Number.isNaN(end[request]!))
    .sort((a, b) => end[a]! - end[b]!);
  if (own.some((request, at) => at > 0 && begin[request]! < end[own[at - 1]!]!)) return undefined;
  const took = Float64Array.from(own, (request) => end[request]! - begin[request]!);
  const places = placesInLog(took, loggedNs, roundingNs);
  if (places === undefined) return undefined;
  const entry = new Int32Array(begin.length).fill(-1);
  const request = new Int32Array(loggedNs.length).fill(-1);
  for (const [at, place] of places.entries()) {
    entry[own[at]!] = place;
    request[place] = own[at]!;
  }
  return { entry, request, offsetNs: 0 };
}

/**
 * Finds which event of one machine belongs to which of another when nothing but their rhythm is common: the guest's
 * disk interrupts and the host's injections. No clock relation is needed beforehand.
 */

/** Pairs of positions (a[i] belongs to b[j]) of two ascending time sequences, or undefined when no rhythm matches. */
export interface SequenceMatch {
  readonly a: Int32Array;
  readonly b: Int32Array;
  /** Share of `a` that found a partner, 0–1. */
  readonly share: number;
}

/** Events of `a` that are tried as one signature, and how many of them must fit before the rest is looked at. */
const SIGNATURE = 64;
const EARLY = 8;
const EARLY_HITS = 5;
const LEAST_SHARE = 0.6;

/** Matches two ascending sequences of times (ns, each on its own clock, any offset, drift up to about 1000 ppm). */
export function matchSequences(a: Float64Array, b: Float64Array): SequenceMatch | undefined {
  if (a.length < 3 || b.length < 3) return undefined;
  const tolerance = Math.max(1, medianGap(a) / 4);
  let best: { fit: number; i: number; j: number } = { fit: 0, i: 0, j: 0 };
  for (const start of [0.5, 0.25, 0.75, 0]) {
    const i = Math.floor(a.length * start);
    for (let j = 0; j < b.length; j++) {
      const fit = signatureFit(a, b, i, j, tolerance);
      if (fit > best.fit) best = { fit, i, j };
    }
    if (best.fit >= Math.min(SIGNATURE, a.length) * 0.8) break;
  }
  const match = walkBothWays(a, b, best.i, best.j, tolerance);
  return match.share >= LEAST_SHARE ? match : undefined;
}

function medianGap(times: Float64Array): number {
  const gaps = new Float64Array(times.length - 1);
  for (let index = 1; index < times.length; index++) gaps[index - 1] = times[index]! - times[index - 1]!;
  gaps.sort();
  return gaps[gaps.length >> 1]!;
}

/**
 * How well a signature fits where a[i] belongs to b[j]: each event of it counts by how near b has one, up to 1. A beat beside its
 * place many may be within tolerance; in it they are nearer. The signature starts at a[i], near the end of a before it: a[i]
 * itself may be what b has lost.
 */
function signatureFit(a: Float64Array, b: Float64Array, i: number, j: number, tolerance: number): number {
  const offset = a[i]! - b[j]!;
  const first = Math.max(0, Math.min(i, a.length - SIGNATURE));
  let fit = 0;
  let hits = 0;
  let at = j;
  for (let index = i; index < Math.min(a.length, first + SIGNATURE); index++) {
    at = nearest(b, a[index]! - offset, at);
    const near = 1 - Math.abs(b[at]! + offset - a[index]!) / tolerance;
    if (near >= 0) {
      hits++;
      fit += near;
    }
    if (index - i === EARLY && hits < EARLY_HITS) return fit;
  }
  for (let index = i - 1; index >= first; index--) {
    at = nearest(b, a[index]! - offset, at);
    fit += Math.max(0, 1 - Math.abs(b[at]! + offset - a[index]!) / tolerance);
  }
  return fit;
}

/** Index of the element of `times` nearest to `time`, searching onwards from `from`. */
function nearest(times: Float64Array, time: number, from: number): number {
  let at = from;
  while (at + 1 < times.length && Math.abs(times[at + 1]! - time) <= Math.abs(times[at]! - time)) at++;
  while (at > 0 && Math.abs(times[at - 1]! - time) < Math.abs(times[at]! - time)) at--;
  return at;
}

/** Extends a match from one pair to the whole sequences; the offset follows the pairs, so that drift is followed too. */
function walkBothWays(
  a: Float64Array,
  b: Float64Array,
  i: number,
  j: number,
  tolerance: number,
): SequenceMatch {
  const partner = new Int32Array(a.length).fill(-1);
  for (const step of [1, -1]) {
    let offset = a[i]! - b[j]!;
    let at = j;
    for (let index = i; index >= 0 && index < a.length; index += step) {
      at = nearest(b, a[index]! - offset, at);
      const miss = a[index]! - b[at]! - offset;
      if (Math.abs(miss) > tolerance) continue;
      partner[index] = at;
      offset += miss / 8;
    }
  }
  return withoutDoubles(partner);
}

/** Two events of `a` that claim the same event of `b` are both left out. */
function withoutDoubles(partner: Int32Array): SequenceMatch {
  const claims = new Map<number, number>();
  for (const at of partner) if (at >= 0) claims.set(at, (claims.get(at) ?? 0) + 1);
  const left: number[] = [];
  const right: number[] = [];
  partner.forEach((at, index) => {
    if (at < 0 || claims.get(at) !== 1) return;
    left.push(index);
    right.push(at);
  });
  return { a: Int32Array.from(left), b: Int32Array.from(right), share: left.length / partner.length };
}

/**
 * What causality alone says about the relation of two clocks. A message that leaves one machine at one reading and
 * arrives on the other at another cannot arrive before it left; many messages in both directions leave a convex set of
 * possible lines θ(h) = offset + drift·h. The set is kept as a polygon, so every bound printed is a hard one.
 * (The convex-hull idea: Poirier, Roy, Dagenais, "Accurate offline synchronization of distributed traces", 2010.)
 */

/** Messages of one direction: `at` is the host time, `offset` is app time − host time of the two ends, all in ns. */
export interface Messages {
  readonly at: Float64Array;
  readonly offset: Float64Array;
}

/** A line and how far the truth can be from it. */
export interface CausalLine {
  /** App time − host time at host time `at`: the centre of what is possible. */
  offsetAt(at: number): number;
  /** Possible offsets at host time `at`. */
  rangeAt(at: number): { readonly low: number; readonly high: number };
  /** Drift of the centre, parts per million. */
  readonly driftPpm: number;
}

export type CausalResult =
  | { readonly kind: 'line'; readonly line: CausalLine }
  /** No line satisfies all messages; `gapNs` is by how much the best one fails. */
  | { readonly kind: 'contradiction'; readonly gapNs: number }
  /** One direction has no messages. */
  | { readonly kind: 'incomplete' };

interface Vertex {
  readonly drift: number;
  readonly offset: number;
}

/**
 * Lines that satisfy both directions.
 * `lower`: messages app → host; the offset at `at` is at least `offset`. `upper`: host → app; at most `offset`.
 * `maxDriftPpm` bounds the drift (0: both clocks are known to run at the same rate). The kernel slews a clock by at
 * most 500 ppm (adjtimex(2)).
 */
export function causalLine(lower: Messages, upper: Messages, maxDriftPpm: number): CausalResult {
  if (lower.at.length === 0 || upper.at.length === 0) return { kind: 'incomplete' };
  const { first, last } = spanOf(lower, upper);
  const middle = (first + last) / 2;
  const low = hull(lower, 1, middle);
  const high = hull(upper, -1, middle);
  const limit = maxDriftPpm / 1e6;
  if (limit === 0) return constantOffset(low, high);
  let polygon = startingPolygon(low, high, limit);
  for (const { x, y } of low) polygon = clip(polygon, 1, x, y);
  for (const { x, y } of high) polygon = clip(polygon, -1, x, y);
  if (polygon.length === 0) return { kind: 'contradiction', gapNs: smallestGap(low, high, limit) };
  const centre = centroid(polygon);
  const range = (at: number) => {
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    for (const { drift, offset } of polygon) {
      const value = offset + drift * (at - middle);
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
    }
    return { low: lowest, high: highest };
  };
  return {
    kind: 'line',
    line: {
      offsetAt: (at) => centre.offset + centre.drift * (at - middle),
      rangeAt: range,
      driftPpm: centre.drift * 1e6,
    },
  };
}

/** Host times of the first message and the last, of both directions. */
export interface MessageSpan {
  readonly first: number;
  readonly last: number;
}

/** From Infinity to -Infinity where there is none. */
export function spanOf(lower: Messages, upper: Messages): MessageSpan {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { at } of [lower, upper])
    for (let index = 0; index < at.length; index++) {
      if (at[index]! < first) first = at[index]!;
      if (at[index]! > last) last = at[index]!;
    }
  return { first, last };
}

function constantOffset(low: readonly Corner[], high: readonly Corner[]): CausalResult {
  const lowest = Math.max(...low.map((corner) => corner.y));
  const highest = Math.min(...high.map((corner) => corner.y));
  if (lowest > highest) return { kind: 'contradiction', gapNs: lowest - highest };
  const range = { low: lowest, high: highest };
  return {
    kind: 'line',
    line: { offsetAt: () => (lowest + highest) / 2, rangeAt: () => range, driftPpm: 0 },
  };
}

/** Those messages that alone bound what all of one direction bound: sign 1 for app → host, -1 for host → app. */
export function boundingOf(messages: Messages, sign: 1 | -1): Messages {
  const corners = hull(messages, sign, 0);
  return {
    at: Float64Array.from(corners, ({ x }) => x),
    offset: Float64Array.from(corners, ({ y }) => y),
  };
}

interface Corner {
  readonly x: number;
  readonly y: number;
}

/** The corners of the hull that can touch a line: the upper hull for lower bounds (sign 1), the lower hull for upper. */
function hull(messages: Messages, sign: 1 | -1, middle: number): Corner[] {
  const { at, offset } = messages;
  const order = inOrder(messages);
  /** The corners so far are its first `length`. */
  const kept = new Uint32Array(order.length);
  let length = 0;
  for (let next = 0; next < order.length; next++) {
    const index = order[next]!;
    while (length >= 2 && !turnsOutward(messages, kept[length - 2]!, kept[length - 1]!, index, sign, middle))
      length--;
    kept[length++] = index;
  }
  return Array.from(kept.subarray(0, length), (index) => ({ x: at[index]! - middle, y: offset[index]! }));
}

/** Moves per message after which messages are not nearly in order. */
const FEW_MOVES = 16;

/** Messages by time, then offset. They come nearly so, hence each is moved to its place; else they are sorted. */
function inOrder({ at, offset }: Messages): Uint32Array {
  const order = new Uint32Array(at.length);
  const isLater = (a: number, b: number) => at[a]! > at[b]! || (at[a] === at[b] && offset[a]! > offset[b]!);
  let moves = 0;
  for (let index = 0; index < at.length; index++) {
    let place = index;
    for (; place > 0 && isLater(order[place - 1]!, index); place--) order[place] = order[place - 1]!;
    order[place] = index;
    moves += index - place;
    if (moves > FEW_MOVES * at.length)
      return order.map((_, each) => each).sort((a, b) => at[a]! - at[b]! || offset[a]! - offset[b]!);
  }
  return order;
}

function turnsOutward(
  { at, offset }: Messages,
  a: number,
  b: number,
  c: number,
  sign: number,
  middle: number,
): boolean {
  const ax = at[a]! - middle;
  const ay = offset[a]!;
  const by = offset[b]!;
  const cy = offset[c]!;
  return sign * ((at[b]! - middle - ax) * (cy - ay) - (by - ay) * (at[c]! - middle - ax)) < 0;
}

function startingPolygon(low: readonly Corner[], high: readonly Corner[], limit: number): Vertex[] {
  const ys = [...low, ...high].map((corner) => corner.y);
  const reach = Math.max(...[...low, ...high].map((corner) => Math.abs(corner.x))) * limit;
  const bottom = Math.min(...ys) - reach - 1;
  const top = Math.max(...ys) + reach + 1;
  return [
    { drift: -limit, offset: bottom },
    { drift: limit, offset: bottom },
    { drift: limit, offset: top },
    { drift: -limit, offset: top },
  ];
}

/** Keeps the part of a convex polygon where sign·(offset + drift·x − y) >= 0 (Sutherland–Hodgman, one edge). */
function clip(polygon: readonly Vertex[], sign: 1 | -1, x: number, y: number): Vertex[] {
  const side = (vertex: Vertex) => sign * (vertex.offset + vertex.drift * x - y);
  const kept: Vertex[] = [];
  polygon.forEach((vertex, index) => {
    const next = polygon[(index + 1) % polygon.length]!;
    const here = side(vertex);
    const there = side(next);
    if (here >= 0) kept.push(vertex);
    if (here >= 0 === there >= 0) return;
    const share = here / (here - there);
    kept.push({
      drift: vertex.drift + share * (next.drift - vertex.drift),
      offset: vertex.offset + share * (next.offset - vertex.offset),
    });
  });
  return kept;
}

/** Centre of the polygon's corners: inside it, because the polygon is convex. */
function centroid(polygon: readonly Vertex[]): Vertex {
  const sum = polygon.reduce((a, b) => ({ drift: a.drift + b.drift, offset: a.offset + b.offset }));
  return { drift: sum.drift / polygon.length, offset: sum.offset / polygon.length };
}

/** Least overlap that is missing, over the allowed drifts: the width of the free strip is concave in the drift. */
function smallestGap(low: readonly Corner[], high: readonly Corner[], limit: number): number {
  const gap = (drift: number) =>
    Math.max(...low.map(({ x, y }) => y - drift * x)) - Math.min(...high.map(({ x, y }) => y - drift * x));
  let from = -limit;
  let to = limit;
  for (let step = 0; step < 60; step++) {
    const a = from + (to - from) / 3;
    const b = to - (to - from) / 3;
    if (gap(a) < gap(b)) to = b;
    else from = a;
  }
  return gap((from + to) / 2);
}

/** Stretches of rows that are in order of time each, as a tracer's buffer of each CPU leaves them, merged into one order. */

/** So many runs are merged at once; of more, neighbours first, as rounds that follow each other are then left where they are. */
const MOST_AT_ONCE = 32;

/** Start of each ascending run of the rows from `from` on, and the number of rows at the end. */
export function ascendingRuns(ts: Float64Array, from = 0): number[] {
  const bounds = [from];
  for (let row = from + 1; row < ts.length; row++) if (ts[row]! < ts[row - 1]!) bounds.push(row);
  bounds.push(ts.length);
  return bounds;
}

/** Fills `order` from position `at` on with the rows of runs, as `ascendingRuns` bounds them, in order of time; equal times in file order. */
export function mergeRuns(ts: Float64Array, bounds: readonly number[], order: Uint32Array, at: number): void {
  const spare = bounds.length > MOST_AT_ONCE + 1 ? new Uint32Array(order.length) : order;
  mergeSome({ ts, order, spare, bounds, shift: at - bounds[0]! }, 0, bounds.length - 1);
}

interface Merging {
  readonly ts: Float64Array;
  readonly order: Uint32Array;
  readonly spare: Uint32Array;
  readonly bounds: readonly number[];
  /** Position of a run's rows in the order − its rows. */
  readonly shift: number;
}

/** Merges the runs numbered [first, behind). */
function mergeSome(merging: Merging, first: number, behind: number): void {
  if (behind - first <= MOST_AT_ONCE) {
    mergeFew(merging, first, behind);
    return;
  }
  const { bounds, shift } = merging;
  const middle = (first + behind) >>> 1;
  mergeSome(merging, first, middle);
  mergeSome(merging, middle, behind);
  mergeTwo(merging, bounds[first]! + shift, bounds[middle]! + shift, bounds[behind]! + shift);
}

/**
 * Merges a few runs at once. A CPU that has something to do stamps one event after the other, so a run is left as seldom as that: it
 * is gone along up to where the next begins, and only then put in its place among the others.
 */
function mergeFew({ ts, order, bounds, shift }: Merging, first: number, behind: number): void {
  const next = Uint32Array.from(bounds.slice(first, behind));
  const ends = bounds.slice(first + 1, behind + 1);
  /** The runs that have rows left, the one whose next row is earliest first. */
  const left = [...next.keys()].sort((a, b) => ts[next[a]!]! - ts[next[b]!]! || a - b);
  let at = bounds[first]! + shift;
  while (left.length > 1) {
    const run = left[0]!;
    const other = left[1]!;
    const until = ts[next[other]!]!;
    const end = ends[run]!;
    let row = next[run]!;
    if (run < other) while (row < end && ts[row]! <= until) order[at++] = row++;
    else while (row < end && ts[row]! < until) order[at++] = row++;
    next[run] = row;
    if (row === end) left.shift();
    else putInPlace(ts, next, left);
  }
  const last = left[0];
  if (last === undefined) return;
  for (let row = next[last]!; row < ends[last]!; row++) order[at++] = row;
}

/** Moves the first of some runs behind those whose next row is earlier. */
function putInPlace(ts: Float64Array, next: Uint32Array, left: number[]): void {
  const run = left[0]!;
  const time = ts[next[run]!]!;
  let place = 1;
  for (; place < left.length; place++) {
    const other = left[place]!;
    const its = ts[next[other]!]!;
    if (its > time || (its === time && other > run)) break;
    left[place - 1] = other;
  }
  left[place - 1] = run;
}

/** Merges the ordered rows at [start, middle) and [middle, end) of an order, by way of `spare`. */
export function mergeTwo(
  { ts, order, spare }: Pick<Merging, 'ts' | 'order' | 'spare'>,
  start: number,
  middle: number,
  end: number,
): void {
  const earliest = ts[order[middle]!]!;
  // Rows at the left that are not later than any at the right stay.
  let at = middle;
  for (let step = 1; at > start && ts[order[at - 1]!]! > earliest; step *= 2) at = Math.max(start, at - step);
  while (at < middle && ts[order[at]!]! <= earliest) at++;
  if (at === middle) return;
  spare.set(order.subarray(at, middle), at);
  let left = at;
  let right = middle;
  while (left < middle && right < end) {
    const later = ts[order[right]!]!;
    while (left < middle && ts[spare[left]!]! <= later) order[at++] = spare[left++]!;
    if (left === middle) break;
    const until = ts[spare[left]!]!;
    while (right < end && ts[order[right]!]! < until) order[at++] = order[right++]!;
  }
  while (left < middle) order[at++] = spare[left++]!;
}

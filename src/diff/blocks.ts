/** Consecutive requests as blocks: neighbours resemble each other, means of blocks hardly do. */

/** Means of `count` blocks of consecutive values, as equal in length as they can be. There are at least as many values. */
export function blockMeans(values: ArrayLike<number>, count: number): Float64Array {
  const means = new Float64Array(count);
  for (let block = 0; block < count; block++) {
    const from = Math.floor((block * values.length) / count);
    const to = Math.floor(((block + 1) * values.length) / count);
    let sum = 0;
    for (let at = from; at < to; at++) sum += values[at]!;
    means[block] = sum / (to - from);
  }
  return means;
}

/** How far a recording strays by itself: the largest less the smallest mean of its quarters. */
export function wander(values: ArrayLike<number>): number {
  const quarters = blockMeans(values, 4);
  return Math.max(...quarters) - Math.min(...quarters);
}

/**
 * Buckets as the kernel's script numbers them: below 8 one each ns, then eight to a power of two, so that a bucket is at most an
 * eighth of its lower edge wide.
 */

/** Bucket → how many fell into it, ascending by bucket. */
export type Buckets = readonly (readonly [bucket: number, count: number])[];

/** Edges are exact below 2^53 ns. */
export const MOST_BUCKETS = 8 * 52;

/** Lower edge of a bucket, ns. */
export function lowerEdge(bucket: number): number {
  return bucket < 8 ? bucket : (8 + (bucket % 8)) * 2 ** (Math.floor(bucket / 8) - 1);
}

/** Upper edge of a bucket, which belongs to the next, ns. */
export function upperEdge(bucket: number): number {
  return lowerEdge(bucket + 1);
}

/** Between which edges the given share of all values (0 to 1) ends, ns; undefined when there are none. */
export function quantile(buckets: Buckets, share: number): { from: number; to: number } | undefined {
  const all = buckets.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [bucket, count] of buckets) {
    seen += count;
    if (seen >= Math.max(1, Math.ceil(share * all)))
      return { from: lowerEdge(bucket), to: upperEdge(bucket) };
  }
  return undefined;
}

/** The same values in coarser steps: so many neighbouring buckets (of an eighth of a power of two) are one, from edge to edge. */
export function coarser(buckets: Buckets, together: number): { from: number; to: number; count: number }[] {
  const rows = new Map<number, number>();
  for (const [bucket, count] of buckets) {
    const row = Math.floor(bucket / together);
    rows.set(row, (rows.get(row) ?? 0) + count);
  }
  const numbers = [...rows.keys()];
  if (numbers.length === 0) return [];
  const first = Math.min(...numbers);
  return Array.from({ length: Math.max(...numbers) - first + 1 }, (_, at) => ({
    from: lowerEdge((first + at) * together),
    to: lowerEdge((first + at + 1) * together),
    count: rows.get(first + at) ?? 0,
  }));
}

/**
 * Holm's step-down correction (Scandinavian Journal of Statistics 6, 1979): p-values of several questions at once, so that in all of
 * them together an answer is wrong no more often than in one. In the order they came; never above 1.
 */
export function holm(pValues: readonly number[]): number[] {
  const ascending = pValues.map((p, at) => ({ p, at })).toSorted((a, b) => a.p - b.p);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  ascending.forEach(({ p, at }, rank) => {
    largest = Math.max(largest, Math.min(1, p * (pValues.length - rank)));
    adjusted[at] = largest;
  });
  return adjusted;
}

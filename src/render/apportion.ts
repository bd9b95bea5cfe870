/**
 * Rounds values to whole numbers that make `whole` together, by largest remainder: each is rounded down or up. Used for
 * the cells of a bar and for the last digit of a column, so that what is printed adds up. Ties go to the earlier value.
 *
 * `values` are in units of the result (2.4 becomes 2 or 3), negative ones included. Null when their sum is further than
 * `slack` from `whole`, or one of them is no number: then nothing honest adds up.
 */
export function apportion(values: readonly number[], whole: number, slack = 0.5): number[] | null {
  const sum = values.reduce((total, value) => total + value, 0);
  const out = values.map(Math.floor);
  const left = whole - out.reduce((total, value) => total + value, 0);
  if (!(Math.abs(sum - whole) <= slack + 1e-6) || left < 0 || left > values.length) return null;
  const byRemainder = values
    .map((value, at) => ({ at, remainder: value - out[at]! }))
    .toSorted((a, b) => b.remainder - a.remainder || a.at - b.at);
  for (const { at } of byRemainder.slice(0, left)) out[at]!++;
  return out;
}

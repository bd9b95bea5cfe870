import { ascending } from '../stats/ascending.ts';

/**
 * Effect size: the chance that a request of b takes longer than one of a, ties counting half (Vargha and Delaney, 2000). 0.5: no
 * difference. Says by how much two heaps overlap, whatever their tails are. Values are ns >= 0 of at most 31 bits.
 */
export function superiority(a: Int32Array, b: Int32Array): number {
  const [lower, upper] = [ascending(a), ascending(b)];
  let below = 0;
  let upTo = 0;
  let wins = 0;
  for (const value of upper) {
    while (below < lower.length && lower[below]! < value) below++;
    while (upTo < lower.length && lower[upTo]! <= value) upTo++;
    wins += (below + upTo) / 2;
  }
  return wins / (a.length * b.length);
}

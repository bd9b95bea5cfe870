/** Ways to split n requests in two. */

export type Split = readonly [number[], number[]];

export const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

/** Two windows of a quarter to a half of the recording, one after the other, anywhere in it. */
function contiguous(n: number, random: () => number): Split {
  const length = Math.floor(n * (0.25 + 0.25 * random()));
  const from = Math.floor(random() * (n - 2 * length + 1));
  return [range(from, from + length), range(from + length, from + 2 * length)];
}

export function dealt(n: number, toFirst: (at: number) => boolean): Split {
  const first = range(0, n).map(toFirst);
  return [range(0, n).filter((at) => first[at]), range(0, n).filter((at) => !first[at])];
}

/** 20 contiguous, as two recordings after each other would be; 10 random; 6 interleaved by 1 to 50 requests. */
export function splits(n: number, random: () => number): { kind: string; split: Split }[] {
  return [
    ...range(0, 20).map(() => ({ kind: 'contiguous', split: contiguous(n, random) })),
    ...range(0, 10).map(() => ({ kind: 'random', split: dealt(n, () => random() < 0.5) })),
    ...[1, 2, 5, 10, 25, 50].map((run) => ({
      kind: 'interleaved',
      split: dealt(n, (at) => Math.floor(at / run) % 2 === 0),
    })),
  ];
}

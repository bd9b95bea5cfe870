import { formatDuration } from '../render/format-ns.ts';

/** 1, 2, 5, 10 …: round numbers from 0 to `most`, at least two of them and at most `count` + 1. */
export function linearTicks(most: number, count: number): number[] {
  if (!(most > 0)) return [0];
  const raw = most / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw * 0.999999) ?? 10 * power;
  const ticks: number[] = [];
  for (let k = 0; k * step <= most * 1.000001; k++) ticks.push(k * step);
  return ticks;
}

/** Round times between two, for a logarithmic axis: 1-2-5 where that gives few, else 1-3, 1, or every n-th power of ten. */
export function logTicks(low: number, high: number, count: number): number[] {
  const from = Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  const inside = (steps: readonly number[]) => {
    const ticks: number[] = [];
    for (let power = from; power <= to; power++)
      for (const step of steps) {
        const tick = Number((step * 10 ** power).toPrecision(6));
        if (tick >= low * 0.999999 && tick <= high * 1.000001) ticks.push(tick);
      }
    return ticks;
  };
  const FINE = [
    [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9],
    [1, 1.5, 2, 3, 4, 5, 7],
    [1, 2, 5],
    [1, 3],
    [1],
  ];
  return (
    FINE.map(inside).find((ticks) => ticks.length <= count) ?? inside([1]).filter((_, at) => at % 2 === 0)
  );
}

/** A tick's label: '50 µs', '1.5 ms'; zeros that say nothing are left away. */
export function tickText(ns: number): string {
  if (ns === 0) return '0';
  const units = [
    ['s', 1e9],
    ['ms', 1e6],
    ['µs', 1e3],
  ] as const;
  const unit = units.find(([, size]) => ns >= size);
  return unit === undefined ? formatDuration(ns) : `${Number((ns / unit[1]).toPrecision(4))} ${unit[0]}`;
}

/** Rows that may be what a rule looks for, and searches among them. */
import type { IoPath, PointRule } from '../paths/io-path.ts';
import type { Keys } from '../trace/keys.ts';
import type { KindRows, Occurrences } from '../trace/occurrences.ts';
import { ofMachine } from './scene.ts';
import type { Side } from './side.ts';

/** Rows of one event in order of time, column by column. */
export interface Candidates {
  readonly rows: Uint32Array;
  /** On the application's clock. */
  readonly time: Float64Array;
  /** Thread or CPU. */
  readonly who: Uint32Array | Uint16Array;
}

/** All of some rows, by what a rule tells them apart. */
export function candidatesOf(rows: KindRows, side: Side, rule: PointRule): Candidates {
  return { rows: rows.rows, time: side.timesAt(rows), who: whoOf(rows, rule) };
}

function whoOf(rows: KindRows, { join }: PointRule): Candidates['who'] {
  return join.by === 'cpu' ? rows.cpu : rows.tid;
}

/** What tells whether a row can be the disk's at all: the values of a column, numbered; undefined where nothing does. */
export function keysOf(rows: KindRows, { dev, tag }: PointRule): Keys | undefined {
  if (dev === 'learned') return rows.devKeys;
  return tag === 'learned' || typeof tag === 'number' ? rows.tagKeys : undefined;
}

/** Lays out what searches along a path will look at; they do it themselves otherwise. */
export function layOutColumns(path: IoPath, app: Occurrences, host: Occurrences | undefined): void {
  for (const rule of path.rules) {
    const machine = rule.join.by === 'sector' ? undefined : ofMachine(path, rule.point, app, host);
    const event = rule.events.find((name) => (machine?.count(name) ?? 0) > 0);
    if (machine === undefined || event === undefined) continue;
    const rows = machine.of(event);
    keysOf(rows, rule);
    whoOf(rows, rule);
  }
}

/**
 * Position of the first time that is not before the bound of `request` (their number when there is none), looked for
 * outwards from `near`: a few steps when the search before this one ended close by. Takes the column and not the bound: a
 * fraction that is handed over costs an object.
 */
export function firstNear(times: Float64Array, bounds: Float64Array, request: number, near: number): number {
  const time = bounds[request]!;
  let low = 0;
  let high = times.length;
  if (near < high && times[near]! < time) {
    low = near + 1;
    for (let step = 1; low + step <= high; step *= 2) {
      if (times[low + step - 1]! >= time) {
        high = low + step - 1;
        break;
      }
      low += step;
    }
  } else {
    high = Math.min(near, high);
    for (let step = 1; high - step >= 0; step *= 2) {
      if (times[high - step]! < time) {
        low = high - step + 1;
        break;
      }
      high -= step;
    }
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

import { isSingle, type Keys } from '../trace/keys.ts';
import { firstNotBefore } from '../trace/occurrences.ts';
import { type Candidates, firstNear } from './candidates.ts';
import type { ThreadSet } from './thread-set.ts';
import { ANYONE, BACKEND, type Windows } from './windows.ts';

/** A key must be in at least this share of the windows that the commonest key is in. */
const LEAST_OF_BEST = 0.05;
/** And at least this share of its occurrences during the run must lie in windows. */
const LEAST_PRECISION = 0.5;
/**
 * A key in fewer windows belongs to the disk as well when it stands in for such usual ones: this share of its windows, at
 * least two, hold none of them, while nearly all of the rest do. That is a queue of a CPU hardly used, of which a foreign
 * interrupt or kick, that comes while the disk's own does, is told apart.
 */
const LEAST_STANDING_IN = 0.9;
const LEAST_TIMES = 2;
const LEAST_COVERED = 0.9;

/** Per key, by its number. */
interface Hits {
  /** Windows it lies in. */
  readonly windows: Uint32Array;
  /** How often it occurs from the first window to the last. */
  readonly during: Uint32Array;
}

/** What lies where: rows that may be of the disk, and the windows to look for them in. */
interface Sought {
  readonly candidates: Candidates;
  readonly numbers: Uint16Array;
  readonly backend: ThreadSet;
  readonly windows: Windows;
}

/**
 * Which keys (eventfd ids, doorbell addresses, interrupt names) belong to the traced disk, learned from where they
 * occur: in the windows of its requests, again and again, and seldom outside them. No configuration is consulted, so
 * a disk of several queues yields several keys, and a console's interrupt none. Values from `below` on are nobody's. Leaves 1 for each such key's number.
 */
export function learnKeys(
  candidates: Candidates,
  { numbers, values }: Keys,
  backend: ThreadSet,
  windows: Windows,
  below = Number.POSITIVE_INFINITY,
): Uint8Array {
  const sought: Sought = { candidates, numbers, backend, windows };
  const hits: Hits = {
    windows: new Uint32Array(values.length),
    during: new Uint32Array(values.length),
  };
  const within = new KeysWithin(sought, values.length);
  for (let first = 0; first < windows.length; first += windows.stretch)
    countHits(sought, first, within, hits);
  const wanted = new Uint8Array(values.length);
  // Before one that is not the disk's can be what others are held against.
  for (const [number, value] of values.entries()) if (value >= below) hits.windows[number] = 0;
  for (const number of ownOf(hits, sought)) if (isSingle(values[number]!)) wanted[number] = 1;
  return wanted;
}

/** Numbers of the disk's own keys. */
function ownOf({ windows, during }: Hits, sought: Sought): number[] {
  const best = windows.reduce((most, count) => Math.max(most, count), 0);
  const precise = [...windows.keys()].filter(
    (key) => windows[key]! > 0 && windows[key]! >= during[key]! * LEAST_PRECISION,
  );
  const usual = precise.filter((key) => windows[key]! >= best * LEAST_OF_BEST);
  const rare = precise.filter((key) => windows[key]! < best * LEAST_OF_BEST && windows[key]! >= LEAST_TIMES);
  return rare.length === 0 ? usual : [...usual, ...standIns(rare, usual, windows, sought)];
}

/** Those of the rare keys that are where no usual one is. */
function standIns(
  rare: readonly number[],
  usual: readonly number[],
  inWindows: Uint32Array,
  sought: Sought,
): number[] {
  const isUsual = new Uint8Array(inWindows.length);
  for (const key of usual) isUsual[key] = 1;
  const without = new Uint32Array(inWindows.length);
  const { from, length } = sought.windows;
  const within = new KeysWithin(sought, inWindows.length);
  let searched = 0;
  let covered = 0;
  for (let request = 0; request < length; request++) {
    if (Number.isNaN(from[request]!)) continue;
    searched++;
    const count = within.find(request);
    let hasUsual = false;
    for (let at = 0; at < count; at++) if (isUsual[within.found[at]!] === 1) hasUsual = true;
    if (hasUsual) covered++;
    else for (let at = 0; at < count; at++) without[within.found[at]!]!++;
  }
  if (covered < searched * LEAST_COVERED) return [];
  return rare.filter(
    (key) => without[key]! >= LEAST_TIMES && without[key]! >= inWindows[key]! * LEAST_STANDING_IN,
  );
}

/** Counts the hits of one stretch of requests. */
function countHits(
  sought: Sought,
  first: number,
  within: KeysWithin,
  { windows: inWindows, during }: Hits,
): void {
  const { candidates, numbers, windows } = sought;
  const { from, to, length, stretch } = windows;
  let begin = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  const behind = Math.min(length, first + stretch);
  for (let request = first; request < behind; request++) {
    if (Number.isNaN(from[request]!)) continue;
    if (from[request]! < begin) begin = from[request]!;
    if (to[request]! > end) end = to[request]!;
    const count = within.find(request);
    for (let at = 0; at < count; at++) inWindows[within.found[at]!]!++;
  }
  const { time } = candidates;
  for (let next = firstNotBefore(time, begin); next < time.length && time[next]! <= end; next++)
    during[numbers[next]!]!++;
}

/** Looks for keys in the windows of requests. What it finds is in an array: a function called for each would cost more. */
class KeysWithin {
  readonly #sought: Sought;
  /** Per key the last request in whose window it was found. */
  readonly #last: Int32Array;
  /** The numbers that were found last, as many as `find` says. */
  readonly found: Uint16Array;
  /** Where the last window began: the next is near. */
  #near = 0;

  constructor(sought: Sought, keys: number) {
    this.#sought = sought;
    this.#last = new Int32Array(keys).fill(-1);
    this.found = new Uint16Array(keys);
  }

  /** Finds each number in the window of a request once; how many. */
  find(request: number): number {
    const { candidates, numbers, backend, windows } = this.#sought;
    const { time, who } = candidates;
    const { found } = this;
    const last = this.#last;
    const owner = windows.who[request]!;
    const closes = windows.to[request]!;
    const first = firstNear(time, windows.from, request, this.#near);
    let count = 0;
    for (let next = first; next < time.length && time[next]! <= closes; next++) {
      if (owner === BACKEND ? !backend.has(who[next]!) : owner !== ANYONE && who[next] !== owner) continue;
      const number = numbers[next]!;
      if (last[number] === request) continue;
      last[number] = request;
      found[count++] = number;
    }
    this.#near = first;
    return count;
  }
}

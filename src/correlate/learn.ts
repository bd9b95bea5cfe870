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
 * A key in fewer windows belongs to the disk as well when it stands in for the others: it is the only one in this share of
 * its windows, at least twice, while the others are in nearly all the rest. That is a queue of a CPU hardly used, of
 * which a foreign interrupt, that comes with the disk's own, is told apart.
 */
const LEAST_ALONE = 0.9;
const LEAST_TIMES_ALONE = 2;
const LEAST_COVERED = 0.9;

/** Per key, by its number. */
interface Hits {
  /** Windows it lies in, and those of them that hold no other key. */
  readonly windows: Uint32Array;
  readonly alone: Uint32Array;
  /** The last of those windows. */
  readonly last: Int32Array;
  /** How often it occurs from the first window to the last. */
  readonly during: Uint32Array;
}

/**
 * Which keys (eventfd ids, doorbell addresses, interrupt names) belong to the traced disk, learned from where they
 * occur: in the windows of its requests, again and again, and seldom outside them. No configuration is consulted, so
 * a disk of several queues yields several keys, and a console's interrupt none. Leaves 1 for each such key's number.
 */
export function learnKeys(
  candidates: Candidates,
  { numbers, values }: Keys,
  backend: ThreadSet,
  windows: Windows,
): Uint8Array {
  const hits: Hits = {
    windows: new Uint32Array(values.length),
    alone: new Uint32Array(values.length),
    last: new Int32Array(values.length).fill(-1),
    during: new Uint32Array(values.length),
  };
  let searched = 0;
  for (let first = 0; first < windows.length; first += windows.stretch)
    searched += countHits(candidates, numbers, backend, windows, first, hits);
  const wanted = new Uint8Array(values.length);
  for (const number of ownOf(hits, searched)) if (isSingle(values[number]!)) wanted[number] = 1;
  return wanted;
}

/** Numbers of the disk's own keys, where so many windows were searched. */
function ownOf({ windows, alone, during }: Hits, searched: number): number[] {
  const best = windows.reduce((most, count) => Math.max(most, count), 0);
  const precise = [...windows.keys()].filter(
    (key) => windows[key]! > 0 && windows[key]! >= during[key]! * LEAST_PRECISION,
  );
  const isUsual = (key: number) => windows[key]! >= best * LEAST_OF_BEST;
  const usual = precise.filter(isUsual);
  const covered = usual.reduce((sum, key) => sum + alone[key]!, 0);
  if (covered < searched * LEAST_COVERED) return usual;
  return precise.filter(
    (key) => isUsual(key) || (alone[key]! >= LEAST_TIMES_ALONE && alone[key]! >= windows[key]! * LEAST_ALONE),
  );
}

/** Counts the hits of one stretch of requests; returns how many windows it has. */
function countHits(
  { time, who }: Candidates,
  numbers: Uint16Array,
  backend: ThreadSet,
  { from, to, who: owners, length, stretch }: Windows,
  first: number,
  hits: Hits,
): number {
  let begin = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  let searched = 0;
  let at = 0;
  const behind = Math.min(length, first + stretch);
  for (let request = first; request < behind; request++) {
    if (Number.isNaN(from[request]!)) continue;
    const closes = to[request]!;
    const owner = owners[request]!;
    if (from[request]! < begin) begin = from[request]!;
    if (closes > end) end = closes;
    searched++;
    let only = 0;
    let kinds = 0;
    at = firstNear(time, from, request, at);
    for (let next = at; next < time.length && time[next]! <= closes; next++) {
      if (owner === BACKEND ? !backend.has(who[next]!) : owner !== ANYONE && who[next] !== owner) continue;
      const number = numbers[next]!;
      if (hits.last[number] === request) continue;
      hits.windows[number]!++;
      hits.last[number] = request;
      only = number;
      kinds++;
    }
    if (kinds === 1) hits.alone[only]!++;
  }
  for (let next = firstNotBefore(time, begin); next < time.length && time[next]! <= end; next++)
    hits.during[numbers[next]!]!++;
  return searched;
}

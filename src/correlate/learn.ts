import { type Candidates, firstNear } from './candidates.ts';
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

/** A key that lies in windows: in how many, the last of them, and how often it occurs from the first window to the last. */
interface Hit {
  readonly key: number;
  windows: number;
  /** Windows that hold no other key. */
  alone: number;
  last: number;
  during: number;
}

/**
 * Which keys (eventfd ids, doorbell addresses, interrupt names) belong to the traced disk, learned from where they
 * occur: in the windows of its requests, again and again, and seldom outside them. No configuration is consulted, so
 * a disk of several queues yields several keys, and a console's interrupt none.
 */
export function learnKeys(
  { time, who }: Candidates,
  key: Float64Array | Uint32Array,
  backend: ReadonlySet<number>,
  windows: Windows,
): ReadonlySet<number> {
  const hits = new Hits();
  let begin = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  let at = 0;
  let searched = 0;
  for (let request = 0; request < windows.length; request++) {
    const from = windows.from[request]!;
    const to = windows.to[request]!;
    const owner = windows.who[request]!;
    if (Number.isNaN(from)) continue;
    if (from < begin) begin = from;
    if (to > end) end = to;
    searched++;
    let only: Hit | undefined;
    let kinds = 0;
    at = firstNear(time, from, at);
    for (let next = at; next < time.length && time[next]! <= to; next++) {
      if (owner === BACKEND ? !backend.has(who[next]!) : owner !== ANYONE && who[next] !== owner) continue;
      const hit = hits.of(key[next]!);
      if (hit.last === request) continue;
      hit.windows++;
      hit.last = request;
      only = hit;
      kinds++;
    }
    if (only !== undefined && kinds === 1) only.alone++;
  }
  countOccurrences(time, key, hits, begin, end);
  return new Set(ownOf(hits.all, searched).map((hit) => hit.key));
}

/** The hits of the disk's own keys, of those in so many windows. */
function ownOf(all: readonly Hit[], searched: number): readonly Hit[] {
  const best = Math.max(0, ...all.map((hit) => hit.windows));
  const precise = all.filter((hit) => hit.windows >= hit.during * LEAST_PRECISION);
  const usual = precise.filter((hit) => hit.windows >= best * LEAST_OF_BEST);
  const covered = usual.reduce((sum, hit) => sum + hit.alone, 0);
  if (covered < searched * LEAST_COVERED) return usual;
  const standsIn = ({ alone, windows }: Hit) => alone >= LEAST_TIMES_ALONE && alone >= windows * LEAST_ALONE;
  return precise.filter((hit) => usual.includes(hit) || standsIn(hit));
}

function countOccurrences(
  time: Float64Array,
  key: Float64Array | Uint32Array,
  hits: Hits,
  begin: number,
  end: number,
): void {
  for (let at = firstNear(time, begin, 0); at < time.length && time[at]! <= end; at++) {
    const hit = hits.known(key[at]!);
    if (hit !== undefined) hit.during++;
  }
}

/** So few keys are found more quickly by looking at each than by a map. */
const FEW = 8;

/** Hits by key. */
class Hits {
  readonly all: Hit[] = [];
  readonly #byKey = new Map<number, Hit>();

  known(key: number): Hit | undefined {
    for (let at = 0; at < this.all.length && at < FEW; at++)
      if (this.all[at]!.key === key) return this.all[at];
    return this.#byKey.get(key);
  }

  of(key: number): Hit {
    const known = this.known(key);
    if (known !== undefined) return known;
    const hit = { key, windows: 0, alone: 0, last: -1, during: 0 };
    this.all.push(hit);
    this.#byKey.set(key, hit);
    return hit;
  }
}

import { type Candidates, firstNear } from './candidates.ts';
import { ANYONE, BACKEND, type Windows } from './windows.ts';

/** A key must be in at least this share of the windows that the commonest key is in. */
const LEAST_OF_BEST = 0.05;
/** And at least this share of its occurrences during the run must lie in windows. */
const LEAST_PRECISION = 0.5;

/** A key that lies in windows: in how many, the last of them, and how often it occurs from the first window to the last. */
interface Hit {
  readonly key: number;
  windows: number;
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
  for (let request = 0; request < windows.length; request++) {
    const from = windows.from[request]!;
    const to = windows.to[request]!;
    const owner = windows.who[request]!;
    if (Number.isNaN(from)) continue;
    if (from < begin) begin = from;
    if (to > end) end = to;
    at = firstNear(time, from, at);
    for (let next = at; next < time.length && time[next]! <= to; next++) {
      if (owner === BACKEND ? !backend.has(who[next]!) : owner !== ANYONE && who[next] !== owner) continue;
      const hit = hits.of(key[next]!);
      if (hit.last === request) continue;
      hit.windows++;
      hit.last = request;
    }
  }
  countOccurrences(time, key, hits, begin, end);
  const best = Math.max(0, ...hits.all.map((hit) => hit.windows));
  return new Set(
    hits.all
      .filter((hit) => hit.windows >= best * LEAST_OF_BEST && hit.windows >= hit.during * LEAST_PRECISION)
      .map((hit) => hit.key),
  );
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
    const hit = { key, windows: 0, last: -1, during: 0 };
    this.all.push(hit);
    this.#byKey.set(key, hit);
    return hit;
  }
}

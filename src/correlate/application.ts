/**
 * Which request is which line of the application's own log: same sector, at the usual distance in time. The distance
 * is 0 when log and trace share a clock; any other constant is found and used.
 */
import { SectorIndex } from './sector-index.ts';

/** The application's log on the trace's time line, if both have one clock. */
export interface ApplicationLog {
  readonly sector: Float64Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
}

/** What of a request is needed to find its line: sector and time of its system call or issue. */
export interface Asked {
  readonly length: number;
  readonly sector: Float64Array;
  readonly start: Float64Array;
}

export interface ApplicationMatch {
  /** Line of the log for each request, -1 without one. */
  readonly entry: Int32Array;
  /** Request for each line of the log, -1 without one. */
  readonly request: Int32Array;
  /** Log time − trace time, ns; 0 on one clock. */
  readonly offsetNs: number;
}

/** Times within this are one clock: what lies between is user space. */
const SAME_CLOCK_NS = 1_000_000;

/** Pairs requests with lines of the log. */
export function matchApplication(requests: Asked, log: ApplicationLog): ApplicationMatch {
  const { startNs } = log;
  const bySector = new SectorIndex(log.sector, startNs);
  const offsetNs = usualDistance(requests, bySector, startNs);
  const entry = new Int32Array(requests.length).fill(-1);
  const request = new Int32Array(log.sector.length).fill(-1);
  const reach = longest(log) + SAME_CLOCK_NS;
  for (let index = 0; index < requests.length; index++) {
    const expected = requests.start[index]! + offsetNs;
    let best = -1;
    let bestMiss = reach;
    bySector.seekNear(requests.sector[index]!, expected, reach);
    for (let at = bySector.first; at < bySector.behind; at++) {
      const candidate = bySector.positions[at]!;
      const miss = Math.abs(startNs[candidate]! - expected);
      if (miss < bestMiss && request[candidate] === -1) {
        best = candidate;
        bestMiss = miss;
      }
    }
    if (best === -1) continue;
    entry[index] = best;
    request[best] = index;
  }
  return { entry, request, offsetNs };
}

function longest(log: ApplicationLog): number {
  let most = 0;
  for (let line = 0; line < log.startNs.length; line++)
    most = Math.max(most, log.endNs[line]! - log.startNs[line]!);
  return most;
}

/** Lines of one sector that are looked at, and requests: so many tell the usual distance as well as all. */
const MOST_CANDIDATES = 8;
const MOST_ASKED = 4096;

/** The distance most pairs of equal sectors have; 0 when it is that of one clock. */
function usualDistance(requests: Asked, bySector: SectorIndex, startNs: Float64Array): number {
  const step = Math.max(1, Math.ceil(requests.length / MOST_ASKED));
  const known = new Float64Array(Math.ceil(requests.length / step) * MOST_CANDIDATES);
  let count = 0;
  for (let index = 0; index < requests.length; index += step) {
    bySector.seek(requests.sector[index]!);
    const behind = Math.min(bySector.behind, bySector.first + MOST_CANDIDATES);
    for (let at = bySector.first; at < behind; at++)
      known[count++] = startNs[bySector.positions[at]!]! - requests.start[index]!;
  }
  const distances = known.subarray(0, count).sort();
  let best = { count: 0, middle: 0 };
  for (let start = 0, end = 0; start < distances.length; start++) {
    while (end < distances.length && distances[end]! - distances[start]! <= SAME_CLOCK_NS) end++;
    if (end - start > best.count) best = { count: end - start, middle: distances[(start + end - 1) >> 1]! };
  }
  return Math.abs(best.middle) <= SAME_CLOCK_NS ? 0 : best.middle;
}

/**
 * Which requests were in flight where rows are missing. Enters: followed requests, the gaps of both machines on the
 * application's time line. Leaves: per request what is missing, in words.
 */
import type { Doubts } from '../trace/doubts.ts';
import type { Gap } from '../trace/gaps.ts';
import { NO_ROW } from '../trace/units.ts';
import type { Followed } from './follow.ts';
import type { Misclocked } from './misclocked.ts';
import { type Scene, sideOf } from './scene.ts';
import type { Side } from './side.ts';

/** When each request began and ended, on the application's time line; end is NaN for those that never did. */
export interface Lifetimes {
  readonly begin: Float64Array;
  readonly end: Float64Array;
}

export interface SideDoubts {
  readonly app: Doubts;
  readonly host: Doubts;
  readonly misclocked: { readonly app: Misclocked; readonly host: Misclocked };
}

const SET_BACK = 'the clock of a machine was set back while it was in flight';
const LOST = 'events were lost while it was in flight';

/** Marks requests that were in flight at a gap that concerns them; undefined for all others. */
export function requestsNearGaps(
  scene: Scene,
  followed: Followed,
  lifetimes: Lifetimes,
  doubts: SideDoubts,
  uncertaintyNs: number,
): (string | undefined)[] {
  const reasons = new Array<string | undefined>(scene.requests.length).fill(undefined);
  const actors = new Actors(scene, followed);
  for (const [side, of, { gaps: misclocked }] of [
    [scene.app, doubts.app, doubts.misclocked.app],
    [scene.host, doubts.host, doubts.misclocked.host],
  ] as const) {
    if (side === undefined) continue;
    const slack = side === scene.app ? 0 : uncertaintyNs;
    const mark = (gaps: readonly Gap[], text: (gap: Gap) => string, everyone: boolean) =>
      forRequestsAt(lifetimes, gaps, side, slack, (request, gap) => {
        if (everyone || actors.concerned(side, request, gap)) reasons[request] ??= text(gap);
      });
    mark(misclocked, () => 'a CPU whose clock is off took part while it was in flight', true);
    mark(of.reported, ({ setBack }) => (setBack === true ? SET_BACK : LOST), true);
    mark(of.found, (gap) => `an event is missing while it was in flight: ${gap.missing}`, false);
  }
  return reasons;
}

/** A CPU that stamped rows for at least this share of the requests serves the disk. */
const LEAST_SHARE = 0.01;
/** CPU numbers are 16 bits wide in a table. */
const MOST_CPUS = 1 << 16;

/** Threads and CPUs that requests depend on. */
class Actors {
  readonly #scene: Scene;
  readonly #rows: readonly { side: Side; rows: Int32Array }[];
  readonly #servants: ReadonlySet<number>;
  /** Of each side that was asked about. */
  readonly #cpus = new Map<Side, ReadonlySet<number>>();

  constructor(scene: Scene, followed: Followed) {
    this.#scene = scene;
    this.#rows = [...followed.rows].flatMap(([point, rows]) => {
      const side = sideOf(scene, point);
      return side === undefined ? [] : [{ side, rows }];
    });
    this.#servants = new Set([...scene.backend, ...(scene.host?.vcpuThreads.values() ?? [])]);
  }

  /**
   * A missing row matters when it belongs to a thread that serves all requests, or to one of this request. Interrupts
   * matter on every CPU that takes them for this disk: a request may seem to have none because of the gap.
   */
  concerned(side: Side, request: number, { tid, cpu }: Gap): boolean {
    if (tid === undefined) return cpu === undefined || this.#cpusOf(side).has(cpu);
    if (side === this.#scene.host && this.#servants.has(tid)) return true;
    return this.#rows.some(
      ({ side: on, rows }) =>
        on === side && rows[request] !== NO_ROW && side.table.tid[rows[request]!] === tid,
    );
  }

  #cpusOf(side: Side): ReadonlySet<number> {
    const known = this.#cpus.get(side) ?? this.#findCpus(side);
    this.#cpus.set(side, known);
    return known;
  }

  #findCpus(side: Side): ReadonlySet<number> {
    const { cpu } = side.table;
    const counts = new Uint32Array(MOST_CPUS);
    for (const { side: on, rows } of this.#rows) {
      if (on !== side) continue;
      for (let request = 0; request < rows.length; request++)
        if (rows[request] !== NO_ROW) counts[cpu[rows[request]!]!]!++;
    }
    const least = Math.max(1, this.#scene.requests.length * LEAST_SHARE);
    const servants = new Set<number>();
    counts.forEach((count, each) => {
      if (count >= least) servants.add(each);
    });
    return servants;
  }
}

/** Calls back for every request in flight at each gap. Requests are in order of their beginning, as far as that goes. */
function forRequestsAt(
  { begin, end }: Lifetimes,
  gaps: readonly Gap[],
  side: Side,
  slack: number,
  found: (request: number, gap: Gap) => void,
): void {
  if (gaps.length === 0) return;
  const order = Uint32Array.from(begin.keys()).sort((a, b) => begin[a]! - begin[b]!);
  const latestEnd = new Float64Array(order.length);
  order.forEach((request, at) => {
    latestEnd[at] = Math.max(latestEnd[at - 1] ?? Number.NEGATIVE_INFINITY, endOf(begin, end, request));
  });
  for (const gap of gaps) {
    const from = side.timeOf(gap.from) - slack;
    const to = side.timeOf(gap.to) + slack;
    for (let at = firstReaching(latestEnd, from); at < order.length; at++) {
      const request = order[at]!;
      if (begin[request]! > to) break;
      // A row at the edge of a gap is there; what is missing lies strictly between two rows.
      const apart = begin[request] === to || endOf(begin, end, request) === from;
      if (endOf(begin, end, request) >= from && (!apart || from === to)) found(request, gap);
    }
  }
}

function endOf(begin: Float64Array, end: Float64Array, request: number): number {
  return Number.isNaN(end[request]!) ? begin[request]! : end[request]!;
}

/** First position whose running latest end is not before `time`. */
function firstReaching(latestEnd: Float64Array, time: number): number {
  let low = 0;
  let high = latestEnd.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (latestEnd[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

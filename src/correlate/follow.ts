/**
 * Finds, for every request and every point of a path, the row that stamped it. Enters: the application's requests, the
 * machines' events on one time line, a path. Leaves: per point a column of rows, NO_ROW where the point was not observed.
 * Works a point at a time, so that the bounds of a search are columns that are already there.
 */
import type { IoPath, PathPoint, PointRule } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import { type StandIn, standInOf } from '../paths/stand-ins.ts';
import type { Keys } from '../trace/keys.ts';
import { pick } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import { type Candidates, candidatesOf, keysOf } from './candidates.ts';
import { type DrainedReads, drainedReads } from './descriptors.ts';
import { doubtfulPicks } from './doubtful-picks.ts';
import { endedCalls } from './ended-calls.ts';
import { type Found, located } from './found.ts';
import { learnKeys } from './learn.ts';
import { type Scene, sideOf } from './scene.ts';
import { ANY_MARK, NONE, searchWindows } from './search-windows.ts';
import type { Side } from './side.ts';
import { outOfTurn } from './turns.ts';
import { emptyWindows, type Located, layWindows, type WindowSource, type Windows } from './windows.ts';

/** Rows by point, and how many requests had several candidates for a point that only one can have been. */
export interface Followed {
  readonly rows: ReadonlyMap<PointId, Int32Array>;
  /** Their times on the application's clock, NaN where there is no row; nothing of a point that no request has. */
  readonly times: ReadonlyMap<PointId, Float64Array>;
  readonly ambiguous: ReadonlyMap<PointId, number>;
  /** Requests for which a read of one of several eventfds was found, and nothing tells which is theirs: the point. */
  readonly unclear: ReadonlyMap<number, PointId>;
  /** Points whose events the recording holds at all, whether or not they belong to this disk. */
  readonly recorded: ReadonlySet<PointId>;
  /** Points for which another event stands, as their rules say. */
  readonly standIns: ReadonlyMap<PointId, StandIn>;
}

/** Follows all requests along the path. */
export function follow(scene: Scene): Followed {
  const work = new Work(scene);
  for (const rule of scene.path.rules) work.apply(rule);
  return work.result();
}

class Work implements WindowSource {
  readonly length: number;
  readonly stretch: number;
  readonly slackNs: number;
  readonly servedBy: Float64Array;
  readonly #scene: Scene;
  readonly #found = new Map<PointId, Found>();
  readonly #ambiguous = new Map<PointId, number>();
  readonly #unclear = new Map<number, PointId>();
  readonly #recorded = new Set<PointId>();
  readonly #standIns = new Map<PointId, StandIn>();
  readonly #windows: Windows;
  /** Room for a search: no limits, the marks that are wanted, first and last candidate by request. */
  readonly #noLimits: Int32Array;
  readonly #wanted: Float64Array;
  readonly #first: Int32Array;
  readonly #last: Int32Array;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.length = scene.requests.length;
    this.stretch = scene.stretch;
    this.slackNs = scene.slackNs;
    this.servedBy = scene.servedBy;
    this.#windows = emptyWindows(this);
    this.#noLimits = new Int32Array(this.length).fill(NO_ROW);
    this.#wanted = new Float64Array(this.length);
    this.#first = new Int32Array(this.length);
    this.#last = new Int32Array(this.length);
    for (const [anchor, point] of Object.entries(scene.path.anchors) as [
      keyof IoPath['anchors'],
      PointId,
    ][]) {
      const found = located(scene.requests[anchor], scene.app);
      this.#found.set(point, found);
      if (found.count > 0) this.#recorded.add(point);
    }
  }

  result(): Followed {
    const found = [...this.#found];
    return {
      rows: new Map(found.map(([point, { rows }]) => [point, rows])),
      times: new Map(found.filter(([, { count }]) => count > 0).map(([point, { time }]) => [point, time])),
      ambiguous: this.#ambiguous,
      unclear: this.#unclear,
      recorded: this.#recorded,
      standIns: this.#standIns,
    };
  }

  located(point: PointId): Located | undefined {
    const found = this.#found.get(point);
    const side = sideOf(this.#scene, point);
    return found === undefined || side === undefined
      ? undefined
      : { rows: found.rows, time: found.time, side };
  }

  apply(rule: PointRule): void {
    const side = sideOf(this.#scene, rule.point);
    if (side === undefined) return;
    const events = rule.events.filter((name) => side.occurrences.count(name) > 0);
    if (events.length === 0) return;
    if (rule.join.by !== 'sector') layWindows(this, rule, side, this.#windows);
    for (const event of events) {
      this.#recorded.add(rule.point);
      const found =
        rule.join.by === 'sector' ? this.#bySector(rule.point, side) : this.#search(rule, side, event);
      const known = this.#found.get(rule.point);
      // A second way to find a point replaces the first only when the first hardly finds any.
      if (known === undefined || found.count > 2 * known.count) {
        this.#found.set(rule.point, found);
        const standIn = standInOf(rule, event);
        if (standIn === undefined) this.#standIns.delete(rule.point);
        else this.#standIns.set(rule.point, standIn);
      }
      // An event of another process (a stray io_submit beside an io_uring back-end) must not hide the next one.
      if (found.count > 0) return;
    }
  }

  #bySector(point: PointId, side: Side): Found {
    const { hostComplete, hostIssue } = this.#scene;
    return located(point === 'host:complete' ? hostComplete : hostIssue, side);
  }

  #search(rule: PointRule, side: Side, event: string): Found {
    const candidates = this.#candidates(rule, side, event);
    const drained = rule.drains === undefined ? undefined : this.#drained(rule.drains, side, event);
    searchWindows(
      {
        candidates,
        windows: this.#windows,
        serves: this.#scene.serves,
        limits: this.#limits(rule, side),
        marks: drained?.descriptor ?? marksOf(rule, side, candidates),
        wanted: this.#marksWanted(rule, side, drained),
        firstOnly: rule.pick === 'first' && rule.certain === true && this.slackNs === 0,
      },
      this.#first,
      this.#last,
    );
    const unclear = drained === undefined ? 0 : this.#dropUnclear(rule.point, candidates, drained.descriptor);
    const found = this.#take(rule, candidates);
    const { rows, time } = found;
    let { count } = found;
    let ambiguous = found.ambiguous + unclear;
    for (const doubted of [
      doubtfulPicks(rule, found, this.#windows, side, this.#scene, candidates),
      this.#ended(rule, event, rows, side),
      this.#outOfTurn(rule, candidates, side),
    ])
      for (const request of doubted) {
        if (rows[request] === NO_ROW) continue;
        rows[request] = NO_ROW;
        time[request] = Number.NaN;
        count--;
        ambiguous++;
      }
    if (ambiguous > 0) this.#ambiguous.set(rule.point, ambiguous);
    return { rows, time, count };
  }

  /** Stamps that are rounded make rows of one thread or CPU equal; their order in the file still tells. */
  #limits({ join, before }: PointRule, side: Side): Int32Array {
    const isLimit = 'of' in join && before.includes(join.of) && this.located(join.of)?.side === side;
    return (isLimit ? this.#found.get(join.of)?.rows : undefined) ?? this.#noLimits;
  }

  /** The mark of each request's row: the descriptor of its eventfd, or the tag that another point of it has. */
  #marksWanted(rule: PointRule, side: Side, drained: DrainedReads | undefined): Float64Array {
    const wanted = this.#wanted.fill(ANY_MARK);
    const { alone } = this.#scene;
    if (drained !== undefined) {
      const { from } = this.#windows;
      for (let request = 0; request < wanted.length; request++)
        if (!Number.isNaN(from[request]!)) wanted[request] = drained.wanted(request) ?? Number.NaN;
    } else if (typeof rule.tag === 'object') {
      const twins = this.#found.get(rule.tag.sameAs)?.rows ?? this.#noLimits;
      const { tag } = side.table;
      for (let request = 0; request < wanted.length; request++)
        wanted[request] = twins[request] === NO_ROW ? Number.NaN : tag[twins[request]!]!;
    }
    const needed = rule.onlyWith === undefined ? undefined : this.#found.get(rule.onlyWith)?.rows;
    if (needed !== undefined)
      for (let request = 0; request < wanted.length; request++)
        if (needed[request] === NO_ROW && !(rule.orAlone === true && alone[request] === 1))
          wanted[request] = Number.NaN;
    return wanted;
  }

  /** What reads of several descriptors there are, and none is known to be the signal's: any could be another's. How many. */
  #dropUnclear(point: PointId, candidates: Candidates, descriptor: Float64Array): number {
    let unclear = 0;
    for (let request = 0; request < this.length; request++) {
      if (this.#wanted[request] !== ANY_MARK || this.#first[request] === NONE) continue;
      if (!this.#differ(descriptor, candidates, request)) continue;
      this.#unclear.set(request, point);
      this.#first[request] = NONE;
      unclear++;
    }
    return unclear;
  }

  /** The rows that were found, where they are certain. */
  #take({ pick: which, certain }: PointRule, { rows, time }: Candidates): Found & { ambiguous: number } {
    const { alone } = this.#scene;
    const first = this.#first;
    const last = this.#last;
    const picked = which === 'first' ? first : last;
    const isExact = this.slackNs === 0;
    const isCertain = isExact && certain === true;
    const foundRows = new Int32Array(this.length).fill(NO_ROW);
    const foundTimes = new Float64Array(this.length).fill(Number.NaN);
    let ambiguous = 0;
    let count = 0;
    for (let request = 0; request < first.length; request++) {
      if (first[request] === NONE) continue;
      // While the clocks are only roughly related a neighbour's row may fall into the window: take no chances.
      const sure = first[request] === last[request] || isCertain || (isExact && alone[request] === 1);
      if (sure) {
        foundRows[request] = rows[picked[request]!]!;
        foundTimes[request] = time[picked[request]!]!;
        count++;
      } else ambiguous++;
    }
    return { rows: foundRows, time: foundTimes, count, ambiguous };
  }

  /** Requests for which a call was found that had ended before what should lie in it. */
  #ended({ around, join }: PointRule, event: string, rows: Int32Array, side: Side): readonly number[] {
    const inside = around === true && 'of' in join ? this.#found.get(join.of) : undefined;
    return inside === undefined ? [] : endedCalls(event, rows, inside.rows, side, this.#scene.isLossy);
  }

  #outOfTurn(rule: PointRule, candidates: Candidates, side: Side): Int32Array {
    const ends = 'of' in rule.join ? this.#found.get(rule.join.of) : undefined;
    return outOfTurn(rule, candidates, ends?.rows ?? this.#noLimits, side, this.#scene.shared);
  }

  /** Whether what the last search found is one of several descriptors that the disk's threads read in its window. */
  #differ(descriptor: Float64Array, { time, who }: Candidates, request: number): boolean {
    const { serves } = this.#scene;
    const to = this.#windows.to[request]!;
    const first = this.#first[request]!;
    const found = descriptor[first]!;
    if (Number.isNaN(found)) return false;
    for (let next = first + 1; next < time.length && time[next]! <= to; next++)
      if (serves.has(who[next]!) && descriptor[next] !== found) return true;
    return false;
  }

  #drained(signal: PointId, side: Side, event: string): DrainedReads {
    const descriptors = this.#scene.descriptors(side.occurrences);
    const rows = this.#found.get(signal)?.rows;
    return drainedReads(descriptors, event, side.table.tag, rows, this.#scene.alone, ANY_MARK);
  }

  /** The rows of the event that can be the disk's at all. */
  #candidates(rule: PointRule, side: Side, event: string): Candidates {
    const own = side.occurrences.of(event);
    const keys = keysOf(own, rule);
    if (keys === undefined) return candidatesOf(own, side, rule);
    const wanted =
      typeof rule.tag === 'number'
        ? Uint8Array.from(keys.values, (tag) => (tag === rule.tag ? 1 : 0))
        : this.#learned(rule, candidatesOf(own, side, rule), keys);
    return candidatesOf(own.having(keys, wanted), side, rule);
  }

  /** The keys that are the disk's. A row whose key was not recorded may be. */
  #learned({ tagBelow }: PointRule, all: Candidates, keys: Keys): Uint8Array {
    const learned = learnKeys(all, keys, this.#scene.serves, this.#windows, tagBelow);
    return learned.map((wanted, number) => (Number.isNaN(keys.values[number]) ? 1 : wanted));
  }
}

/** Per candidate the tag, where that of another point decides. */
function marksOf({ tag }: PointRule, side: Side, { rows }: Candidates): Float64Array {
  return typeof tag === 'object' ? pick(side.table.tag, rows) : NO_MARKS;
}

const NO_MARKS = new Float64Array(0);

/** The path's points that are borders of stages, in critical order. */
export function borders(path: IoPath): readonly PathPoint[] {
  return path.points.filter((point) => point.detail !== true);
}

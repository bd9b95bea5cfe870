/**
 * Finds, for every request and every point of a path, the row that stamped it. Enters: the application's requests, the
 * machines' events on one time line, a path. Leaves: per point a column of rows, NO_ROW where the point was not observed.
 * Works a point at a time, so that the bounds of a search are columns that are already there.
 */
import type { Join, PathPoint, PointRule, IoPath } from '../paths/io-path.ts';
import { type PointId, pointById } from '../paths/points.ts';
import { firstAtOrAfter } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import type { AppRequests } from './app-requests.ts';
import { learnKeys } from './learn.ts';
import type { Side } from './side.ts';

/** Everything a rule can refer to. */
export interface Scene {
  readonly path: IoPath;
  readonly requests: AppRequests;
  readonly app: Side;
  /** Host of a guest recording; undefined on bare metal or when the host was not recorded. */
  readonly host: Side | undefined;
  /** Host request of each request: rows of its issue and completion, NO_ROW without one. */
  readonly hostIssue: Int32Array;
  readonly hostComplete: Int32Array;
  /** Threads that serve this disk. */
  readonly backend: ReadonlySet<number>;
  /** Request r was the only one in flight all the time. */
  readonly alone: Uint8Array;
  /** How far a bound taken from the other machine may be off; 0 once the clocks are related. */
  readonly slackNs: number;
}

/** Rows by point, and how many requests had several candidates for a point that only one can have been. */
export interface Followed {
  readonly rows: ReadonlyMap<PointId, Int32Array>;
  readonly ambiguous: ReadonlyMap<PointId, number>;
  /** Points whose events the recording holds at all, whether or not they belong to this disk. */
  readonly recorded: ReadonlySet<PointId>;
}

/** The machine a point is stamped on, in this scene. */
export function sideOf(scene: Pick<Scene, 'path' | 'app' | 'host'>, point: PointId): Side | undefined {
  const side = pointById(point).side;
  if (side === 'app' || side === scene.path.app) return scene.app;
  return side === 'host' ? scene.host : undefined;
}

/** Follows all requests along the path. */
export function follow(scene: Scene): Followed {
  const work = new Work(scene);
  for (const rule of scene.path.rules) work.apply(rule);
  return work.result();
}

class Work {
  readonly #scene: Scene;
  readonly #rows = new Map<PointId, Int32Array>();
  readonly #ambiguous = new Map<PointId, number>();
  readonly #recorded = new Set<PointId>();

  constructor(scene: Scene) {
    this.#scene = scene;
    const { anchors } = scene.path;
    for (const anchor of ['submit', 'issue', 'complete', 'return'] as const) {
      this.#rows.set(anchors[anchor], scene.requests[anchor]);
      this.#recorded.add(anchors[anchor]);
    }
  }

  result(): Followed {
    return { rows: this.#rows, ambiguous: this.#ambiguous, recorded: this.#recorded };
  }

  apply(rule: PointRule): void {
    const side = sideOf(this.#scene, rule.point);
    if (side === undefined) return;
    for (const event of rule.events) {
      if (side.occurrences.count(event) === 0) continue;
      this.#recorded.add(rule.point);
      const found = rule.join.by === 'sector' ? this.#bySector(rule.point) : this.#search(rule, side, event);
      const known = this.#rows.get(rule.point);
      // A second way to find a point replaces the first only when the first hardly finds any.
      if (known === undefined || observed(found) > 2 * observed(known)) this.#rows.set(rule.point, found);
      // An event of another process (a stray io_submit beside an io_uring back-end) must not hide the next one.
      if (observed(found) > 0) return;
    }
  }

  #bySector(point: PointId): Int32Array {
    return point === 'host:complete' ? this.#scene.hostComplete : this.#scene.hostIssue;
  }

  #search(rule: PointRule, side: Side, event: string): Int32Array {
    const candidates = side.occurrences.rows(event);
    const accepts = this.#filter(rule, side, candidates);
    const out = new Int32Array(this.#scene.requests.length).fill(NO_ROW);
    let ambiguous = 0;
    const needed = rule.onlyWith === undefined ? undefined : this.#rows.get(rule.onlyWith);
    for (let request = 0; request < out.length; request++) {
      if (needed?.[request] === NO_ROW) continue;
      const from = this.#bound(rule.after, request, side, 1);
      const to = this.#bound(rule.before, request, side, -1);
      const thread = this.#joinValue(rule.join, request, side);
      if (from === undefined || to === undefined || thread === undefined) continue;
      const accepted = this.#sameTag(rule, request, side, accepts);
      const pick = this.#pick(rule, side, candidates, accepted, from, to, thread);
      if (pick.first === NO_ROW) continue;
      const only = pick.first === pick.last;
      // While the clocks are only roughly related a neighbour's row may fall into the window: take no chances.
      const sure =
        only || (this.#scene.slackNs === 0 && (rule.certain === true || this.#scene.alone[request] === 1));
      if (sure) out[request] = rule.pick === 'first' ? pick.first : pick.last;
      else ambiguous++;
    }
    if (ambiguous > 0) this.#ambiguous.set(rule.point, ambiguous);
    return out;
  }

  /** First and last candidate in a window; only the one that is needed is exact when the rule is certain. */
  #pick(
    rule: PointRule,
    side: Side,
    candidates: Uint32Array,
    accepts: (row: number) => boolean,
    from: number,
    to: number,
    thread: number,
  ): { first: number; last: number } {
    const { time } = side;
    const column = rule.join.by === 'cpu' ? side.table.cpu : side.table.tid;
    const any = thread === ANY_THREAD;
    let first = NO_ROW;
    let last = NO_ROW;
    for (let at = firstAtOrAfter(time, candidates, from); at < candidates.length; at++) {
      const row = candidates[at]!;
      if (time[row]! > to) break;
      if (!any && (thread === BACKEND ? !this.#scene.backend.has(column[row]!) : column[row] !== thread))
        continue;
      if (!accepts(row)) continue;
      if (first === NO_ROW) first = row;
      last = row;
      if (rule.pick === 'first' && rule.certain === true && this.#scene.slackNs === 0) break;
    }
    return { first, last };
  }

  /** Latest (sign 1) or earliest (sign -1) known time among points; undefined when none is known for this request. */
  #bound(points: readonly PointId[], request: number, side: Side, sign: 1 | -1): number | undefined {
    let bound: number | undefined;
    for (const point of points) {
      const row = this.#rows.get(point)?.[request] ?? NO_ROW;
      const on = sideOf(this.#scene, point);
      if (row === NO_ROW || on === undefined) continue;
      const slack = on === side ? 0 : this.#scene.slackNs;
      const time = on.time[row]! - sign * slack;
      if (bound === undefined || sign * time > sign * bound) bound = time;
    }
    return bound;
  }

  /** The thread or CPU a row must have for this request; undefined when what it hangs on was not observed. */
  #joinValue(join: Join, request: number, side: Side): number | undefined {
    if (join.by === 'window' || join.by === 'sector') return ANY_THREAD;
    if (join.by === 'backend') return this.#backendOf(request);
    const row = this.#rows.get(join.of)?.[request] ?? NO_ROW;
    const on = sideOf(this.#scene, join.of);
    if (row === NO_ROW || on === undefined) return undefined;
    if (join.by === 'task') return on.table.tid[row]!;
    if (join.by === 'cpu') return on.table.cpu[row]!;
    return side.vcpuThreads.get(on.table.cpu[row]!);
  }

  /** The thread that served this request, when its host request tells; else any of the disk's threads. */
  #backendOf(request: number): number {
    const row = this.#scene.hostIssue[request]!;
    if (row === NO_ROW || this.#scene.host === undefined) return BACKEND;
    const tid = this.#scene.host.table.tid[row]!;
    return this.#scene.backend.has(tid) ? tid : BACKEND;
  }

  /** Narrows a filter to rows with the tag that another point of the same request has. */
  #sameTag(
    rule: PointRule,
    request: number,
    side: Side,
    accepts: (row: number) => boolean,
  ): (row: number) => boolean {
    if (typeof rule.tag !== 'object') return accepts;
    const row = this.#rows.get(rule.tag.sameAs)?.[request] ?? NO_ROW;
    const { tag } = side.table;
    return row === NO_ROW ? () => false : (candidate) => tag[candidate] === tag[row];
  }

  #filter(rule: PointRule, side: Side, candidates: Uint32Array): (row: number) => boolean {
    const { tag, dev } = side.table;
    if (typeof rule.tag === 'number') return (row) => tag[row] === rule.tag;
    const column = rule.tag === 'learned' ? tag : rule.dev === 'learned' ? dev : undefined;
    if (column === undefined) return () => true;
    const windows = this.#windows(rule, side);
    const keys = learnKeys(side.time, column, candidates, windows);
    return (row) => keys.has(column[row]!) || Number.isNaN(column[row]!);
  }

  /** [from, to, thread] of every request that has one; what keys are learned on. */
  #windows(rule: PointRule, side: Side): { from: number; to: number; accepts: (row: number) => boolean }[] {
    const windows = [];
    const column = rule.join.by === 'cpu' ? side.table.cpu : side.table.tid;
    for (let request = 0; request < this.#scene.requests.length; request++) {
      const from = this.#bound(rule.after, request, side, 1);
      const to = this.#bound(rule.before, request, side, -1);
      const thread = this.#joinValue(rule.join, request, side);
      if (from === undefined || to === undefined || thread === undefined) continue;
      const accepts =
        thread === ANY_THREAD
          ? () => true
          : thread === BACKEND
            ? (row: number) => this.#scene.backend.has(column[row]!)
            : (row: number) => column[row] === thread;
      windows.push({ from, to, accepts });
    }
    return windows;
  }
}

const ANY_THREAD = -1;
const BACKEND = -2;

/** How many requests have a point. */
export function observed(rows: Int32Array): number {
  let count = 0;
  for (const row of rows) if (row !== NO_ROW) count++;
  return count;
}

/** The path's points that are borders of stages, in critical order. */
export function borders(path: IoPath): readonly PathPoint[] {
  return path.points.filter((point) => point.detail !== true);
}

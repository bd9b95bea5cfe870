/**
 * Finds, for every request and every point of a path, the row that stamped it. Enters: the application's requests, the
 * machines' events on one time line, a path. Leaves: per point a column of rows, NO_ROW where the point was not observed.
 * Works a point at a time, so that the bounds of a search are columns that are already there.
 */
import type { IoPath, PathPoint, PointRule } from '../paths/io-path.ts';
import { type PointId, pointById } from '../paths/points.ts';
import { firstNear } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import type { AppRequests } from './app-requests.ts';
import { learnKeys } from './learn.ts';
import type { Side } from './side.ts';
import { ANYONE, BACKEND, type Located, type WindowSource, type Windows, windowsOf } from './windows.ts';

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

class Work implements WindowSource {
  readonly length: number;
  readonly slackNs: number;
  readonly #scene: Scene;
  readonly #rows = new Map<PointId, Int32Array>();
  readonly #ambiguous = new Map<PointId, number>();
  readonly #recorded = new Set<PointId>();
  /** What the last search of a window found: first and last row, NO_ROW without any. */
  #first = NO_ROW;
  #last = NO_ROW;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.length = scene.requests.length;
    this.slackNs = scene.slackNs;
    const { anchors } = scene.path;
    for (const anchor of ['submit', 'issue', 'complete', 'return'] as const) {
      this.#rows.set(anchors[anchor], scene.requests[anchor]);
      this.#recorded.add(anchors[anchor]);
    }
  }

  result(): Followed {
    return { rows: this.#rows, ambiguous: this.#ambiguous, recorded: this.#recorded };
  }

  located(point: PointId): Located | undefined {
    const rows = this.#rows.get(point);
    const side = sideOf(this.#scene, point);
    return rows === undefined || side === undefined ? undefined : { rows, side };
  }

  /** The thread that served this request, when its host request tells; else any of the disk's threads. */
  backendOf(request: number): number {
    const row = this.#scene.hostIssue[request]!;
    if (row === NO_ROW || this.#scene.host === undefined) return BACKEND;
    const tid = this.#scene.host.table.tid[row]!;
    return this.#scene.backend.has(tid) ? tid : BACKEND;
  }

  apply(rule: PointRule): void {
    const side = sideOf(this.#scene, rule.point);
    if (side === undefined) return;
    const events = rule.events.filter((name) => side.occurrences.count(name) > 0);
    if (events.length === 0) return;
    const windows = rule.join.by === 'sector' ? undefined : windowsOf(this, rule, side);
    for (const event of events) {
      this.#recorded.add(rule.point);
      const found =
        windows === undefined ? this.#bySector(rule.point) : this.#search(rule, side, event, windows);
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

  #search(rule: PointRule, side: Side, event: string, windows: Windows): Int32Array {
    const { alone, slackNs } = this.#scene;
    const candidates = this.#candidates(rule, side, side.occurrences.rows(event), windows);
    const out = new Int32Array(this.length).fill(NO_ROW);
    const needed = rule.onlyWith === undefined ? undefined : this.#rows.get(rule.onlyWith);
    const twins = typeof rule.tag === 'object' ? this.#rows.get(rule.tag.sameAs) : undefined;
    const firstOnly = rule.pick === 'first' && rule.certain === true && slackNs === 0;
    let ambiguous = 0;
    let at = 0;
    for (let request = 0; request < out.length; request++) {
      const from = windows.from[request]!;
      if (Number.isNaN(from) || needed?.[request] === NO_ROW) continue;
      const twin = typeof rule.tag === 'object' ? (twins?.[request] ?? NO_ROW) : ANY_TAG;
      if (twin === NO_ROW) continue;
      at = firstNear(side.time, candidates, from, at);
      this.#pick(rule, side, candidates, at, windows.to[request]!, windows.who[request]!, twin, firstOnly);
      if (this.#first === NO_ROW) continue;
      const only = this.#first === this.#last;
      // While the clocks are only roughly related a neighbour's row may fall into the window: take no chances.
      const sure = only || (slackNs === 0 && (rule.certain === true || alone[request] === 1));
      if (sure) out[request] = rule.pick === 'first' ? this.#first : this.#last;
      else ambiguous++;
    }
    if (ambiguous > 0) this.#ambiguous.set(rule.point, ambiguous);
    return out;
  }

  /** First and last candidate from position `at` up to time `to`; `firstOnly` when no other is needed. */
  #pick(
    rule: PointRule,
    side: Side,
    candidates: Uint32Array,
    at: number,
    to: number,
    who: number,
    twin: number,
    firstOnly: boolean,
  ): void {
    const { time, table } = side;
    const { backend } = this.#scene;
    const column = rule.join.by === 'cpu' ? table.cpu : table.tid;
    this.#first = NO_ROW;
    this.#last = NO_ROW;
    for (let next = at; next < candidates.length; next++) {
      const row = candidates[next]!;
      if (time[row]! > to) break;
      if (who === BACKEND ? !backend.has(column[row]!) : who !== ANYONE && column[row] !== who) continue;
      // Only rows with the tag that another point of the same request has.
      if (twin !== ANY_TAG && table.tag[row] !== table.tag[twin]) continue;
      if (this.#first === NO_ROW) this.#first = row;
      this.#last = row;
      if (firstOnly) break;
    }
  }

  /** The rows of the event that can be the disk's at all. */
  #candidates(rule: PointRule, side: Side, rows: Uint32Array, windows: Windows): Uint32Array {
    const { tag, dev, cpu, tid } = side.table;
    if (typeof rule.tag === 'number') return rows.filter((row) => tag[row] === rule.tag);
    const keys = rule.tag === 'learned' ? tag : rule.dev === 'learned' ? dev : undefined;
    if (keys === undefined) return rows;
    const who = rule.join.by === 'cpu' ? cpu : tid;
    const { backend } = this.#scene;
    const learned = learnKeys({ candidates: rows, time: side.time, keys, who, backend }, windows);
    return rows.filter((row) => learned.has(keys[row]!) || Number.isNaN(keys[row]!));
  }
}

/** In place of the row whose tag decides. */
const ANY_TAG = -2;

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

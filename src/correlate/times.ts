/** Times of points, by request: where the trace has them from, and where the application itself says them. */
import type { PointId } from '../paths/points.ts';
import type { ApplicationLog, ApplicationMatch } from './application.ts';
import type { Followed } from './follow.ts';
import type { Lifetimes } from './near-gaps.ts';
import type { Scene } from './scene.ts';

/** The application's own edges are used when at least this share of them lies around the traced request. */
const LEAST_ENCLOSED = 0.99;

/** Times of points for all requests: of their rows, and from the application's log where it is on the trace's clock. */
export class Times {
  readonly #scene: Scene;
  readonly #columns: Map<PointId, Float64Array>;
  readonly #unobserved: Float64Array;
  /** Requests that began before, or ended after, the application says. */
  readonly contradicted = new Set<number>();

  constructor(scene: Scene, followed: Followed) {
    this.#scene = scene;
    this.#columns = new Map(followed.times);
    this.#unobserved = new Float64Array(scene.requests.length).fill(Number.NaN);
  }

  /** Times of a point on the application's time line, NaN where it was not observed. */
  of(point: PointId): Float64Array {
    return this.#columns.get(point) ?? this.#unobserved;
  }

  /** Whether any request has the point. */
  has(point: PointId): boolean {
    return this.#columns.has(point);
  }

  /** First and last traced time of each request on its own machine; the last is NaN where it never ended. */
  lifetimes(): Lifetimes {
    const { path, requests } = this.#scene;
    const { anchors } = path;
    const begin = this.#begins();
    const end = this.of(anchors.return).slice();
    const complete = this.of(anchors.complete);
    for (let request = 0; request < requests.length; request++) {
      if (Number.isNaN(end[request]!)) end[request] = complete[request]!;
    }
    return { begin, end };
  }

  /** The first time that is known of each: nothing is, before its call, its bio or its request. */
  #begins(): Float64Array {
    const { submit, queue, getrq, issue } = this.#scene.path.anchors;
    const begin = this.of(submit).slice();
    for (const point of [queue, getrq, issue]) if (point !== undefined) fillIn(begin, this.of(point));
    return begin;
  }

  /**
   * Takes the log's times as points when log and trace share a clock: its interval then encloses the traced one, but
   * for rounding. An edge that rounding puts inside is not observed for that request, whose first or last stage is lost
   * in the rounding.
   */
  useEdges(
    log: ApplicationLog,
    { entry, offsetNs }: ApplicationMatch,
    roundingNs: number,
    traced: Lifetimes,
  ): void {
    if (offsetNs !== 0) return;
    const begin = new Float64Array(entry.length).fill(Number.NaN);
    const end = new Float64Array(entry.length).fill(Number.NaN);
    let known = 0;
    let enclosed = 0;
    const outside: number[] = [];
    for (let request = 0; request < entry.length; request++) {
      const line = entry[request]!;
      if (line === -1 || Number.isNaN(traced.end[request]!)) continue;
      known++;
      const before = traced.begin[request]! - log.startNs[line]!;
      const after = log.endNs[line]! - traced.end[request]!;
      if (before >= -roundingNs && after >= -roundingNs) enclosed++;
      else outside.push(request);
      if (before >= 0) begin[request] = Math.round(log.startNs[line]!);
      if (after >= 0) end[request] = Math.round(log.endNs[line]!);
    }
    if (known === 0 || enclosed < known * LEAST_ENCLOSED) return;
    for (const request of outside) this.contradicted.add(request);
    this.#columns.set('app:begin', begin);
    this.#columns.set('app:end', end);
  }

  /**
   * Takes what the application says each request took as the time of its end: behind the return of its call lies all of its own time
   * that the call does not hold, also what came before it. As above where rounding makes that less than nothing.
   */
  useLatencies(
    latenciesNs: Float64Array,
    { entry }: ApplicationMatch,
    roundingNs: number,
    traced: Lifetimes,
  ): void {
    const end = new Float64Array(entry.length).fill(Number.NaN);
    for (let request = 0; request < entry.length; request++) {
      const place = entry[request]!;
      if (place === -1) continue;
      const around = latenciesNs[place]! - (traced.end[request]! - traced.begin[request]!);
      if (around >= 0) end[request] = traced.end[request]! + Math.round(around);
      else if (around < -roundingNs) this.contradicted.add(request);
    }
    this.#columns.set('app:end', end);
  }
}

/** Gives the times that are NaN those of another column. */
function fillIn(times: Float64Array, others: Float64Array): void {
  for (let at = 0; at < times.length; at++) if (Number.isNaN(times[at]!)) times[at] = others[at]!;
}

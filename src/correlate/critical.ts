/**
 * Decides per request which observed points are on its critical path, what the stages between them are called, and
 * whether the set of observed points is one an undamaged recording can hold. Stages here are names between points;
 * durations are taken in src/stats.
 */
import type { Bypass, IoPath, PathGroup } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import { borders, type Followed } from './follow.ts';
import type { RequestVariant } from './request-table.ts';

/**
 * A point seen in at least this share of the requests that could have it is required of all of them: a request without
 * it has lost an event. Below that its absence is taken as a way the path can go, and its stages are merged.
 */
const REQUIRED_SHARE = 0.97;

/** The outcome for one request. */
export interface Judgement {
  /** Index into `variants`, or undefined when the request must not be used. */
  readonly variant: number | undefined;
  /** Why it must not be used. */
  readonly reason: string | undefined;
}

/** Decides for all requests of one path. `time` gives a point's time for a request, NaN where it was not observed. */
export class CriticalPath {
  readonly #path: IoPath;
  readonly #order: readonly PointId[];
  readonly #stageOf: ReadonlyMap<PointId, string>;
  readonly #followed: Followed;
  readonly #time: (point: PointId, request: number) => number;
  readonly #variants: RequestVariant[] = [];
  readonly #byKey = new Map<string, number>();
  readonly #required: readonly PointId[];
  readonly #groupRequired: ReadonlyMap<PathGroup, readonly PointId[]>;

  constructor(
    path: IoPath,
    followed: Followed,
    usable: readonly number[],
    time: (point: PointId, request: number) => number,
  ) {
    this.#path = path;
    this.#order = borders(path).map(({ point }) => point);
    this.#stageOf = new Map(borders(path).map(({ point, stage }) => [point, stage ?? '']));
    this.#followed = followed;
    this.#time = time;
    this.#required = this.#learnRequired(usable);
    this.#groupRequired = new Map(path.groups.map((group) => [group, this.#learnGroup(group, usable)]));
  }

  get variants(): readonly RequestVariant[] {
    return this.#variants;
  }

  judge(request: number): Judgement {
    const missing = this.#missing(request);
    if (missing !== undefined) return { variant: undefined, reason: missing };
    const taken = this.#path.bypasses.map((bypass) => this.#takes(bypass, request));
    const off = new Set(
      this.#path.bypasses.flatMap((bypass, index) => (taken[index] === false ? bypass.points : [])),
    );
    const points = this.#order.filter((point) => this.#has(point, request) && !off.has(point));
    for (let at = 1; at < points.length; at++) {
      const [before, after] = [points[at - 1]!, points[at]!];
      if (this.#time(after, request) < this.#time(before, request))
        return { variant: undefined, reason: `${after} lies before ${before}` };
    }
    if (points.length < 2) return { variant: undefined, reason: 'fewer than two points were observed' };
    return { variant: this.#variant(points, taken), reason: undefined };
  }

  #has(point: PointId, request: number): boolean {
    return !Number.isNaN(this.#time(point, request));
  }

  #share(requests: readonly number[], has: (request: number) => boolean): number {
    let count = 0;
    for (const request of requests) if (has(request)) count++;
    return requests.length === 0 ? 0 : count / requests.length;
  }

  #learnRequired(usable: readonly number[]): PointId[] {
    const optional = new Set<PointId>([
      ...this.#path.groups.filter((group) => group.absence !== undefined).flatMap((group) => group.members),
      ...this.#path.bypasses.flatMap((bypass) => bypass.points),
    ]);
    return this.#order.filter(
      (point) =>
        !optional.has(point) && this.#share(usable, (request) => this.#has(point, request)) >= REQUIRED_SHARE,
    );
  }

  /** Members that are there whenever any other member is. */
  #learnGroup(group: PathGroup, usable: readonly number[]): PointId[] {
    const members = group.members.filter((point) => this.#followed.recorded.has(point));
    return members.filter((point) => {
      const others = usable.filter((request) =>
        members.some((other) => other !== point && this.#has(other, request)),
      );
      return (
        others.length > 0 && this.#share(others, (request) => this.#has(point, request)) >= REQUIRED_SHARE
      );
    });
  }

  /** A sentence on what must be there and is not. */
  #missing(request: number): string | undefined {
    const point = this.#required.find((required) => !this.#has(required, request));
    if (point !== undefined) return `${point} not observed, though nearly all requests have it`;
    for (const [group, required] of this.#groupRequired) {
      if (!group.members.some((member) => this.#has(member, request))) continue;
      const absent = required.find((member) => !this.#has(member, request));
      if (absent !== undefined) return `${group.name} incomplete: ${absent} not observed`;
    }
    return undefined;
  }

  /** True: on the critical path. False: passed by. Undefined: the recording cannot tell. */
  #takes(bypass: Bypass, request: number): boolean | undefined {
    const needs = bypass.needs.filter((point) => this.#followed.recorded.has(point));
    if (needs.length === 0) return undefined;
    let last = Number.NEGATIVE_INFINITY;
    for (const point of needs) {
      const time = this.#time(point, request);
      if (Number.isNaN(time) || time < last) return false;
      last = time;
    }
    const after = this.#order.indexOf(bypass.points.at(-1)!) + 1;
    const next = this.#order.slice(after).find((point) => this.#has(point, request));
    return next === undefined || last <= this.#time(next, request);
  }

  #variant(points: readonly PointId[], taken: readonly (boolean | undefined)[]): number {
    const key = `${points.join(' ')}|${taken.join(' ')}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const name = this.#path.bypasses
      .flatMap((bypass, index) => (taken[index] === undefined ? [] : [bypass.variant[taken[index] ? 0 : 1]]))
      .join(', ');
    const id = this.#variants.push({ name, points, stages: this.#stageNames(points, taken) }) - 1;
    this.#byKey.set(key, id);
    return id;
  }

  /** The name of the stretch up to each point but the first: the names of all stages it covers, each once. */
  #stageNames(points: readonly PointId[], taken: readonly (boolean | undefined)[]): string[] {
    const renamed = new Map<PointId, string>();
    this.#path.bypasses.forEach((bypass, index) => {
      if (taken[index] !== false) return;
      for (const point of [...bypass.points, ...bypass.upTo]) renamed.set(point, bypass.stage);
    });
    return points.slice(1).map((point, index) => {
      const from = this.#order.indexOf(points[index]!) + 1;
      const to = this.#order.indexOf(point);
      const names = this.#order.slice(from, to + 1).map((id) => renamed.get(id) ?? this.#stageOf.get(id)!);
      return [...new Set(names)].join('+');
    });
  }
}

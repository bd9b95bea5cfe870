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

/** The application's own times: exact ones, that a rounded stamp of the trace may lie outside of. */
const OWN_EDGES: readonly PointId[] = ['app:begin', 'app:end'];

/** The outcome for one request. */
export interface Judgement {
  /** Index into `variants`, or undefined when the request must not be used. */
  readonly variant: number | undefined;
  /** Why it must not be used. */
  readonly reason: string | undefined;
}

/** A point, its times for all requests (NaN where it was not observed), and positions of the bypasses it is part of. */
interface Border {
  readonly point: PointId;
  readonly at: Float64Array;
  readonly bypasses: readonly number[];
}

/** What decides whether a request took a bypass: points it needs, and borders one of which comes next. */
interface Way {
  readonly needs: readonly Float64Array[];
  readonly next: readonly Border[];
}

/** Decides for all requests of one path. `times` gives a point's times by request, NaN where it was not observed. */
export class CriticalPath {
  readonly #path: IoPath;
  readonly #order: readonly PointId[];
  readonly #stageOf: ReadonlyMap<PointId, string>;
  readonly #followed: Followed;
  readonly #times: (point: PointId) => Float64Array;
  readonly #borders: readonly Border[];
  readonly #ways: readonly Way[];
  readonly #variants: RequestVariant[] = [];
  readonly #byKey = new Map<number, number>();
  readonly #required: readonly Border[];
  readonly #groups: readonly {
    readonly name: string;
    readonly members: readonly Border[];
    readonly required: readonly Border[];
  }[];
  /** Ways the request that is judged took; undefined where the recording cannot tell. */
  readonly #taken: (boolean | undefined)[];

  constructor(path: IoPath, followed: Followed, usable: Int32Array, times: (point: PointId) => Float64Array) {
    this.#path = path;
    this.#order = borders(path).map(({ point }) => point);
    this.#stageOf = new Map(borders(path).map(({ point, stage }) => [point, stage ?? '']));
    this.#followed = followed;
    this.#times = times;
    this.#borders = this.#order.map((point) => this.#border(point));
    this.#ways = path.bypasses.map((bypass) => this.#way(bypass));
    this.#taken = path.bypasses.map(() => undefined);
    this.#required = this.#learnRequired(usable);
    this.#groups = path.groups.map((group) => ({
      name: group.name,
      members: group.members.map((point) => this.#border(point)),
      required: this.#learnGroup(group, usable),
    }));
    if (3 ** this.#ways.length * 2 ** this.#borders.length > Number.MAX_SAFE_INTEGER)
      throw new Error(`internal: path ${path.name} has too many borders to number its variants`);
  }

  get variants(): readonly RequestVariant[] {
    return this.#variants;
  }

  judge(request: number): Judgement {
    const missing = this.#missing(request);
    if (missing !== undefined) return { variant: undefined, reason: missing };
    // A number that is the same for requests of one variant: a digit for each bypass, a bit for each border.
    let key = 0;
    for (let index = 0; index < this.#ways.length; index++) {
      const taken = takes(this.#ways[index]!, request);
      this.#taken[index] = taken;
      key = key * 3 + (taken === undefined ? 0 : taken ? 1 : 2);
    }
    let count = 0;
    let last: Border | undefined;
    for (const border of this.#borders) {
      key *= 2;
      if (!this.#isOn(border, request)) continue;
      if (last !== undefined && border.at[request]! < last.at[request]!)
        return { variant: undefined, reason: `${border.point} lies before ${last.point}` };
      last = border;
      count++;
      key++;
    }
    if (count < 2) return { variant: undefined, reason: 'fewer than two points were observed' };
    return { variant: this.#byKey.get(key) ?? this.#newVariant(key, request), reason: undefined };
  }

  #border(point: PointId): Border {
    const bypasses = this.#path.bypasses.flatMap(({ points }, index) =>
      points.includes(point) ? [index] : [],
    );
    return { point, at: this.#times(point), bypasses };
  }

  #way({ needs, points }: Bypass): Way {
    return {
      needs: needs.filter((point) => this.#isFindable(point)).map((point) => this.#times(point)),
      next: this.#borders.slice(this.#order.indexOf(points.at(-1)!) + 1),
    };
  }

  /** Whether the recording holds its events, and those of a point that a rule for it starts from. */
  #isFindable(point: PointId): boolean {
    const { recorded } = this.#followed;
    const rules = this.#path.rules.filter((rule) => rule.point === point);
    return recorded.has(point) && rules.some(({ join }) => !('of' in join) || recorded.has(join.of));
  }

  /** Observed, and not part of a bypass that was passed by. */
  #isOn({ at, bypasses }: Border, request: number): boolean {
    if (Number.isNaN(at[request]!)) return false;
    for (const index of bypasses) if (this.#taken[index] === false) return false;
    return true;
  }

  #learnRequired(usable: Int32Array): Border[] {
    const optional = new Set<PointId>([
      ...OWN_EDGES,
      ...this.#path.groups
        .filter((group) => group.absence !== undefined && group.allOrNone !== true)
        .flatMap((group) => group.members),
      ...this.#path.bypasses.flatMap((bypass) => bypass.points),
    ]);
    return this.#borders.filter(
      (border) => !optional.has(border.point) && isUsual(border, usable, () => true),
    );
  }

  /** Members that are there whenever any other member is. */
  #learnGroup(group: PathGroup, usable: Int32Array): Border[] {
    const members = group.members
      .filter((point) => this.#followed.recorded.has(point))
      .map((point) => this.#border(point));
    return members.filter((member) => {
      const others = members.filter((other) => other !== member);
      return isUsual(member, usable, (request) => hasAny(others, request));
    });
  }

  /** A sentence on what must be there and is not. */
  #missing(request: number): string | undefined {
    for (const { point, at } of this.#required)
      if (Number.isNaN(at[request]!)) return `${point} not observed, though nearly all requests have it`;
    for (const { name, members, required } of this.#groups) {
      if (!hasAny(members, request)) continue;
      for (const { point, at } of required)
        if (Number.isNaN(at[request]!)) return `${name} incomplete: ${point} not observed`;
    }
    return undefined;
  }

  #newVariant(key: number, request: number): number {
    const taken = this.#taken;
    const points = this.#borders.filter((border) => this.#isOn(border, request)).map(({ point }) => point);
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

/** True: on the critical path. False: passed by. Undefined: the recording cannot tell. */
function takes({ needs, next }: Way, request: number): boolean | undefined {
  if (needs.length === 0) return undefined;
  let last = Number.NEGATIVE_INFINITY;
  for (const at of needs) {
    const time = at[request]!;
    if (Number.isNaN(time) || time < last) return false;
    last = time;
  }
  for (const { at } of next) if (!Number.isNaN(at[request]!)) return last <= at[request]!;
  return true;
}

function hasAny(members: readonly Border[], request: number): boolean {
  for (const { at } of members) if (!Number.isNaN(at[request]!)) return true;
  return false;
}

/** At least the required share of those requests that could have a point has it. */
function isUsual({ at }: Border, requests: Int32Array, could: (request: number) => boolean): boolean {
  let all = 0;
  let having = 0;
  for (let index = 0; index < requests.length; index++) {
    const request = requests[index]!;
    if (!could(request)) continue;
    all++;
    if (!Number.isNaN(at[request]!)) having++;
  }
  return all > 0 && having / all >= REQUIRED_SHARE;
}

/**
 * Decides per request which observed points are on its critical path, what the stages between them are called, and
 * whether the set of observed points is one an undamaged recording can hold. Stages here are names between points;
 * durations are taken in src/stats.
 */
import type { Bypass, IoPath, PathGroup } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import { borders, type Followed } from './follow.ts';
import { notObserved, type RequestVariant } from './request-table.ts';
import type { Scene } from './scene.ts';
import type { Times } from './times.ts';

/**
 * A point seen in at least this share of the requests that could have it is required of all of them: a request without
 * it has lost an event. Below that its absence is taken as a way the path can go, and its stages are merged.
 */
export const REQUIRED_SHARE = 0.97;
/** A request that ends elsewhere than most has another total: where most have an end, it is required of all. */
const REQUIRED_END_SHARE = 0.5;
/** The same in a recording that is known to have lost events. */
const REQUIRED_SHARE_LOSSY = 0.8;
/** With nearly all of enough requests that were alone passing a mechanism by, the others are taken to do so too. */
const USUALLY_PASSED = 0.97;
const LEAST_ALONE = 20;

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
  /** With it and without the first of `needs` the mechanism was not passed by. */
  readonly evidence: Float64Array | undefined;
  /** Nearly all requests pass it by. */
  passed: boolean;
}

/** How a request stands to a bypass; NOT_TOLD: its points are not on the path, and another request's may have served it. */
const UNRECORDED = 0;
const TAKEN = 1;
const PASSED_BY = 2;
const NOT_TOLD = 3;

/** Decides for all requests of one path. */
export class CriticalPath {
  readonly #path: IoPath;
  readonly #order: readonly PointId[];
  readonly #stageOf: ReadonlyMap<PointId, string>;
  readonly #followed: Pick<Followed, 'recorded'>;
  readonly #times: Pick<Times, 'of'>;
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
  /** How the request that is judged stands to each bypass. */
  readonly #taken: number[];
  readonly #alone: Uint8Array;
  readonly #requiredShare: number;

  /** Requests whose points were found out of order. */
  outOfOrder = 0;

  constructor(
    { path, alone, isLossy }: Pick<Scene, 'path' | 'alone' | 'isLossy'>,
    followed: Pick<Followed, 'recorded'>,
    usable: Int32Array,
    times: Pick<Times, 'of'>,
  ) {
    this.#path = path;
    this.#alone = alone;
    this.#requiredShare = isLossy ? REQUIRED_SHARE_LOSSY : REQUIRED_SHARE;
    this.#order = borders(path).map(({ point }) => point);
    this.#stageOf = new Map(borders(path).map(({ point, stage }) => [point, stage ?? '']));
    this.#followed = followed;
    this.#times = times;
    this.#borders = this.#order.map((point) => this.#border(point));
    this.#ways = path.bypasses.map((bypass) => this.#way(bypass));
    this.#taken = path.bypasses.map(() => UNRECORDED);
    for (const way of this.#ways) way.passed = this.#usuallyPassed(way, usable);
    this.#required = this.#learnRequired(usable);
    this.#groups = path.groups.map((group) => ({
      name: group.name,
      members: group.members.map((point) => this.#border(point)),
      required: this.#learnGroup(group, usable),
    }));
    if (4 ** this.#ways.length * 2 ** this.#borders.length > Number.MAX_SAFE_INTEGER)
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
      const way = this.#ways[index]!;
      const standing = takes(way, request);
      // With others in flight one kick, or one wake-up, serves several.
      const taken = standing === PASSED_BY && this.#alone[request] !== 1 && !way.passed ? NOT_TOLD : standing;
      this.#taken[index] = taken;
      key = key * 4 + taken;
    }
    let count = 0;
    let last: Border | undefined;
    for (const border of this.#borders) {
      key *= 2;
      if (!this.#isOn(border, request)) continue;
      if (last !== undefined && border.at[request]! < last.at[request]!) {
        this.outOfOrder++;
        return { variant: undefined, reason: `${border.point} lies before ${last.point}` };
      }
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
    return { point, at: this.#times.of(point), bypasses };
  }

  #way({ needs, points, evidence }: Bypass): Way {
    return {
      evidence: evidence === undefined ? undefined : this.#times.of(evidence),
      passed: false,
      needs: needs.filter((point) => this.#isFindable(point)).map((point) => this.#times.of(point)),
      next: this.#borders.slice(this.#order.indexOf(points.at(-1)!) + 1),
    };
  }

  /** Nearly all of those that were alone pass it by. */
  #usuallyPassed(way: Way, usable: Int32Array): boolean {
    let single = 0;
    let passing = 0;
    for (let index = 0; index < usable.length; index++) {
      const request = usable[index]!;
      if (this.#alone[request] !== 1) continue;
      single++;
      if (takes(way, request) === PASSED_BY) passing++;
    }
    return single >= LEAST_ALONE && passing >= single * USUALLY_PASSED;
  }

  /** Whether the recording holds its events, and those of a point that a rule for it starts from; an anchor needs none. */
  #isFindable(point: PointId): boolean {
    const { recorded } = this.#followed;
    const rules = this.#path.rules.filter((rule) => rule.point === point);
    const starts = rules.some(({ join }) => !('of' in join) || recorded.has(join.of));
    return recorded.has(point) && (rules.length === 0 || starts);
  }

  /** Observed, and not part of a bypass that was passed by. */
  #isOn({ at, bypasses }: Border, request: number): boolean {
    if (Number.isNaN(at[request]!)) return false;
    for (const index of bypasses) if (this.#taken[index]! >= PASSED_BY) return false;
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
      (border) => !optional.has(border.point) && isUsual(border, usable, undefined, this.#shareOf(border)),
    );
  }

  #shareOf({ point }: Border): number {
    const { anchors } = this.#path;
    return point === anchors.submit || point === anchors.return ? REQUIRED_END_SHARE : this.#requiredShare;
  }

  /** Members that are there whenever any other member is. */
  #learnGroup(group: PathGroup, usable: Int32Array): Border[] {
    const members = group.members
      .filter((point) => this.#followed.recorded.has(point))
      .map((point) => this.#border(point));
    return members.filter((member) => {
      const others = members.filter((other) => other !== member);
      return isUsual(member, usable, others, this.#requiredShare);
    });
  }

  /** A sentence on what must be there and is not. */
  #missing(request: number): string | undefined {
    for (const { point, at } of this.#required) if (Number.isNaN(at[request]!)) return notObserved(point);
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
      .flatMap(({ name, variant }, index) => {
        if (taken[index] === NOT_TOLD) return [`${name} not told apart`];
        return taken[index] === UNRECORDED ? [] : [variant[taken[index] === TAKEN ? 0 : 1]];
      })
      .join(', ');
    const id = this.#variants.push({ name, points, stages: this.#stageNames(points, taken) }) - 1;
    this.#byKey.set(key, id);
    return id;
  }

  /** The name of the stretch up to each point but the first: the names of all stages it covers, each once. */
  #stageNames(points: readonly PointId[], taken: readonly number[]): string[] {
    const renamed = new Map<PointId, string>();
    this.#path.bypasses.forEach((bypass, index) => {
      if (taken[index] !== PASSED_BY) return;
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

/** Whether all that a bypass needs was observed, in order, before the next border. */
function takes({ needs, next, evidence }: Way, request: number): number {
  if (needs.length === 0) return UNRECORDED;
  if (Number.isNaN(needs[0]![request]!) && evidence !== undefined && !Number.isNaN(evidence[request]!))
    return NOT_TOLD;
  let last = Number.NEGATIVE_INFINITY;
  for (const at of needs) {
    const time = at[request]!;
    if (Number.isNaN(time) || time < last) return PASSED_BY;
    last = time;
  }
  for (const { at } of next) if (!Number.isNaN(at[request]!)) return last <= at[request]! ? TAKEN : PASSED_BY;
  return TAKEN;
}

function hasAny(members: readonly Border[], request: number): boolean {
  for (const { at } of members) if (!Number.isNaN(at[request]!)) return true;
  return false;
}

/** At least this share of the requests has a point; of those that have any of some `others`, where such are given. */
function isUsual(
  { at }: Border,
  requests: Int32Array,
  others: readonly Border[] | undefined,
  share: number,
): boolean {
  let all = 0;
  let having = 0;
  for (let index = 0; index < requests.length; index++) {
    const request = requests[index]!;
    if (others !== undefined && !hasAny(others, request)) continue;
    all++;
    if (!Number.isNaN(at[request]!)) having++;
  }
  return all > 0 && having / all >= share;
}

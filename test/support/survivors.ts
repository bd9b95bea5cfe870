/**
 * Holds the requests that survive damage against the same requests of the undamaged recording. A survivor is wrong when
 * it names other stages (but for the plain name of a stretch whose mechanism is not told), or gives one of them another length than rounding and the clocks' bound explain. Stages merged under
 * their joined name are coarser, not wrong.
 */

import type { Correlated } from '../../src/correlate/correlate.ts';
import { borders } from '../../src/correlate/follow.ts';
import { STATUS } from '../../src/correlate/request-table.ts';
import { sideOf } from '../../src/correlate/scene.ts';
import type { IoPath } from '../../src/paths/io-path.ts';
import type { PointId } from '../../src/paths/points.ts';
import { NO_ROW } from '../../src/trace/units.ts';

/** One stage of one request. */
export interface FoundStage {
  readonly id: string;
  /** What the path calls the stretch where nothing was passed by. */
  readonly plain: string;
  /** The points it lies between. */
  readonly from: string;
  readonly to: string;
  readonly ns: number;
  /** Its ends are stamped by clocks of two machines. */
  readonly cross: boolean;
  /** One CPU stamped both. */
  readonly oneCpu: boolean;
}

/** A matched request: where it was issued, and when, ns of the application's clock. */
export interface Survivor {
  readonly sector: number;
  readonly at: number;
  readonly stages: readonly FoundStage[];
}

/** The matched requests of one analysis. */
export interface Survivors {
  readonly found: readonly Survivor[];
  readonly uncertaintyNs: number;
  /** Rate at which the host's times were put on the application's clock, as a share of time. */
  readonly drift: number;
  readonly quarantined: Readonly<Record<string, number>>;
}

export interface WrongSurvivor {
  readonly request: string;
  readonly why: string;
}

/** The stages of every matched request. `shiftNs` is what was added to the application's clock. */
export function survivorsOf(correlated: Correlated, shiftNs = 0): Survivors {
  const { requests, app } = correlated;
  const found: Survivor[] = [];
  const quarantined: Record<string, number> = {};
  const issue = requests.rows.get(correlated.path.anchors.issue)!;
  for (let request = 0; request < requests.length; request++) {
    if (requests.status[request] !== STATUS.matched) {
      const reason = requests.reasons[requests.reason[request]!]!;
      quarantined[reason] = (quarantined[reason] ?? 0) + 1;
      continue;
    }
    const at = Number(app.table.epoch) + app.table.ts[issue[request]!]! - shiftNs;
    const { points, stages: ids } = requests.variants[requests.variant[request]!]!;
    found.push({
      sector: requests.sector[request]!,
      at,
      stages: ids.map((id, index) => {
        const [from, to] = [points[index]!, points[index + 1]!];
        return {
          id,
          plain: plainName(correlated.path, from, to),
          from,
          to,
          ns: requests.offsets.get(to)![request]! - requests.offsets.get(from)![request]!,
          cross: sideOf(correlated, from) !== sideOf(correlated, to),
          oneCpu: cpuOf(correlated, from, request) === cpuOf(correlated, to, request),
        };
      }),
    });
  }
  return {
    found,
    uncertaintyNs: correlated.relation.uncertaintyNs,
    drift: correlated.relation.driftPpm / 1e6,
    quarantined,
  };
}

/** Machine and CPU of a point of a request; what no row stamped is by itself. */
function cpuOf(correlated: Correlated, point: PointId, request: number): string {
  const row = correlated.requests.rows.get(point)?.[request] ?? NO_ROW;
  const side = sideOf(correlated, point);
  return row === NO_ROW || side === undefined ? point : `${side === correlated.app} ${side.table.cpu[row]}`;
}

function plainName(path: IoPath, from: string, to: string): string {
  const order = borders(path);
  const names = order
    .slice(
      order.findIndex(({ point }) => point === from) + 1,
      order.findIndex(({ point }) => point === to) + 1,
    )
    .map(({ stage }) => stage ?? '');
  return [...new Set(names)].join('+');
}

/** Rounding of ticks to ns at another epoch. */
const ROUNDING_NS = 2;

/** No sector is read again as soon. */
const SAME_REQUEST_NS = 1_000_000;

/** What is no mistake of a survivor. */
export interface Allowed {
  /** Stamps of the application's machine were moved by up to so much. */
  readonly movedNs?: number | undefined;
  /** Events that mark an end of a request were never recorded: it begins later or ends earlier. */
  readonly shorter?: boolean | undefined;
  /** What the ends of a request may have been moved by, ns. */
  readonly totalNs?: number | undefined;
  /** What the damaged run itself says of each stage: so far it may be off by the clocks of single CPUs, ns. */
  readonly cpuClocksNs?: ((stage: FoundStage) => number) | undefined;
  /** A request that was not matched before, and is what was drawn. */
  readonly isAsDrawn?: ((survivor: Survivor) => boolean) | undefined;
  /** It says as well that it cannot tell the order of what different CPUs stamped so near. */
  readonly orderUnknown?: boolean | undefined;
}

/** Survivors of `damaged` that differ from what they were in `whole`. */
export function wrongSurvivors(whole: Survivors, damaged: Survivors, allowed: Allowed = {}): WrongSurvivor[] {
  const wrong: WrongSurvivor[] = [];
  const bounds = {
    crossNs: whole.uncertaintyNs + damaged.uncertaintyNs + ROUNDING_NS,
    drift: Math.abs(whole.drift - damaged.drift),
    shorter: allowed.shorter === true,
    totalNs: allowed.totalNs ?? 0,
    cpuClocksNs: allowed.cpuClocksNs ?? (() => 0),
    orderUnknown: allowed.orderUnknown === true,
  };
  const near = SAME_REQUEST_NS + (allowed.movedNs ?? 0);
  const bySector = groupBySector(whole.found);
  for (const survivor of damaged.found) {
    const { sector, at, stages } = survivor;
    const same = bySector.get(sector)?.find((other) => Math.abs(other.at - at) < near);
    const why = same === undefined ? 'was not matched before' : difference(same.stages, stages, bounds);
    // The undamaged run may have left out what another order of stamps lets be followed.
    if (
      same === undefined &&
      (bounds.shorter || bounds.orderUnknown || allowed.isAsDrawn?.(survivor) === true)
    )
      continue;
    if (why !== undefined) wrong.push({ request: `sector ${sector} at ${at}`, why });
  }
  return wrong;
}

function groupBySector(found: readonly Survivor[]): ReadonlyMap<number, Survivor[]> {
  const groups = new Map<number, Survivor[]>();
  for (const each of found) {
    const known = groups.get(each.sector);
    if (known === undefined) groups.set(each.sector, [each]);
    else known.push(each);
  }
  return groups;
}

interface Bounds {
  readonly crossNs: number;
  readonly drift: number;
  readonly shorter: boolean;
  readonly totalNs: number;
  readonly cpuClocksNs: (stage: FoundStage) => number;
  readonly orderUnknown: boolean;
}

function hasSameEnds(expected: readonly FoundStage[], found: readonly FoundStage[]): boolean {
  return expected[0]!.from === found[0]!.from && expected.at(-1)!.to === found.at(-1)!.to;
}

/** Between any two borders that both have: the same names, or the plain one, and the same time. */
function difference(
  expected: readonly FoundStage[],
  found: readonly FoundStage[],
  bounds: Bounds,
): string | undefined {
  if (bounds.shorter) return differentTotal(expected, found, bounds.totalNs);
  if (bounds.orderUnknown && !hasSameEnds(expected, found)) return undefined;
  if (expected[0]!.from !== found[0]!.from) return `it begins at ${found[0]!.from}`;
  if (expected.at(-1)!.to !== found.at(-1)!.to) return `it ends at ${found.at(-1)!.to}`;
  const order = expected.map(({ to }) => to);
  let [was, is]: [FoundStage[], FoundStage[]] = [[], []];
  let next = 0;
  for (const stage of found) {
    is.push(stage);
    const at = order.indexOf(stage.to);
    if (at === -1) continue;
    if (at < next) return bounds.orderUnknown ? undefined : `${stage.to} is out of order`;
    was = expected.slice(next, at + 1);
    const why = differentStretch(was, is, bounds);
    if (why !== undefined) return why;
    next = at + 1;
    is = [];
  }
  return undefined;
}

function differentStretch(
  was: readonly FoundStage[],
  is: readonly FoundStage[],
  { crossNs, drift, cpuClocksNs, orderUnknown }: Bounds,
): string | undefined {
  const [first, last] = [is[0]!, is.at(-1)!];
  const joined = (ids: readonly string[]) => [...new Set(ids.flatMap((id) => id.split('+')))].join('+');
  const [expected, name] = [joined(was.map(({ id }) => id)), joined(is.map(({ id }) => id))];
  if (!orderUnknown && name !== expected && name !== joined(is.map(({ plain }) => plain)))
    return `${name} instead of ${expected}`;
  const sum = (stages: readonly FoundStage[]) => stages.reduce((total, { ns }) => total + ns, 0);
  const isCross = [...was, ...is].some(({ cross }) => cross);
  const cpusNs = is.reduce((total, stage) => total + cpuClocksNs(stage), 0);
  return Math.abs(sum(is) - sum(was)) > (isCross ? crossNs : ROUNDING_NS + sum(was) * drift) + cpusNs
    ? `${name} (${first.from} to ${last.to}) is ${sum(is)} ns instead of ${sum(was)} ns`
    : undefined;
}

/** Other events may stamp the points; but between the same two ends of a request there is the same time. */
function differentTotal(
  expected: readonly FoundStage[],
  found: readonly FoundStage[],
  totalNs: number,
): string | undefined {
  const from = expected.findIndex((stage) => stage.from === found[0]!.from);
  const to = expected.findIndex((stage) => stage.to === found.at(-1)!.to);
  if (from === -1 || to === -1) return undefined;
  const sum = (stages: readonly FoundStage[]) => stages.reduce((total, { ns }) => total + ns, 0);
  const was = sum(expected.slice(from, to + 1));
  return Math.abs(sum(found) - was) <= ROUNDING_NS + totalNs
    ? undefined
    : `${sum(found)} ns in all instead of ${was} ns`;
}

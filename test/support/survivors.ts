/**
 * Holds the requests that survive damage against the same requests of the undamaged recording. A survivor is wrong when
 * it names other stages, or gives one of them another length than rounding and the clocks' bound explain. Stages merged under
 * their joined name are coarser, not wrong.
 */

import type { Correlated } from '../../src/correlate/correlate.ts';
import { STATUS } from '../../src/correlate/request-table.ts';
import { sideOf } from '../../src/correlate/scene.ts';

/** One stage of one request. */
export interface FoundStage {
  readonly id: string;
  /** The points it lies between. */
  readonly from: string;
  readonly to: string;
  readonly ns: number;
  /** Its ends are stamped by clocks of two machines. */
  readonly cross: boolean;
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
          from,
          to,
          ns: requests.offsets.get(to)![request]! - requests.offsets.get(from)![request]!,
          cross: sideOf(correlated, from) !== sideOf(correlated, to),
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

/** Rounding of ticks to ns at another epoch. */
const ROUNDING_NS = 2;

/** A moved CPU's stamps are off by less than this; no sector is read again as soon. */
const SAME_REQUEST_NS = 1_000_000;

/** Survivors of `damaged` that differ from what they were in `whole`. */
export function wrongSurvivors(whole: Survivors, damaged: Survivors): WrongSurvivor[] {
  const wrong: WrongSurvivor[] = [];
  const bounds = {
    crossNs: whole.uncertaintyNs + damaged.uncertaintyNs + ROUNDING_NS,
    drift: Math.abs(whole.drift - damaged.drift),
  };
  const bySector = groupBySector(whole.found);
  for (const { sector, at, stages } of damaged.found) {
    const same = bySector.get(sector)?.find((other) => Math.abs(other.at - at) < SAME_REQUEST_NS);
    const why = same === undefined ? 'was not matched before' : difference(same.stages, stages, bounds);
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

/** The stages as found, where each is one of the expected or several of them merged under their joined name. */
function difference(
  expected: readonly FoundStage[],
  found: readonly FoundStage[],
  { crossNs, drift }: { readonly crossNs: number; readonly drift: number },
): string | undefined {
  let next = 0;
  for (const { id, from, to, ns, cross } of found) {
    const first = expected.findIndex((stage, at) => at >= next && stage.from === from);
    const last = expected.findIndex((stage, at) => at >= next && stage.to === to);
    if (first !== next || last < first) return `${id} (${from} to ${to}) was not there`;
    const merged = expected.slice(first, last + 1);
    const joined = [...new Set(merged.flatMap((stage) => stage.id.split('+')))].join('+');
    if (joined !== id) return `${id} instead of ${joined}`;
    const was = merged.reduce((sum, stage) => sum + stage.ns, 0);
    if (Math.abs(ns - was) > (cross ? crossNs : ROUNDING_NS + was * drift))
      return `${id} (${from} to ${to}) is ${ns} ns instead of ${was} ns`;
    next = last + 1;
  }
  return next === expected.length ? undefined : `it ends at ${found.at(-1)?.to}`;
}

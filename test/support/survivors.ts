/**
 * Holds the requests that survive damage against the same requests of the undamaged recording. A survivor is wrong when
 * it names other stages, or gives one of them another length than rounding and the clocks' bound explain.
 */

import type { Correlated } from '../../src/correlate/correlate.ts';
import { sideOf } from '../../src/correlate/follow.ts';
import { STATUS } from '../../src/correlate/request-table.ts';

/** One stage of one request. */
export interface FoundStage {
  readonly id: string;
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
          id: `${id} (${from} to ${to})`,
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

function difference(
  expected: readonly FoundStage[],
  found: readonly FoundStage[],
  { crossNs, drift }: { readonly crossNs: number; readonly drift: number },
): string | undefined {
  const names = (stages: readonly FoundStage[]) => stages.map(({ id }) => id);
  const [before, after] = [names(expected), names(found)];
  if (before.join() !== after.join())
    return `stages ${after.filter((id) => !before.includes(id)).join(', ')} instead of ${before
      .filter((id) => !after.includes(id))
      .join(', ')}`;
  for (const [index, { id, ns, cross }] of found.entries()) {
    const was = expected[index]!.ns;
    if (Math.abs(ns - was) > (cross ? crossNs : ROUNDING_NS + was * drift))
      return `${id} is ${ns} ns instead of ${was} ns`;
  }
  return undefined;
}

/** Holds what iotrace recovered against what was drawn: every point of every matched request, and its clock. */
import type { FollowedRecording } from '../../src/commands/analyze.ts';
import { STATUS } from '../../src/correlate/request-table.ts';
import { sideOf } from '../../src/correlate/scene.ts';
import { type PointId, pointById } from '../../src/paths/points.ts';
import type { MachineName } from '../../src/trace/recording.ts';
import { NO_ROW } from '../../src/trace/units.ts';
import type { Drawn } from './generate.ts';

export interface Held {
  readonly matched: number;
  readonly points: number;
  /** Requests by what became of them. */
  readonly reasons: Readonly<Record<string, number>>;
  /** What is not as it was drawn. */
  readonly wrong: readonly string[];
}

/** `standInsNs`: so much earlier, and no later, a point may be that another event stands for, which the report has to say. */
export function holdAgainstTruth(generated: Drawn, { correlated }: FollowedRecording, standInsNs = 0): Held {
  const { truth, options } = generated;
  const { requests, relation } = correlated;
  const bySector = new Map(truth.map((request) => [request.sector, request]));
  const roundingNs = options.prints === 'mono' ? 1000 : 0;
  const wrong: string[] = [];
  const reasons: Record<string, number> = {};
  let points = 0;
  let matched = 0;
  for (let request = 0; request < requests.length; request++) {
    const true_ = bySector.get(requests.sector[request]!);
    if (requests.status[request] !== STATUS.matched) {
      const reason = requests.reasons[requests.reason[request]!]!;
      reasons[reason] = (reasons[reason] ?? 0) + 1;
      continue;
    }
    if (true_ === undefined) {
      wrong.push(`sector ${requests.sector[request]} was never drawn`);
      continue;
    }
    matched++;
    const variant = requests.variants[requests.variant[request]!]!;
    for (const point of variant.points) {
      points++;
      const row = requests.rows.get(point)?.[request] ?? NO_ROW;
      const side = sideOf(correlated, point)!;
      const machine = machineOf(point, correlated.path.app);
      const own =
        row === NO_ROW ? Number.NaN : Number(side.table.epoch + BigInt(Math.round(side.table.ts[row]!)));
      const late = true_.lateInjectNs;
      const isLate =
        point === 'kvm:inject' &&
        late !== undefined &&
        Math.abs(own - generated.reading(machine, late)) <= roundingNs;
      const at = isLate ? late : true_.passed.get(point);
      if (at === undefined) {
        wrong.push(`${true_.sector} never passed ${point}`);
        continue;
      }
      const drawn = generated.reading(machine, at);
      const earlier = correlated.followed.standIns.has(point) ? standInsNs : 0;
      if (own - drawn > roundingNs || drawn - own > roundingNs + earlier)
        wrong.push(`${true_.sector} ${point}: ${own - drawn} ns off`);
      const placed =
        requests.start[request]! +
        requests.offsets.get(point)![request]! +
        Number(correlated.app.table.epoch);
      const onApp = generated.reading(correlated.path.app, at);
      const isOther = machine !== correlated.path.app;
      const bound = roundingNs + earlier + (isOther ? relation.uncertaintyNs + roundingNs + 1 : 0);
      if (Math.abs(placed - onApp) > bound)
        wrong.push(`${true_.sector} ${point}: placed ${placed - onApp} ns off, bound ${bound}`);
    }
  }
  return { matched, points, reasons, wrong };
}

/** The machine whose clock stamps a point. */
function machineOf(point: PointId, app: MachineName): MachineName {
  const { side } = pointById(point);
  return side === 'app' ? app : side;
}

/** The report's stages, and what is made of them: sides, bands, points beside the critical path. */
import { NOT_OBSERVED } from '../correlate/request-table.ts';
import type { IoPath } from '../paths/io-path.ts';
import { type PointId, pointById } from '../paths/points.ts';
import { type StageId, stageById } from '../paths/stages.ts';
import type { Breakdown, Stack, StageStats } from '../stats/breakdown.ts';
import type { Digest } from './digest.ts';
import type { ReportModel, Stage } from './report-model.ts';

/** One stage with its words, its clock and how far the clocks leave it open. */
export function stageOf(
  stage: StageStats,
  { path, relation, stageBounds }: Pick<Digest, 'path' | 'relation' | 'stageBounds'>,
  breakdown: Breakdown,
): Stage {
  const names = stage.id.split('+').map((id) => stageById(id as StageId));
  const from = machineOf(path, stage.from);
  const cross = from !== machineOf(path, stage.to);
  const uncertaintyNs = cross ? relation.uncertaintyNs : 0;
  const cpuClocksNs = stageBounds.get(stage.id) ?? 0;
  const sides = names.map(({ side }) => side);
  const sumOfAll = breakdown.stages.reduce((sum, { sumNs }) => sum + sumNs, 0);
  return {
    id: stage.id,
    title: names.map(({ title }) => title).join(' + '),
    from: stage.from,
    to: stage.to,
    clock: cross ? 'cross' : from,
    side: sides.includes('device') ? 'device' : sides[0]!,
    critical: true,
    n: stage.n,
    share: sumOfAll === 0 ? 0 : stage.sumNs / sumOfAll,
    uncertaintyNs,
    cpuClocksNs: Number.isFinite(cpuClocksNs) ? cpuClocksNs : null,
    bounded: stage.distribution.meanNs < uncertaintyNs,
    ...stage.distribution,
  };
}

/** Whose clock stamps a point: the application's own machine, or the host beside it. */
function machineOf(path: IoPath, point: PointId): 'guest' | 'host' {
  const { side } = pointById(point);
  return side === 'app' ? path.app : side;
}

/** Total less device, ns a request; null when no stage is known to be the device’s. */
export function softwareOf(stages: readonly Stage[], breakdown: Breakdown): ReportModel['software'] {
  const matched = breakdown.matched.length;
  const sum = (side: Stage['side']) =>
    matched === 0
      ? 0
      : stages.filter((stage) => stage.side === side).reduce((ns, stage) => ns + stage.meanNs * stage.n, 0) /
        matched;
  const deviceNs = sum('device');
  const total = breakdown.total?.meanNs ?? 0;
  const merged = stages.some((stage) => stage.side === 'device' && stage.id.includes('+'));
  const known = deviceNs > 0;
  return {
    meanNs: known ? total - deviceNs : null,
    share: known ? (total - deviceNs) / total : null,
    submitNs: sum('submit'),
    completeNs: sum('complete'),
    deviceNs,
    deviceIsMerged: merged,
  };
}

/** Borders that some matched requests passed off their critical path. */
export function besideOf(
  { requests, path }: Pick<Digest, 'requests' | 'path'>,
  breakdown: Breakdown,
): ReportModel['beside'] {
  const beside: { point: string; title: string; n: number; meanNs: number; why: string }[] = [];
  for (const { point, detail } of path.points) {
    const offsets = requests.offsets.get(point);
    if (offsets === undefined || detail === true) continue;
    const isCritical = requests.variants.map(({ points }) => points.includes(point));
    if (isCritical.every((critical) => critical)) continue;
    let n = 0;
    let sum = 0;
    for (let at = 0; at < breakdown.matched.length; at++) {
      const request = breakdown.matched[at]!;
      if (offsets[request] === NOT_OBSERVED || isCritical[requests.variant[request]!]) continue;
      n++;
      sum += offsets[request]!;
    }
    if (n === 0) continue;
    const bypass = path.bypasses.find(({ points }) => points.includes(point));
    beside.push({
      point,
      title: pointById(point).title,
      n,
      meanNs: sum / n,
      why:
        bypass === undefined
          ? 'off the critical path'
          : `${bypass.variant[1]}: the ${bypass.name} was not waited for`,
    });
  }
  return beside;
}

/** A mean stack in the order of the stages; a stage no request of the band has takes 0 of its time. */
export function bandOf(stack: Stack, stages: readonly Stage[]): ReportModel['bands']['typical'] {
  return {
    n: stack.n,
    fromNs: stack.fromNs,
    toNs: stack.toNs,
    meanNs: stack.meanNs,
    stages: stages.map(({ id, from, to }) => {
      const part = stack.parts.find((each) => each.id === id);
      return { id, from, to, meanNs: part?.meanNs ?? 0, n: part?.n ?? 0 };
    }),
  };
}

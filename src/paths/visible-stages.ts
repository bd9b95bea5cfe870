import type { IoPath } from './io-path.ts';
import type { PointId } from './points.ts';
import type { StageId } from './stages.ts';

/** A stretch between two points that are seen. */
export interface VisibleStage {
  /** One stage, or several joined by `+` because the points between them are not seen. */
  readonly stage: string;
  readonly from: PointId;
  readonly to: PointId;
  /** Borders inside it that are not seen. */
  readonly without: readonly PointId[];
}

/** The stages of a path when only some points are seen, for a request that passes all of them. */
export function visibleStages(
  path: IoPath,
  isSeen: (point: PointId) => boolean,
): { readonly stages: readonly VisibleStage[]; readonly outside: readonly StageId[] } {
  const stages: VisibleStage[] = [];
  const outside: StageId[] = [];
  let from: PointId | undefined;
  let names: StageId[] = [];
  let without: PointId[] = [];
  for (const { point, stage } of borders(path)) {
    if (stage !== undefined) names.push(stage);
    if (!isSeen(point)) {
      without.push(point);
      continue;
    }
    if (from === undefined) outside.push(...names);
    else stages.push({ stage: [...new Set(names)].join('+'), from, to: point, without });
    [from, names, without] = [point, [], []];
  }
  return { stages, outside: [...outside, ...names] };
}

/** Borders that tracing can see: not the application's own log. */
function borders(path: IoPath) {
  const traced = path.points.filter(
    ({ point, detail }) => detail !== true && point !== 'app:begin' && point !== 'app:end',
  );
  return traced.map(({ point, stage }, at) => ({ point, stage: at === 0 ? undefined : stage }));
}

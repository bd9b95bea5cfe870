import type { Bypass, IoPath, PathPoint } from './io-path.ts';
import type { PointId } from './points.ts';

/**
 * The same path for a recording that shows what a request passes in its own machine's block layer before the driver has it: as
 * blktrace does, and tracers of all block events. Where some requests were `scheduled`, by their block_rq_insert, those and the
 * requests that were issued past the scheduler are two variants.
 */
export function withBlockLayer(path: IoPath, scheduled: boolean): IoPath {
  const { app, anchors } = path;
  const [queue, getrq, insert] = [`${app}:queue`, `${app}:getrq`, `${app}:insert`] as const;
  const entry: readonly PathPoint[] = [
    { point: queue, stage: 'bio-build' },
    { point: getrq, stage: 'request-wait' },
  ];
  const steps = scheduled ? [...entry, { point: insert, stage: 'plug' } as const] : entry;
  const last = scheduled ? 'io-scheduler' : 'direct-issue';
  return {
    ...path,
    anchors: { ...anchors, queue, getrq, ...(scheduled ? { insert } : {}) },
    points: path.points.flatMap((each) => {
      if (each.point === anchors.submit) return [each, ...steps];
      return [each.point === anchors.issue ? { ...each, stage: last } : each];
    }),
    bypasses: scheduled ? [...path.bypasses, schedulerBypass(insert, anchors.issue)] : path.bypasses,
  };
}

function schedulerBypass(insert: PointId, issue: PointId): Bypass {
  return {
    name: 'I/O scheduler',
    needs: [insert],
    points: [insert],
    upTo: [issue],
    stage: 'direct-issue',
    variant: ['through the scheduler', 'issued past the scheduler'],
  };
}

/** Small pictures to go with drawn reports. Synthetic. */
import type { PictureModel } from '../../src/picture/picture-model.ts';
import type { ReportModel } from '../../src/report/report-model.ts';

/** Three requests through the critical stages of a report, the first as long as its means, the others two and three times. */
export function drawnPicture(model: ReportModel): PictureModel {
  const stages = model.stages.filter(({ critical }) => critical);
  const ids = [...new Set(['app:begin', ...stages.flatMap(({ from, to }) => [from, to])])];
  const offsets = stages.map((_, at) =>
    Math.round(stages.slice(0, at + 1).reduce((sum, { meanNs }) => sum + meanNs, 0)),
  );
  const total = offsets.at(-1) ?? 1000;
  return {
    spanNs: total * 10,
    latency: { edgesNs: [total * 0.9, total * 1.5, total * 2.5, total * 3.5], counts: [1, 1, 1] },
    overTime: {
      binNs: total * 4,
      bins: [1, 2, 0].map((n) => ({
        n,
        p50Ns: n === 0 ? null : total,
        p99Ns: null,
        maxNs: n === 0 ? null : total * 3,
        leftOut: n === 0 ? 1 : 0,
      })),
    },
    gaps: [
      { machine: 'host', fromNs: total * 8, toNs: total * 9, reported: true, cpu: 3, missing: 'events' },
    ],
    gapsNotListed: 0,
    sample: {
      of: 3,
      how: 'every request that was followed is on this page',
      typical: 4,
      slowest: 7,
      points: ids.map((id) => ({ id, title: `at ${id}`, side: 'host' as const })),
      sequences: [
        {
          variant: 'drawn',
          points: stages
            .map((stage) => ids.indexOf(stage.from))
            .concat(ids.indexOf(stages.at(-1)?.to ?? ids[0]!)),
          stages: stages.map(({ id }) => id),
        },
      ],
      rows: [1, 2, 3].map((times) => [
        3 * times - 2,
        0,
        times * total,
        8 * times,
        4096,
        'read',
        offsets.map((ns) => ns * times),
        [],
      ]),
    },
  };
}

/**
 * One run recorded by two tracers at once. What they tell of it has to agree: path, variants, order of stages, and each request's
 * durations within what the clocks of both leave open.
 */

import { median } from 'simple-statistics';
import { followRecording, reportOf } from '../../src/commands/analyze.ts';
import { openRecording } from '../../src/commands/open-recording.ts';
import { type RequestRow, requestRows } from '../../src/export/request-rows.ts';
import type { ReportModel } from '../../src/report/report-model.ts';
import type { Check } from './judge.ts';

interface Told {
  readonly model: ReportModel;
  /** In the order of their issue. */
  readonly matched: readonly RequestRow[];
}

/** Holds the two bundles against each other. */
export async function judgeBeside(one: string, other: string): Promise<Check[]> {
  const [a, b] = [await toldBy(one), await toldBy(other)];
  return [
    alike('both tell the same path', a.model.path.name, b.model.path.name),
    alike('both tell the same order of stages', stagesOf(a), stagesOf(b)),
    alike('both tell the same variants', variantsOf(a), variantsOf(b)),
    durationsCheck(a, b),
  ];
}

async function toldBy(bundle: string): Promise<Told> {
  const { recording } = await openRecording(bundle, undefined, () => {});
  const how = { version: 'lab', title: 'lab, an emulated host', path: undefined };
  const followed = followRecording({ ...recording, groundTruth: undefined }, how);
  if ('failure' in followed) throw new Error(followed.failure);
  const rows = [...requestRows(followed.correlated)].filter((row) => 'status' in row);
  return {
    model: reportOf(recording, followed, how),
    matched: rows.filter(({ status }) => status === 'matched'),
  };
}

function alike(name: string, a: string, b: string): Check {
  return { name, ok: a === b, text: a === b ? a : `${a}; ${b}` };
}

const stagesOf = ({ model }: Told) => model.stages.map(({ id }) => id).join(', ');
/** Without those of single requests: nothing says that both tracers follow the same ones of them. */
const variantsOf = ({ model }: Told) =>
  model.variants
    .filter(({ share }) => share > 0.02)
    .map(({ name }) => name)
    .sort()
    .join('; ');

/** A hit of one tracer delays the other's stamp: a kprobe's on an emulated host by 12 to 26 µs in the median. */
const HIT_NS = 30_000;

function durationsCheck(a: Told, b: Told): Check {
  const name = 'both tell the same durations';
  const bySector = new Map(b.matched.map((row) => [row.sector, row]));
  const pairs = a.matched.flatMap((row) => {
    const twin = bySector.get(row.sector);
    return twin === undefined ? [] : [[row, twin] as const];
  });
  const totals = pairs.map(([one, two]) => Math.abs(one.totalNs! - two.totalNs!));
  const texts = [`total ${(median([0, ...totals]) / 1000).toFixed(1)} µs`];
  let ok = pairs.length >= Math.min(a.matched.length, b.matched.length) * 0.98;
  for (const { id, uncertaintyNs } of a.model.stages) {
    const apart = pairs.flatMap(([one, two]) => {
      const [x, y] = [one.stages?.[id], two.stages?.[id]];
      return x === undefined || y === undefined ? [] : [Math.abs(x - y)];
    });
    const twin = b.model.stages.find((stage) => stage.id === id);
    if (apart.length === 0 || twin === undefined) continue;
    const open = uncertaintyNs + twin.uncertaintyNs + HIT_NS;
    const usual = median(apart);
    if (usual > open) ok = false;
    texts.push(`${id} ${(usual / 1000).toFixed(1)} of ${(open / 1000).toFixed(0)} µs`);
  }
  return { name, ok, text: `${pairs.length} requests of both, apart in the median by ${texts.join('; ')}` };
}

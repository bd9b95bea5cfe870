import { DIRECTION } from '../../parsers/event-kinds.ts';
import { NOT_OBSERVED, type RequestTable } from '../correlate/request-table.ts';
import { type PointId, pointById } from '../paths/points.ts';
import { MOST_SAMPLED, type RequestSample, type SampledRequest } from './picture-model.ts';

const SLOWEST = 250;
const MEDIAN = 250;

const DIRECTION_NAMES = new Map<number, string>(Object.entries(DIRECTION).map(([name, id]) => [id, name]));

/**
 * Requests to be shown one by one. `matched` in the order of their start, `ranks` the positions in it by ascending total.
 * With more than MOST_SAMPLED: the slowest, those around the median, and evenly spaced ones, so that the sample shows both.
 */
export function requestSample(
  requests: RequestTable,
  matched: Int32Array,
  ranks: Int32Array,
  originNs: number,
): RequestSample {
  const n = matched.length;
  const points = [...requests.offsets.keys()];
  const indexOf = new Map(points.map((point, index) => [point, index]));
  const chosen = choose(n, ranks);
  return {
    of: n,
    how:
      chosen.length === n
        ? 'every request that was followed is on this page'
        : `of ${n.toLocaleString('en-US')} requests that were followed this page holds ${chosen.length.toLocaleString('en-US')}: the ${SLOWEST} slowest, ${MEDIAN} around the median, and the rest evenly spaced in time`,
    typical: n === 0 ? null : matched[ranks[Math.floor((n - 1) / 2)]!]!,
    slowest: n === 0 ? null : matched[ranks[n - 1]!]!,
    points: points.map((id) => ({ id, title: pointById(id).title, side: pointById(id).side })),
    sequences: requests.variants.map(({ name, points: own, stages }) => ({
      variant: name,
      points: own.map((point) => indexOf.get(point)!),
      stages,
    })),
    rows: chosen.map((at) => row(requests, matched[at]!, points, originNs)),
  };
}

/** Positions in `matched`, ascending. */
function choose(n: number, ranks: Int32Array): number[] {
  if (n <= MOST_SAMPLED) return Array.from({ length: n }, (_, at) => at);
  const middle = Math.floor((n - MEDIAN) / 2);
  const chosen = new Set([...ranks.slice(n - SLOWEST), ...ranks.slice(middle, middle + MEDIAN)]);
  const rest = MOST_SAMPLED - chosen.size;
  for (let k = 0; k < rest; k++) chosen.add(Math.floor((k * n) / rest));
  return [...chosen].sort((a, b) => a - b);
}

function row(
  requests: RequestTable,
  request: number,
  points: readonly PointId[],
  originNs: number,
): SampledRequest {
  const sequence = requests.variant[request]!;
  const critical = requests.variants[sequence]!.points;
  const offset = (point: PointId) => requests.offsets.get(point)![request]!;
  const beside = points.flatMap((point, index) =>
    critical.includes(point) || offset(point) === NOT_OBSERVED ? [] : [index, offset(point)],
  );
  return [
    request,
    sequence,
    requests.start[request]! - originNs,
    requests.sector[request]!,
    requests.bytes[request]!,
    DIRECTION_NAMES.get(requests.direction[request]!) ?? 'other',
    critical.slice(1).map(offset),
    beside,
  ];
}

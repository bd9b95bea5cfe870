/**
 * One row per request of the traced disk, for scripts: what the report sums up, before it is summed up. Enters: followed
 * requests. Leaves: plain objects, the first of them a header.
 */
import { DIRECTION } from '../../parsers/event-kinds.ts';
import type { Correlated } from '../correlate/correlate.ts';
import { NOT_OBSERVED, STATUS } from '../correlate/request-table.ts';

/** The first row: what the others mean. */
export interface HeaderRow {
  readonly iotrace: 'requests';
  readonly schema: 1;
  readonly path: string;
  /** Time of startNs 0 on the application's clock, ns, decimal. */
  readonly epochNs: string;
  /** Half-width of what the clocks leave open in stages between machines, ns. */
  readonly uncertaintyNs: number | null;
}

/** A request. Stages of a matched request sum to totalNs exactly; points that were not observed are left out. */
export interface RequestRow {
  readonly request: number;
  readonly status: keyof typeof STATUS;
  readonly reason?: string;
  readonly startNs: number;
  readonly sector: number;
  readonly bytes: number;
  readonly direction: string;
  readonly totalNs?: number;
  readonly variant?: string;
  /** Stage id → ns. */
  readonly stages?: Readonly<Record<string, number>>;
  /** Point → ns after startNs, also those beside the critical path. */
  readonly points?: Readonly<Record<string, number>>;
}

const STATUS_NAMES = Object.fromEntries(Object.entries(STATUS).map(([name, id]) => [id, name])) as Record<
  number,
  keyof typeof STATUS
>;
const DIRECTION_NAMES = Object.fromEntries(Object.entries(DIRECTION).map(([name, id]) => [id, name]));

/** Header and requests, in the order of their issue. */
export function* requestRows(correlated: Correlated): Generator<HeaderRow | RequestRow> {
  const { requests, relation, path, app } = correlated;
  yield {
    iotrace: 'requests',
    schema: 1,
    path: path.name,
    epochNs: app.table.epoch.toString(),
    uncertaintyNs: Number.isFinite(relation.uncertaintyNs) ? relation.uncertaintyNs : null,
  };
  for (let request = 0; request < requests.length; request++) yield requestRow(correlated, request);
}

function requestRow({ requests }: Correlated, request: number): RequestRow {
  const status = STATUS_NAMES[requests.status[request]!]!;
  const base = {
    request,
    status,
    startNs: requests.start[request]!,
    sector: requests.sector[request]!,
    bytes: requests.bytes[request]!,
    direction: DIRECTION_NAMES[requests.direction[request]!] ?? 'other',
  };
  if (status !== 'matched') return { ...base, reason: requests.reasons[requests.reason[request]!]! };
  const { name, points, stages } = requests.variants[requests.variant[request]!]!;
  const offset = (point: (typeof points)[number]) => requests.offsets.get(point)![request]!;
  const durations: Record<string, number> = {};
  stages.forEach((stage, index) => {
    durations[stage] = (durations[stage] ?? 0) + offset(points[index + 1]!) - offset(points[index]!);
  });
  const stamped = [...requests.offsets]
    .filter(([, column]) => column[request] !== NOT_OBSERVED)
    .map(([point, column]) => [point, column[request]!] as const)
    .sort((a, b) => a[1] - b[1]);
  return {
    ...base,
    totalNs: requests.total[request]!,
    variant: name,
    stages: durations,
    points: Object.fromEntries(stamped),
  };
}

/** Follows a drawn trace through the whole correlation, and says of each drawn request what became of it. */
import { appMachine } from '../../src/correlate/app-machine.ts';
import { type Correlated, correlate } from '../../src/correlate/correlate.ts';
import { NOT_OBSERVED, type RequestTable, STATUS } from '../../src/correlate/request-table.ts';
import { pathByName } from '../../src/paths/index.ts';
import type { PointId } from '../../src/paths/points.ts';
import { type Breakdown, breakdown } from '../../src/stats/breakdown.ts';
import type { RecordingFacts } from '../../src/trace/recording.ts';
import { type DrawnTrace, traceFromDiagram } from './trace-diagram.ts';

export interface FollowOptions {
  /** Path to follow; detected when left out. */
  readonly path?: string;
  readonly facts?: RecordingFacts;
  /** False: nothing tells the clocks' relation but the messages; they still are one clock. */
  readonly exact?: boolean;
  /** Events of the application's machine are known to be missing. */
  readonly isIncomplete?: boolean;
  /** What each request took by the application's own clock, in the order of their ends, ns. */
  readonly latencies?: readonly number[];
}

export interface FollowedDiagram {
  readonly correlated: Correlated;
  readonly breakdown: Breakdown;
  /** Index of a drawn request in the request table. */
  index(label: string): number;
  /** 'matched', or status and reason. */
  outcome(label: string): string;
  /** Each stage of a matched request with its ns, in order: 'device 80000'. */
  stages(label: string): string[];
  variant(label: string): string;
  totalNs(label: string): number;
  /** Time of a point in µs of the drawing; undefined where it was not observed. */
  at(label: string, point: PointId): number | undefined;
  /** Requests by status and reason. */
  readonly counts: Readonly<Record<string, number>>;
}

const STATUS_NAMES = Object.fromEntries(Object.entries(STATUS).map(([name, id]) => [id, name]));

/** Correlates a diagram (or the tables of one). Throws when it cannot be followed at all. */
export function followDiagram(diagram: string | DrawnTrace, options: FollowOptions = {}): FollowedDiagram {
  const trace = typeof diagram === 'string' ? traceFromDiagram(diagram) : diagram;
  const correlated = correlate({
    guest: trace.guest,
    host: trace.host,
    begun: appMachine({
      table: trace.guest ?? trace.host,
      device: trace.guest === undefined ? trace.disk.host : trace.disk.guest,
      log: undefined,
      isIncomplete: options.isIncomplete === true,
    }),
    facts: options.facts ?? {},
    path: options.path === undefined ? undefined : pathByName(options.path),
    exact: options.exact === false ? undefined : { method: 'tsc', offsetAt: () => 0, uncertaintyNs: 0 },
    sameRate: true,
    roundingNs: 0,
    latencies: options.latencies && Float64Array.from(options.latencies),
  });
  if ('failure' in correlated) throw new Error(correlated.failure);
  const { requests } = correlated;
  const position = new Map(correlated.path.points.map(({ point }, index) => [point, index]));
  const outcomeOf = (request: number) => {
    const status = STATUS_NAMES[requests.status[request]!]!;
    return status === 'matched' ? status : `${status}: ${requests.reasons[requests.reason[request]!]}`;
  };
  const counts: Record<string, number> = {};
  for (let request = 0; request < requests.length; request++)
    counts[outcomeOf(request)] = (counts[outcomeOf(request)] ?? 0) + 1;
  const index = (label: string) => indexOf(trace, requests, label);
  const variantOf = (label: string) => requests.variants[requests.variant[index(label)]!]!;
  return {
    correlated,
    breakdown: breakdown(requests, (point) => position.get(point) ?? 0),
    index,
    outcome: (label) => outcomeOf(index(label)),
    stages: (label) => stagesOf(requests, index(label)),
    variant: (label) => variantOf(label).name,
    totalNs: (label) => requests.total[index(label)]!,
    at: (label, point) => timeOf(requests, index(label), point),
    counts,
  };
}

/** Requests of one sector are told apart by their order. */
function indexOf(trace: DrawnTrace, requests: RequestTable, label: string): number {
  const [first] = label.split('+');
  const drawn = trace.requests.get(first!);
  if (drawn === undefined) throw new Error(`no request is named ${label}`);
  const same = [...trace.requests].filter(([, other]) => other.sector === drawn.sector).map(([name]) => name);
  const indices = [...requests.sector.keys()].filter((request) => requests.sector[request] === drawn.sector);
  const index = indices[same.indexOf(first!)];
  if (index === undefined) throw new Error(`request ${label} is not in the table`);
  return index;
}

function stagesOf(requests: RequestTable, request: number): string[] {
  if (requests.status[request] !== STATUS.matched) return [];
  const { points, stages } = requests.variants[requests.variant[request]!]!;
  return stages.map((name, at) => {
    const offset = (point: PointId) => requests.offsets.get(point)![request]!;
    return `${name} ${offset(points[at + 1]!) - offset(points[at]!)}`;
  });
}

function timeOf(requests: RequestTable, request: number, point: PointId): number | undefined {
  const offset = requests.offsets.get(point)?.[request];
  if (offset === undefined || offset === NOT_OBSERVED) return undefined;
  return (requests.start[request]! + offset) / 1000;
}

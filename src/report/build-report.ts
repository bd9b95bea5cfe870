/** Puts what all rooms found into the one value renderers read. Adds words and rounding, no analysis. */
import { DIRECTION } from '../../parsers/event-kinds.ts';
import type { ApplicationMatch } from '../correlate/application.ts';
import type { Correlated } from '../correlate/correlate.ts';
import { sideOf } from '../correlate/follow.ts';
import { type TornGroup, tornGroups } from '../correlate/torn-groups.ts';
import { NOT_OBSERVED, STATUS } from '../correlate/request-table.ts';
import { type PointId, pointById } from '../paths/points.ts';
import { type StageId, stageById } from '../paths/stages.ts';
import type { Breakdown, Stack, StageStats } from '../stats/breakdown.ts';
import type { PerRequest } from '../stats/counts.ts';
import type { NumaStats } from '../stats/numa.ts';
import type { GroundTruth } from '../trace/recording.ts';
import { gradeOf } from './grade.ts';
import type { Dist, ReportModel, Stage } from './report-model.ts';
import {
  clockReasons,
  closureReasons,
  lossesOf,
  requestReasons,
  type SourceTrust,
  streamReasons,
} from './trust.ts';

export interface ReportInput {
  readonly version: string;
  readonly title: string;
  readonly streams: readonly SourceTrust[];
  readonly correlated: Correlated;
  readonly breakdown: Breakdown;
  readonly application:
    | { readonly truth: GroundTruth; readonly match: ApplicationMatch | undefined }
    | undefined;
  readonly counts: readonly PerRequest[];
  readonly numa: NumaStats;
  readonly pathGiven: boolean;
  readonly roundingNs: number;
  readonly environment: ReportModel['environment'];
  readonly findings: ReportModel['findings'];
}

/** The report model of one recording. */
export function buildReport(input: ReportInput): ReportModel {
  const { correlated, breakdown } = input;
  const requests = requestCounts(correlated);
  const stages = breakdown.stages.map((stage) => stageOf(stage, correlated, breakdown));
  const groundTruth = truthOf(input);
  const workload = workloadOf(correlated, breakdown);
  const bounded = stages.filter((stage) => stage.bounded && stage.critical);
  const torn = tornGroups(correlated.path, correlated.followed, breakdown.matched);
  const reasons = [
    ...torn.map(tornReason),
    ...streamReasons(input.streams),
    ...clockReasons(correlated),
    ...requestReasons(requests),
    ...closureReasons(groundTruth),
    ...(bounded.length === 0
      ? []
      : [
          {
            letter: 'B' as const,
            text: `the clocks leave ${bounded.map(({ id }) => id).join(', ')} open: shorter than the uncertainty`,
          },
        ]),
  ];
  return {
    schema: 1,
    tool: { name: 'iotrace', version: input.version },
    recording: {
      title: input.title,
      sources: input.streams.map(({ source }) => ({
        name: source.name,
        machine: source.machine,
        format: source.format,
        clock: source.clock,
        events: source.events.length,
        unused: source.unused,
      })),
    },
    path: {
      name: correlated.path.name,
      title: correlated.path.title,
      talk: correlated.path.talk,
      chosen: input.pathGiven ? 'given' : 'detected',
      evidence: correlated.evidence,
      device: deviceName(correlated),
    },
    workload,
    requests,
    total: breakdown.total ?? EMPTY,
    software: softwareOf(stages, breakdown),
    stages,
    beside: besideOf(correlated, breakdown),
    bands: { typical: bandOf(breakdown.typical, stages), slow: bandOf(breakdown.slow, stages) },
    variants: breakdown.variants.map(({ name, stack }) => ({
      name: name === '' ? 'all' : name,
      n: stack.n,
      share: stack.n / breakdown.matched.length,
      meanNs: stack.meanNs,
      stages: stack.parts.map(({ id, from, to, meanNs }) => ({ id, from, to, meanNs })),
    })),
    counts: input.counts,
    clock: clockOf(input),
    groundTruth,
    littlesLaw: littlesLawOf(workload, breakdown),
    numa: input.numa,
    overhead: { kind: 'not measured', perRequestNs: null, text: 'what tracing added was not measured' },
    losses: [...lossesOf(input.streams), ...torn.map(tornLoss)],
    grade: gradeOf(reasons),
    environment: input.environment,
    findings: input.findings,
    notRecorded: notRecordedOf(correlated),
  };
}

/** No request, no distribution: not a number anywhere (null in JSON), never 0. */
const EMPTY: Dist = {
  meanNs: Number.NaN,
  minNs: Number.NaN,
  p50Ns: Number.NaN,
  p90Ns: Number.NaN,
  p99Ns: Number.NaN,
  p999Ns: Number.NaN,
  maxNs: Number.NaN,
  ciLowNs: Number.NaN,
  ciHighNs: Number.NaN,
};

function tornSentence({ name, point, missing, of }: TornGroup): string {
  return `${missing} of ${of} requests have a ${name} without ${point}: the tracer lost these events and did not say so`;
}

function tornLoss(torn: TornGroup): ReportModel['losses'][number] {
  return { source: 'host', kind: 'missing', count: torn.missing, text: tornSentence(torn) };
}

function tornReason(torn: TornGroup): { letter: 'C' | 'D'; text: string } {
  return { letter: torn.missing > torn.of * 0.1 ? 'D' : 'C', text: tornSentence(torn) };
}

function deviceName({ device, path }: Correlated): string {
  return `${path.app} ${device >>> 20}:${device & 0xfffff}`;
}

function requestCounts(correlated: Correlated): ReportModel['requests'] {
  const { status, reason, reasons } = correlated.requests;
  const tally = { seen: 0, outside: 0, matched: 0, quarantined: 0 };
  const rejected: Record<string, number> = {};
  const quarantineReasons: Record<string, number> = {};
  const outsideReasons: Record<string, number> = {};
  const add = (into: Record<string, number>, text: string) => {
    into[text] = (into[text] ?? 0) + 1;
  };
  status.forEach((value, request) => {
    const text = reasons[reason[request]!]!;
    if (value === STATUS.outside) {
      tally.outside++;
      add(outsideReasons, text);
      return;
    }
    tally.seen++;
    if (value === STATUS.matched) tally.matched++;
    else if (value === STATUS.quarantined) {
      tally.quarantined++;
      add(quarantineReasons, text);
    } else add(rejected, text);
  });
  if (correlated.begunBefore > 0) {
    outsideReasons['completed in the recording, issued before it'] = correlated.begunBefore;
    tally.outside += correlated.begunBefore;
  }
  return { ...tally, rejected, quarantineReasons, outsideReasons };
}

function stageOf(stage: StageStats, correlated: Correlated, breakdown: Breakdown): Stage {
  const names = stage.id.split('+').map((id) => stageById(id as StageId));
  const from = sideOf(correlated, stage.from);
  const to = sideOf(correlated, stage.to);
  const cross = from !== to;
  const uncertaintyNs = cross ? correlated.relation.uncertaintyNs : 0;
  const sides = names.map(({ side }) => side);
  const sumOfAll = breakdown.stages.reduce((sum, { sumNs }) => sum + sumNs, 0);
  return {
    id: stage.id,
    title: names.map(({ title }) => title).join(' + '),
    from: stage.from,
    to: stage.to,
    clock: cross ? 'cross' : from === correlated.app && correlated.path.app === 'guest' ? 'guest' : 'host',
    side: sides.includes('device') ? 'device' : sides[0]!,
    critical: true,
    n: stage.n,
    share: sumOfAll === 0 ? 0 : stage.sumNs / sumOfAll,
    uncertaintyNs,
    bounded: stage.distribution.meanNs < uncertaintyNs,
    ...stage.distribution,
  };
}

function softwareOf(stages: readonly Stage[], breakdown: Breakdown): ReportModel['software'] {
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

function besideOf(correlated: Correlated, breakdown: Breakdown): ReportModel['beside'] {
  const { requests, path } = correlated;
  const beside: { point: string; title: string; n: number; meanNs: number; why: string }[] = [];
  for (const { point, detail } of path.points) {
    const offsets = requests.offsets.get(point);
    if (offsets === undefined || detail === true) continue;
    let n = 0;
    let sum = 0;
    for (const request of breakdown.matched) {
      const critical = requests.variants[requests.variant[request]!]!.points;
      if (offsets[request] === NOT_OBSERVED || critical.includes(point)) continue;
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

function bandOf(stack: Stack, stages: readonly Stage[]): ReportModel['bands']['typical'] {
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

function workloadOf(correlated: Correlated, breakdown: Breakdown): ReportModel['workload'] {
  const { requests } = correlated;
  const { matched } = breakdown;
  const seen = [...requests.status.keys()].filter((request) => requests.status[request] !== STATUS.outside);
  const first = seen[0];
  const last = seen.at(-1);
  const begin = first === undefined ? 0 : requests.start[first]!;
  const end = last === undefined ? 0 : requests.start[last]! + requests.total[last]!;
  const sizes = new Set([...matched].map((request) => requests.bytes[request]!));
  const directions = new Set([...matched].map((request) => requests.direction[request]!));
  const [size] = sizes;
  const [direction] = directions;
  return {
    queueDepth: correlated.inFlight.mean,
    queueDepthMax: correlated.inFlight.most,
    direction: directions.size !== 1 ? 'mixed' : direction === DIRECTION.read ? 'read' : 'write',
    requestBytes: sizes.size === 1 ? size! : null,
    iops: end > begin ? (seen.length * 1e9) / (end - begin) : 0,
    spanNs: end - begin,
  };
}

function clockOf({ correlated, roundingNs }: ReportInput): ReportModel['clock'] {
  const { relation } = correlated;
  const related = relation.method !== 'one-clock' && relation.method !== 'none';
  return {
    method: relation.method,
    offsetNs: related ? relation.offsetNs.toString() : null,
    driftPpm: related ? relation.driftPpm : null,
    uncertaintyNs: Number.isFinite(relation.uncertaintyNs) ? relation.uncertaintyNs : null,
    intervalNs: relation.interval === undefined ? null : [relation.interval.low, relation.interval.high],
    checked: relation.checked,
    ok: relation.ok,
    roundingNs,
  };
}

function truthOf({ application, correlated, breakdown }: ReportInput): ReportModel['groundTruth'] {
  if (application === undefined) return null;
  const { truth, match } = application;
  const base = { source: truth.source, kind: truth.kind, requests: truth.requests };
  const meanTotal = breakdown.total?.meanNs ?? 0;
  if (match === undefined || truth.log === undefined)
    return {
      ...base,
      meanNs: truth.meanNs,
      closure: meanTotal / truth.meanNs,
      tracedShare: meanTotal / truth.meanNs,
      outsideNs: truth.meanNs - meanTotal,
      matched: breakdown.matched.length,
      missing: {},
    };
  const { log } = truth;
  const { requests } = correlated;
  const missing: Record<string, number> = {};
  let own = 0;
  let traced = 0;
  let edges = 0;
  let matched = 0;
  match.request.forEach((request, line) => {
    const reason =
      request === -1
        ? 'no block request of it was recorded'
        : requests.status[request] === STATUS.matched
          ? undefined
          : requests.reasons[requests.reason[request]!]!;
    if (reason !== undefined) {
      missing[reason] = (missing[reason] ?? 0) + 1;
      return;
    }
    own += log.endNs[line]! - log.startNs[line]!;
    traced += requests.total[request]!;
    edges += edgesOf(correlated, request);
    matched++;
  });
  if (matched === 0)
    return {
      ...base,
      meanNs: truth.meanNs,
      closure: 0,
      tracedShare: 0,
      outsideNs: truth.meanNs,
      matched,
      missing,
    };
  return {
    ...base,
    meanNs: own / matched,
    closure: traced / own,
    tracedShare: (traced - edges) / own,
    outsideNs: (own - traced) / matched,
    matched,
    missing,
  };
}

/** Time of a request that lies between its application's own time stamps and its first and last traced point. */
function edgesOf({ requests }: Correlated, request: number): number {
  const { points } = requests.variants[requests.variant[request]!]!;
  const offset = (point: PointId | undefined) => requests.offsets.get(point!)![request]!;
  const before = points[0] === 'app:begin' ? offset(points[1]) - offset(points[0]) : 0;
  const after = points.at(-1) === 'app:end' ? offset(points.at(-1)) - offset(points.at(-2)) : 0;
  return before + after;
}

/** IOPS × mean latency must be the queue depth over the whole run; user space between requests makes it smaller. */
function littlesLawOf(workload: ReportModel['workload'], breakdown: Breakdown): ReportModel['littlesLaw'] {
  const product = (workload.iops * (breakdown.total?.meanNs ?? 0)) / 1e9;
  return { product, queueDepth: workload.queueDepth, ok: product <= workload.queueDepthMax * 1.02 };
}

/** Borders no event of this recording could have stamped, and what the breakdown loses by it. */
function notRecordedOf(correlated: Correlated): ReportModel['notRecorded'] {
  const { path, followed } = correlated;
  return path.points
    .filter(
      ({ point, detail }) => detail !== true && !point.startsWith('app:') && !followed.recorded.has(point),
    )
    .map(({ point, stage }) => ({
      point,
      title: pointById(point).title,
      lost:
        stage === undefined
          ? 'the beginning of the request'
          : `where ${stageById(stage).title} ends: merged with the stage after it`,
    }));
}

import type { UnjoinedSource } from '../clocks/machine-clock.ts';
import type { Correlated } from '../correlate/correlate.ts';
import { type TornGroup, tornGroups } from '../correlate/torn-groups.ts';
import { pointById } from '../paths/points.ts';
import { stageById } from '../paths/stages.ts';
import type { Breakdown } from '../stats/breakdown.ts';
import type { PerRequest } from '../stats/counts.ts';
import type { NumaStats } from '../stats/numa.ts';
import type { TracingCostFact } from '../trace/recording.ts';
import { cpuClocks, type StampedCpus, stageBounds, stampedCpus } from './cpu-clocks.ts';
import { gradeOf } from './grade.ts';
import { idleLosses } from './idle-part.ts';
import { overheadOf } from './overhead-part.ts';
import type { Dist, ReportModel } from './report-model.ts';
import { littlesLawOf, requestCounts, workloadOf } from './request-part.ts';
import { bandOf, besideOf, softwareOf, stageOf } from './stage-part.ts';
import {
  clockReasons,
  closureReasons,
  lossesOf,
  requestReasons,
  type SourceTrust,
  skewLosses,
  skewReasons,
  streamReasons,
} from './trust.ts';
import { type ApplicationTruth, truthOf } from './truth-part.ts';

export interface ReportInput {
  readonly version: string;
  readonly title: string;
  readonly streams: readonly SourceTrust[];
  readonly unjoined: readonly UnjoinedSource[];
  readonly correlated: Correlated;
  readonly breakdown: Breakdown;
  readonly application: ApplicationTruth | undefined;
  readonly counts: readonly PerRequest[];
  readonly numa: NumaStats;
  readonly tracingCost: TracingCostFact | undefined;
  readonly pathGiven: boolean;
  readonly roundingNs: number;
  readonly environment: ReportModel['environment'];
  readonly findings: ReportModel['findings'];
}

/** The report model of one recording. */
export function buildReport(input: ReportInput): ReportModel {
  const { correlated, breakdown } = input;
  const requests = requestCounts(correlated);
  const stamped = stampedCpus(correlated);
  const cpuBounds = stageBounds(stamped);
  const stages = breakdown.stages.map((stage) => stageOf(stage, correlated, breakdown, cpuBounds));
  const groundTruth = truthOf(input.application, correlated, breakdown);
  const workload = workloadOf(correlated, breakdown);
  const bounded = stages.filter((stage) => stage.bounded && stage.critical);
  const idle = idleLosses(input.streams, correlated.requests);
  const torn = tornGroups(correlated.path, correlated.followed, breakdown.matched);
  const reasons = [
    ...torn.map(tornReason),
    ...idle.map(({ source, text }) => ({ letter: 'D' as const, text: `${source}: ${text}` })),
    ...input.unjoined.map((unjoined) => ({ letter: 'C' as const, text: unjoinedLoss(unjoined).text })),
    ...streamReasons(input.streams),
    ...skewReasons(correlated),
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
    clock: clockOf(input, stamped),
    groundTruth,
    littlesLaw: littlesLawOf(workload, breakdown),
    numa: input.numa,
    overhead: overheadOf(input.tracingCost),
    losses: [
      ...lossesOf(input.streams),
      ...skewLosses(correlated),
      ...idle,
      ...torn.map(tornLoss),
      ...input.unjoined.map(unjoinedLoss),
    ],
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

function unjoinedLoss({ source, why }: UnjoinedSource): ReportModel['losses'][number] {
  return {
    source: source.name,
    kind: 'not used',
    count: source.events.length,
    text: `${source.name} was not used: ${why}`,
  };
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

function clockOf(
  { correlated, roundingNs, streams }: ReportInput,
  stamped: StampedCpus,
): ReportModel['clock'] {
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
    cpus: cpuClocks(stamped, streams),
  };
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

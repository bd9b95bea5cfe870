import type { TornGroup } from '../correlate/torn-groups.ts';
import { pointById } from '../paths/points.ts';
import { stageById } from '../paths/stages.ts';
import type { GroundTruth, TracingCostFact } from '../trace/recording.ts';
import type { Digest, UnjoinedStream } from './digest.ts';
import { gradeOf } from './grade.ts';
import { idleLosses } from './idle-part.ts';
import { overheadOf } from './overhead-part.ts';
import type { Dist, ReportModel } from './report-model.ts';
import { littlesLawOf, requestCounts, workloadOf } from './request-part.ts';
import { bandOf, besideOf, softwareOf, stageOf } from './stage-part.ts';
import {
  clockReasons,
  closureReasons,
  issueLosses,
  issueReasons,
  lossesOf,
  requestReasons,
  skewLosses,
  skewReasons,
  streamReasons,
} from './trust.ts';
import { truthOf } from './truth-part.ts';

export interface ReportInput {
  readonly version: string;
  readonly title: string;
  readonly digest: Digest;
  readonly truth: GroundTruth | undefined;
  readonly tracingCost: TracingCostFact | undefined;
  readonly pathGiven: boolean;
  readonly environment: ReportModel['environment'];
}

/** The report model of one recording. */
export function buildReport(input: ReportInput): ReportModel {
  const { digest, truth } = input;
  const { breakdown, path, streams, unjoined } = digest;
  const torn = digest.torn.filter(({ missing }) => missing > 0);
  const requests = requestCounts(digest);
  const stages = breakdown.stages.map((stage) => stageOf(stage, digest, breakdown));
  const groundTruth = truthOf(
    truth === undefined ? undefined : { truth, match: digest.application },
    digest,
    breakdown,
  );
  const workload = workloadOf(digest, breakdown);
  const bounded = stages.filter((stage) => stage.bounded && stage.critical);
  const idle = idleLosses(streams, digest.requests);
  const reasons = [
    ...torn.map(tornReason),
    ...issueReasons(digest),
    ...idle.map(({ source, text }) => ({ letter: 'D' as const, text: `${source}: ${text}` })),
    ...unjoined.map((each) => ({ letter: 'C' as const, text: unjoinedLoss(each).text })),
    ...streamReasons(streams),
    ...skewReasons(digest),
    ...clockReasons(digest),
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
      sources: streams.map(({ source, events }) => ({
        name: source.name,
        machine: source.machine,
        format: source.format,
        clock: source.clock,
        events,
        unused: source.unused,
      })),
    },
    path: {
      name: path.name,
      title: path.title,
      talk: path.talk,
      chosen: input.pathGiven ? 'given' : 'detected',
      evidence: digest.evidence,
      device: deviceName(digest),
    },
    workload,
    requests,
    total: breakdown.total ?? EMPTY,
    software: softwareOf(stages, breakdown),
    stages,
    beside: besideOf(digest, breakdown),
    bands: { typical: bandOf(breakdown.typical, stages), slow: bandOf(breakdown.slow, stages) },
    variants: breakdown.variants.map(({ name, stack }) => ({
      name: name === '' ? 'all' : name,
      n: stack.n,
      share: stack.n / breakdown.matched.length,
      meanNs: stack.meanNs,
      stages: stack.parts.map(({ id, from, to, meanNs }) => ({ id, from, to, meanNs })),
    })),
    counts: digest.counts,
    clock: clockOf(digest),
    groundTruth,
    littlesLaw: littlesLawOf(workload, breakdown),
    numa: digest.numa,
    overhead: overheadOf(input.tracingCost),
    losses: [
      ...lossesOf(streams),
      ...skewLosses(digest),
      ...issueLosses(digest),
      ...idle,
      ...torn.map(tornLoss),
      ...unjoined.map(unjoinedLoss),
    ],
    grade: gradeOf(reasons),
    environment: input.environment,
    findings: digest.findings,
    notRecorded: notRecordedOf(digest),
    standIns: standInsOf(digest),
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

function unjoinedLoss({ name, events, why }: UnjoinedStream): ReportModel['losses'][number] {
  return { source: name, kind: 'not used', count: events, text: `${name} was not used: ${why}` };
}

function tornLoss(torn: TornGroup): ReportModel['losses'][number] {
  return { source: 'host', kind: 'missing', count: torn.missing, text: tornSentence(torn) };
}

function tornReason(torn: TornGroup): { letter: 'C' | 'D'; text: string } {
  return { letter: torn.missing > torn.of * 0.1 ? 'D' : 'C', text: tornSentence(torn) };
}

function deviceName({ device, path }: Digest): string {
  return `${path.app} ${device >>> 20}:${device & 0xfffff}`;
}

function clockOf({ relation, roundingNs, cpus }: Digest): ReportModel['clock'] {
  const related = relation.method !== 'one-clock' && relation.method !== 'none';
  return {
    method: relation.method,
    offsetNs: related ? relation.offsetNs.toString() : null,
    driftPpm: related ? relation.driftPpm : null,
    uncertaintyNs: Number.isFinite(relation.uncertaintyNs) ? relation.uncertaintyNs : null,
    intervalNs: relation.interval === undefined ? null : [relation.interval.low, relation.interval.high],
    checked: relation.checked,
    ok: relation.ok,
    mostStepNs: Number.isFinite(relation.mostStepNs) ? relation.mostStepNs : null,
    roundingNs,
    cpus,
  };
}

/** Borders no event of this recording could have stamped, and what the breakdown loses by it. */
function notRecordedOf({ path, recorded }: Digest): ReportModel['notRecorded'] {
  return path.points
    .filter(({ point, detail }) => detail !== true && !point.startsWith('app:') && !recorded.has(point))
    .map(({ point, stage }) => ({
      point,
      title: pointById(point).title,
      lost:
        stage === undefined
          ? 'the beginning of the request'
          : `where ${stageById(stage).title} ends: merged with the stage after it`,
    }));
}

/** Borders that another event stamped than their own. */
function standInsOf({ path, standIns, breakdown }: Digest): ReportModel['standIns'] {
  const borders = new Set<string>(breakdown.stages.flatMap(({ from, to }) => [from, to]));
  return path.points.flatMap(({ point }) => {
    const used = standIns.get(point);
    return used === undefined || !borders.has(point)
      ? []
      : [{ point, title: pointById(point).title, ...used }];
  });
}

/**
 * What a report needs of followed requests, without any row of the recording. Enters: requests with the rows of their points.
 * Leaves: one digest. Those of several slices of a recording are laid together by `DigestSum`; a recording that was
 * read at once has one.
 */
import type { UnjoinedSource } from '../clocks/machine-clock.ts';
import type { Relation } from '../clocks/relation.ts';
import type { ApplicationMatch } from '../correlate/application.ts';
import type { Correlated } from '../correlate/correlate.ts';
import type { Depth } from '../correlate/in-flight.ts';
import type { Misclocked } from '../correlate/misclocked.ts';
import type { RequestTable } from '../correlate/request-table.ts';
import { type TornGroup, tornGroups } from '../correlate/torn-groups.ts';
import { findAll } from '../findings/index.ts';
import type { IoPath } from '../paths/io-path.ts';
import type { PointId } from '../paths/points.ts';
import type { StandIn } from '../paths/stand-ins.ts';
import { type Breakdown, breakdown } from '../stats/breakdown.ts';
import { countsPerRequest, type PerRequest } from '../stats/counts.ts';
import { type NumaStats, numaStats } from '../stats/numa.ts';
import { type Partition, type PointOrder, partition } from '../stats/partition.ts';
import type { CheckedSource } from '../trace/integrity.ts';
import type { FioFacts, RecordingFacts } from '../trace/recording.ts';
import { type CpuClocks, cpuClocks, stageBounds, stampedCpus } from './cpu-clocks.ts';
import type { ReportModel } from './report-model.ts';
import { depthInside } from './request-part.ts';
import { countStrays, type Strays } from './strays.ts';
import { type StreamTrust, streamTrust } from './stream-trust.ts';
import { countUnseen, type Unseen } from './unseen.ts';

export interface Digest {
  readonly path: IoPath;
  /** Why it is that path. */
  readonly evidence: readonly string[];
  readonly device: number;
  /** Its `rows` are empty: there is no table any more that they could be looked up in. */
  readonly requests: RequestTable;
  readonly breakdown: Breakdown;
  /** Requests that completed in the recording and whose issue is not in it. */
  readonly strays: Strays;
  readonly relation: Relation;
  /** Which request is which line of the application's log. */
  readonly application: ApplicationMatch | undefined;
  readonly depth: Depth;
  readonly unseen: Unseen;
  /** Points whose events the recording holds. */
  readonly recorded: ReadonlySet<PointId>;
  /** Points for which another event stands. */
  readonly standIns: ReadonlyMap<PointId, StandIn>;
  readonly torn: readonly TornGroup[];
  readonly misclocked: Readonly<Record<'app' | 'host', Pick<Misclocked, 'pairs' | 'cpus'>>>;
  /** The CPUs that stamped matched requests, and how far their clocks are proven to agree. */
  readonly cpus: readonly CpuClocks[];
  /** By stage, the most it can be off by its CPUs' clocks, ns; infinite where nothing bounds it. */
  readonly stageBounds: ReadonlyMap<string, number>;
  readonly counts: readonly PerRequest[];
  readonly numa: NumaStats;
  readonly findings: ReportModel['findings'];
  readonly streams: readonly StreamTrust[];
  readonly unjoined: readonly UnjoinedStream[];
  readonly roundingNs: number;
  /** In so many slices of time the recording was followed. */
  readonly slices: number;
}

/** A stream that could not be put on its machine's clock, and why. */
export interface UnjoinedStream {
  readonly name: string;
  readonly events: number;
  readonly why: string;
}

/** What was followed, and what is known beside it. */
export interface DigestInput {
  readonly correlated: Correlated;
  readonly streams: readonly CheckedSource[];
  readonly unjoined: readonly UnjoinedSource[];
  readonly roundingNs: number;
  readonly facts: RecordingFacts;
  readonly fio: FioFacts | undefined;
  /** The recording says that its host was emulated. */
  readonly emulated: boolean;
}

/** What a slice of a recording leaves: how its stages are spread is told of all slices together. */
export type SliceDigest = Omit<Digest, 'breakdown'> & { readonly breakdown: Partition };

/** Everything that rows are needed for is found out here. */
export function digestOf(input: DigestInput): Digest {
  const { path, requests } = input.correlated;
  const stages = stagesOf(path, requests);
  return { ...digestWith(input, stages), breakdown: stages };
}

/** The same of a slice of a recording. */
export function sliceDigestOf(input: DigestInput): SliceDigest {
  const { path, requests } = input.correlated;
  return digestWith(input, partition(requests, orderOn(path)));
}

/** `stages`: exact partition: per request they sum to the total, or that would have thrown. */
function digestWith(
  { correlated, facts, fio, emulated, ...input }: DigestInput,
  stages: Partition,
): SliceDigest {
  const { path, requests, followed, relation, misclocked } = correlated;
  const streams = input.streams.map(streamTrust);
  const stamped = stampedCpus(correlated);
  const numa = numaStats(correlated, stages.matched, facts);
  return {
    path,
    evidence: correlated.evidence,
    device: correlated.device,
    requests: { ...requests, rows: new Map() },
    breakdown: stages,
    strays: countStrays(correlated),
    relation,
    application: correlated.application,
    depth: depthInside(correlated),
    unseen: countUnseen(correlated, stages),
    recorded: followed.recorded,
    standIns: followed.standIns,
    torn: tornGroups(path, followed, stages.matched),
    misclocked: { app: pairsOf(misclocked.app), host: pairsOf(misclocked.host) },
    cpus: cpuClocks(stamped, streams),
    stageBounds: stageBounds(stamped),
    counts: countsPerRequest(correlated, stages.matched),
    numa,
    findings: findAll({ correlated, breakdown: stages, numa, facts, fio, emulated }),
    streams,
    unjoined: input.unjoined.map(({ source, why }) => ({
      name: source.name,
      events: source.events.length,
      why,
    })),
    roundingNs: input.roundingNs,
    slices: 1,
  };
}

/** Requests taken apart into stages, in the order of the path. */
export function stagesOf(path: IoPath, requests: RequestTable): Breakdown {
  return breakdown(requests, orderOn(path));
}

function orderOn(path: IoPath): PointOrder {
  const position = new Map(path.points.map(({ point }, index) => [point, index]));
  return (point) => position.get(point) ?? 0;
}

function pairsOf({ pairs, cpus }: Misclocked): Pick<Misclocked, 'pairs' | 'cpus'> {
  return { pairs, cpus };
}

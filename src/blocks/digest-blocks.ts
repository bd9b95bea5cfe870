/**
 * What a report needs of a recording that holds block events of one machine and nothing else. Enters: a walk through it that is finished.
 * Leaves: the digest that `digestOf` (src/report) makes of the same recording; or why it has to be followed as all others are.
 */
import { ONE_CLOCK } from '../clocks/relation.ts';
import { MOST_ROWS } from '../correlate/cpu-messages.ts';
import { meanDepth } from '../correlate/in-flight.ts';
import type { RequestTable } from '../correlate/request-table.ts';
import { isWorker } from '../findings/guest-scheduler.ts';
import { findInBlocks } from '../findings/index.ts';
import type { PointId } from '../paths/points.ts';
import { hasOwnClocks } from '../report/cpu-clocks.ts';
import { type Digest, stagesOf } from '../report/digest.ts';
import { straysBy } from '../report/strays.ts';
import type { StreamTrust } from '../report/stream-trust.ts';
import { numaOfCpus } from '../stats/numa.ts';
import type { Source } from '../trace/recording.ts';
import type { Walked } from './block-walk.ts';
import { type JudgedRequests, judgedRequests } from './judged-requests.ts';
import type { StampingCpus } from './stamping-cpus.ts';

/** The stream that was walked through, but for its rows. */
export type WalkedStream = Omit<Source, 'events' | 'rejects' | 'losses'>;

/** Its digest. */
export function digestBlocks(walked: Walked, stream: WalkedStream): Digest | { readonly whyNot: string } {
  const whyNot = walked.whyNot ?? whyNotEnough(walked);
  if (whyNot !== undefined) return { whyNot };
  const judged = judgedRequests(walked);
  if ('whyNot' in judged) return judged;
  const { path, requests, flights, points } = judged;
  const breakdown = stagesOf(path, requests);
  const matched = breakdown.matched.length;
  if (byWorkers(walked) * 2 >= matched) return { whyNot: 'a kernel worker issues its requests' };
  const stamped = stampedBy(walked.cpus, judged);
  const cpus = ascending(stamped.flatMap((own) => points.map((point) => cpuAt(own, point))));
  return {
    path,
    evidence: judged.evidence,
    device: walked.device,
    requests,
    breakdown,
    strays: straysBy(walked.strays, flights.longestNs),
    relation: ONE_CLOCK,
    application: undefined,
    depth: flights.depth,
    unseen: { withoutCall: matched, withoutReturn: matched, inRing: 0 },
    recorded: new Set(points),
    standIns: new Map(),
    torn: [],
    misclocked: { app: { pairs: [], cpus: new Set() }, host: { pairs: [], cpus: new Set() } },
    cpus:
      cpus.length < 2
        ? []
        : [{ machine: 'host', cpus, provenNs: null, oneCounter: !hasOwnClocks(stream.clock) }],
    stageBounds: boundsOf(stamped, requests),
    counts: [],
    numa: numaOfCpus(ascending(stamped.map(({ issue }) => issue))),
    findings: findInBlocks(matched, flights.sharedAmong(breakdown.matched), {
      most: flights.depth.most,
      mean: meanDepth(flights.depth),
    }),
    streams: [trustOf(walked, stream)],
    unjoined: [],
    roundingNs: stream.roundingNs,
    slices: 1,
  };
}

/** With fewer, what passes between CPUs says how far their clocks may differ; nothing of that is kept here. */
function whyNotEnough({ issues, completions }: Walked): string | undefined {
  return issues <= MOST_ROWS && completions <= MOST_ROWS ? 'it holds few requests' : undefined;
}

function byWorkers({ names, issuers }: Walked): number {
  let count = 0;
  for (const [tid, issued] of issuers) if (isWorker(names.get(tid) ?? '')) count += issued;
  return count === 0 ? Number.NEGATIVE_INFINITY : count;
}

/** CPUs that stamped the points of a matched request. */
interface Stamped {
  readonly queue: number;
  readonly getrq: number;
  readonly insert: number;
  readonly issue: number;
  readonly complete: number;
}

/** All that occurred. */
function stampedBy({ submitters, completers }: StampingCpus, { passed }: JudgedRequests): Stamped[] {
  return submitters.flatMap((own, number) =>
    own.passed === passed ? [...completers[number]!].map((complete) => ({ ...own, complete })) : [],
  );
}

function cpuAt(stamped: Stamped, point: PointId): number {
  return stamped[point.slice('host:'.length) as keyof Stamped];
}

function ascending(cpus: readonly number[]): number[] {
  return [...new Set(cpus)].sort((a, b) => a - b);
}

/** By stage, as `stageBounds` has it of CPUs of which nothing is proven. */
function boundsOf(stamped: readonly Stamped[], { variants }: RequestTable): ReadonlyMap<string, number> {
  const bounds = new Map<string, number>();
  for (const { points, stages } of variants)
    for (const [at, id] of stages.entries()) {
      const isAcross = stamped.some((own) => cpuAt(own, points[at]!) !== cpuAt(own, points[at + 1]!));
      bounds.set(id, Math.max(bounds.get(id) ?? 0, isAcross ? Number.POSITIVE_INFINITY : 0));
    }
  return bounds;
}

function trustOf({ rows, completions, hasIdleTask }: Walked, stream: WalkedStream): StreamTrust {
  return {
    source: { ...stream, rejects: [], losses: [] },
    integrity: { missing: 0, duplicates: 0, outOfOrder: 0, skewed: [], setBack: undefined },
    events: rows,
    holds: { guestExits: false, completions: completions > 0, idleTask: hasIdleTask },
  };
}

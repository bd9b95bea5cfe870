/** What speaks against a recording: turns what the rooms before found out into losses and reasons for the grade. */
import type { Misclocked } from '../correlate/misclocked.ts';
import type { CpuPair } from '../trace/file-order.ts';
import type { Digest } from './digest.ts';
import { type GradeReason, letterOfShare } from './grade.ts';
import type { ReportModel } from './report-model.ts';
import type { StreamTrust } from './stream-trust.ts';

type Loss = ReportModel['losses'][number];

/** "1,234" for counts in sentences. */
function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Two CPUs whose clocks differ, in words. */
function skewText({ cpus: [one, other], atLeast }: CpuPair): string {
  return `the clocks of CPU ${one} and CPU ${other} differ by at least ${(atLeast / 1000).toFixed(0)} µs`;
}

const GUESTS_LEFT_OUT =
  'perf script leaves out what interrupts a running guest, unless it is given --guestkallsyms=/dev/null, and does not say so; import perf.data itself';
/** kernel/trace/blktrace.c up to 6.18 numbers events when it has found room for them. */
const DROPS_UNSHOWN =
  'up to Linux 6.18 nothing in what blktrace wrote shows events that it dropped; it prints their number when it ends';

/** What a stream may lack without anything in it showing that: of text of perf script, where the host ran guests; of blktrace's. */
function unsaidBy({ source, holds }: StreamTrust): string | undefined {
  if (source.format === 'perf script' && source.machine === 'host' && holds.guestExits)
    return GUESTS_LEFT_OUT;
  return source.format === 'blktrace' || source.format === 'blkparse' ? DROPS_UNSHOWN : undefined;
}

/** What streams may lack unsaid, once for all that may lack it for the same reason. */
function unsaidReasons(streams: readonly StreamTrust[]): GradeReason[] {
  const names = new Map<string, string[]>();
  for (const stream of streams) {
    const unsaid = unsaidBy(stream);
    if (unsaid !== undefined) names.set(unsaid, [...(names.get(unsaid) ?? []), stream.source.name]);
  }
  return [...names].map(([unsaid, [first, ...others]]) => ({
    letter: 'B',
    text: `events may be missing from ${first}${others.length === 0 ? '' : ` and ${others.length} more`}: ${unsaid}`,
  }));
}

/** How a tracer came to count more than it delivered: bpftrace has no buffer that could be overwritten. */
function howLost({ format, overwritten }: StreamTrust['source']): Pick<Loss, 'kind' | 'text'> {
  const n = count(overwritten ?? 0);
  return format === 'bpftrace JSON'
    ? { kind: 'missed', text: `${n} hits came while another BPF program ran on their CPU, and were missed` }
    : {
        kind: 'overwritten',
        text: `${n} events were overwritten in the trace buffer before they were read`,
      };
}

/** Everything that is missing from or wrong with the streams, one row each. */
export function lossesOf(streams: readonly StreamTrust[]): Loss[] {
  return streams.flatMap(({ source, integrity }) => {
    const losses: Loss[] = [];
    const add = (kind: string, n: number | null, text: string) =>
      losses.push({ source: source.name, kind, count: n, text });
    if ((source.overwritten ?? 0) > 0)
      losses.push({ source: source.name, count: source.overwritten!, ...howLost(source) });
    if (integrity.missing > 0)
      add(
        'missing',
        integrity.missing,
        `${count(integrity.missing)} of ${count(source.claimed!)} events that the file says it holds are not in it`,
      );
    for (const loss of source.losses)
      add(
        'lost',
        loss.count ?? null,
        `the tracer lost ${loss.count === undefined ? 'events' : `${count(loss.count)} events`}${loss.cpu < 0 ? '' : ` on CPU ${loss.cpu}`}`,
      );
    for (const reject of source.rejects)
      add(
        'unreadable',
        reject.count,
        `${reject.reason} (first in line ${count(reject.firstLine)}, byte ${count(reject.firstOffset)})`,
      );
    if (integrity.duplicates > 0)
      add(
        'duplicate',
        integrity.duplicates,
        `${count(integrity.duplicates)} events are there twice; one of each was used`,
      );
    if (integrity.outOfOrder > 0)
      add(
        'out of order',
        integrity.outOfOrder,
        `${count(integrity.outOfOrder)} events stand before one that is earlier; they were put in order of time`,
      );
    return losses;
  });
}

/** Reasons from the streams themselves. */
export function streamReasons(streams: readonly StreamTrust[]): GradeReason[] {
  const ofEach = streams.flatMap(({ source, integrity }) => {
    const reasons: GradeReason[] = [];
    const gone =
      (source.overwritten ?? 0) +
      integrity.missing +
      source.losses.reduce((sum, loss) => sum + (loss.count ?? 1), 0);
    const records = Math.max(1, source.records);
    if (gone > 0)
      reasons.push({
        letter: gone / records > 0.02 ? 'D' : 'C',
        text: `${count(gone)} events of ${source.name} are lost`,
      });
    const unreadable = source.rejects.reduce((sum, reject) => sum + reject.count, 0);
    if (unreadable > 0)
      reasons.push({
        letter: unreadable / records > 0.01 ? 'D' : unreadable > 1 ? 'C' : 'B',
        text: `${count(unreadable)} lines of ${source.name} could not be read`,
      });
    if (integrity.duplicates > 0)
      reasons.push({
        letter: 'C',
        text: `${count(integrity.duplicates)} events of ${source.name} are there twice`,
      });
    if (integrity.outOfOrder > 0)
      reasons.push({
        letter: 'C',
        text: `${count(integrity.outOfOrder)} events of ${source.name} are not in order of time`,
      });
    return reasons;
  });
  return [...unsaidReasons(streams), ...ofEach];
}

type SkewedMachines = Pick<Digest, 'misclocked' | 'path'>;

/** CPUs whose clocks are off, each pair with its machine and a sentence. */
function skews({ misclocked, path }: SkewedMachines): { machine: string; text: string }[] {
  const named = (machine: string, { pairs, cpus }: Pick<Misclocked, 'pairs' | 'cpus'>) =>
    pairs.map((pair) => ({
      machine,
      text: `${skewText(pair)} on the ${machine}; requests in flight near events of CPU ${[...cpus].join(' or ')} are left out`,
    }));
  return [...named(path.app, misclocked.app), ...named('host', misclocked.host)];
}

/** The same as losses: what those CPUs stamped was not used. */
export function skewLosses(machines: SkewedMachines): Loss[] {
  return skews(machines).map(({ machine, text }) => ({
    source: machine,
    kind: 'CPU clock',
    count: null,
    text,
  }));
}

/** The same as reasons for the grade. */
export function skewReasons(machines: SkewedMachines): GradeReason[] {
  return skews(machines).map(({ text }) => ({ letter: 'E', text }));
}

/** Reasons from the relation of the clocks. */
export function clockReasons({ relation }: Pick<Digest, 'relation'>): GradeReason[] {
  if (relation.method === 'none')
    return [{ letter: 'F', text: `the machines’ clocks cannot be related: ${relation.checked}` }];
  return relation.ok ? [] : [{ letter: 'E', text: relation.checked }];
}

type StrayRequests = Pick<Digest, 'strays' | 'streams' | 'requests' | 'path'>;

/** Where no stream says that it lost anything, completions without an issue do. */
function issuesLostUnsaid({ strays, streams }: StrayRequests): boolean {
  const saysSo = streams.some(
    ({ source, integrity }) =>
      (source.overwritten ?? 0) > 0 || integrity.missing > 0 || source.losses.length > 0,
  );
  return strays.issueLost > 0 && !saysSo;
}

function issuesText(issueLost: number): string {
  return `${count(issueLost)} requests completed of which the issue is missing: nothing else says that events were lost`;
}

/** Issues that were lost and that no stream counts, as a loss. */
export function issueLosses(digest: StrayRequests): Loss[] {
  if (!issuesLostUnsaid(digest)) return [];
  const text = issuesText(digest.strays.issueLost);
  return [{ source: digest.path.app, kind: 'missing', count: null, text }];
}

/** The same as reasons for the grade. */
export function issueReasons(digest: StrayRequests): GradeReason[] {
  if (!issuesLostUnsaid(digest)) return [];
  const { issueLost } = digest.strays;
  const letter = issueLost / Math.max(1, digest.requests.length) > 0.02 ? 'D' : 'C';
  return [{ letter, text: issuesText(issueLost) }];
}

/** Reasons from how many requests could be followed. */
export function requestReasons(requests: ReportModel['requests']): GradeReason[] {
  if (requests.seen === 0)
    return [{ letter: 'F', text: 'no request lies inside the recorded span of all machines' }];
  const letter = letterOfShare(requests.matched / requests.seen, [0.99, 0.97, 0.9, 0.7]);
  return letter === 'A'
    ? []
    : [{ letter, text: `${count(requests.matched)} of ${count(requests.seen)} requests could be followed` }];
}

/** Below this share of the application's time between traced points the system calls themselves were not traced. */
const LEAST_TRACED = 0.9;

/** Reasons from the application's own times. */
export function closureReasons(truth: ReportModel['groundTruth']): GradeReason[] {
  if (truth === null || truth.otherRequests !== null) return [];
  const missing = Object.values(truth.missing).reduce((sum, n) => sum + n, 0);
  const reasons: GradeReason[] = [];
  if (truth.kind === 'request-log' && missing > truth.requests * 0.01)
    reasons.push({
      letter: letterOfShare(1 - missing / truth.requests, [0.99, 0.97, 0.9, 0.7]),
      text: `${count(missing)} of the application’s ${count(truth.requests)} requests are not in the breakdown`,
    });
  if (truth.tracedShare < LEAST_TRACED)
    reasons.push({
      letter: 'B',
      text: `only ${(truth.tracedShare * 100).toFixed(1)} % of the application’s own time lies between traced points`,
    });
  if (truth.closure > 1.02)
    reasons.push({
      letter: 'D',
      text: `the stages sum to ${(truth.closure * 100).toFixed(1)} % of the application’s own time, which is more than all of it`,
    });
  else {
    const letter = letterOfShare(truth.closure, [0.98, 0.95, 0.9, 0.8]);
    if (letter !== 'A')
      reasons.push({
        letter,
        text: `the stages account for ${(truth.closure * 100).toFixed(1)} % of the application’s own time${truth.unseen.length === 0 ? '' : `: ${truth.unseen.join('; ')}`}`,
      });
  }
  return reasons;
}

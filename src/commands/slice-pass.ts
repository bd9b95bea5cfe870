/** One pass through a recording in slices of time: each is followed, and leaves a digest. */
import type { TickRate } from '../clocks/ticks.ts';
import type { Correlated } from '../correlate/correlate.ts';
import { type OwnTime, ownEnd, ownedPart, type SeenBefore, seenOf } from '../correlate/owned-part.ts';
import type { KnownBefore } from '../correlate/tighten.ts';
import { type PlacedGap, placedGaps } from '../picture/gap-list.ts';
import { DigestSum } from '../report/digest-sum.ts';
import { StreamSum } from '../report/stream-sum.ts';
import type { StreamTrust } from '../report/stream-trust.ts';
import { atTimes } from '../trace/event-table.ts';
import { type CheckedSource, checkIntegrity, type Integrity } from '../trace/integrity.ts';
import type { GroundTruth, Recording, Source } from '../trace/recording.ts';
import {
  type AnalyzeOptions,
  digestSlice,
  type FollowedRecording,
  followRecording,
  type NotAnalyzed,
} from './analyze.ts';
import { rateOf } from './begin-following.ts';
import type { OpenBundle } from './open-recording.ts';
import { withCount } from './read-streams.ts';
import { SlicedLog } from './slice-log.ts';
import { type Slice, SlicedRecording } from './slice-recording.ts';
import { ownRows, SliceTimes } from './slice-times.ts';
import type { SlicedStream, StreamTotals } from './sliced-stream.ts';

/** What a pass came to, or why the recording cannot be followed in slices: a sentence. */
export type PassResult =
  | {
      readonly digests: DigestSum;
      readonly streams: readonly StreamTrust[];
      /** Of each stream, in the order of a slice's sources: files of one name may be several. */
      readonly totals: readonly StreamTotals[];
      readonly gaps: readonly PlacedGap[];
    }
  | { readonly whyNot: string };

/** How the machines' times are related after the latest slice, or why the pass ends. */
type PassState = { readonly times: SliceTimes; readonly isOver: boolean } | { readonly whyNot: string };

type Tried = (FollowedRecording & { readonly firstLine: number }) | NotAnalyzed;

/** For one use: `run` it once. */
export class SlicePass {
  readonly #open: OpenBundle;
  readonly #truth: GroundTruth | undefined;
  readonly #how: AnalyzeOptions;
  readonly #rowsPerSlice: number;
  readonly #totals: readonly StreamTotals[] | undefined;
  readonly #rate: TickRate | undefined;
  readonly #log: SlicedLog | undefined;
  readonly #digests: DigestSum;
  readonly #gaps: PlacedGap[] = [];
  /** In the order of a slice's sources. */
  readonly #sums: StreamSum[] = [];
  #device: number | undefined;
  #before: KnownBefore | undefined;
  /** Where the requests of the next slice begin, on the application's time line. */
  #ownFrom: number | undefined;
  /** What the latest slice saw of the next one's beginning. */
  #seen: SeenBefore | undefined;
  /** Where the next slice begins on the machine that does not lead. */
  #otherFrom = Number.NEGATIVE_INFINITY;

  /** `totals`: what each stream comes to, where an earlier pass found that out. */
  constructor(
    open: OpenBundle,
    groundTruth: GroundTruth | undefined,
    how: AnalyzeOptions,
    rowsPerSlice: number,
    totals?: readonly StreamTotals[],
  ) {
    const { bundle } = open;
    this.#truth = groundTruth;
    this.#open = open;
    this.#how = how;
    this.#rowsPerSlice = rowsPerSlice;
    this.#totals = totals;
    this.#rate = rateOf({ facts: bundle.manifest.facts, groundTruth }, how);
    this.#digests = new DigestSum(groundTruth?.log?.sector.length ?? 0);
    this.#log = groundTruth?.log === undefined ? undefined : new SlicedLog(groundTruth.log);
  }

  /** Follows all of `streams`. Rejects when reading fails. */
  async run(streams: readonly SlicedStream[]): Promise<PassResult> {
    const whyNot = SlicedRecording.whyNot(streams);
    return whyNot === undefined ? await this.#follow(streams) : { whyNot };
  }

  async #follow(streams: readonly SlicedStream[]): Promise<PassResult> {
    const recording = new SlicedRecording(streams, this.#rowsPerSlice, this.#rate?.nsPerTick ?? 1);
    let state = await this.#begun(recording);
    // A slice is let go of as soon as it has been followed: nothing here refers to one.
    while ('times' in state && !state.isOver) {
      state = await this.#next(recording, state.times);
      recording.takeBack();
    }
    if ('whyNot' in state) return state;
    if (recording.late > 0)
      return { whyNot: `events stand far behind those that are later: ${recording.late}.` };
    if (!recording.agrees) return { whyNot: 'a stream is not what its beginning says.' };
    if (this.#digests.slices === 0) return { whyNot: 'no slice holds a request.' };
    return { ...(await this.#wholes(recording, streams)), digests: this.#digests, gaps: this.#gaps };
  }

  /** Relates the machines' times by as much of the beginning as that takes. */
  async #begun(recording: SlicedRecording): Promise<PassState> {
    let whyNot = '';
    for (let sources = await recording.trial(); sources; sources = await recording.trial()) {
      const trial = this.#followed(sources, recording, undefined);
      const why = 'failure' in trial ? `${trial.failure}.` : whyNotRelated(trial);
      if ('failure' in trial || why !== undefined) {
        whyNot = why ?? '';
        continue;
      }
      this.#device = trial.correlated.device;
      this.#learn(trial);
      this.#before = knownBefore(trial.correlated);
      return { times: new SliceTimes(recording, trial.correlated), isOver: false };
    }
    return { whyNot };
  }

  /** Follows the next slice. */
  async #next(recording: SlicedRecording, times: SliceTimes): Promise<PassState> {
    const slice = await recording.next((lead) => times.otherOf(lead));
    if (slice === undefined) return { times, isOver: true };
    const followed = this.#followed(slice.sources, recording, times.ownTime(slice));
    if ('failure' in followed) {
      if (followed.isIdle !== true) return { whyNot: `${followed.failure}.` };
      this.#keepStreams(slice, recording, times, []);
      this.#seen = undefined;
      return { times, isOver: false };
    }
    const whyNot = whyNotRelated(followed);
    if (whyNot !== undefined) return { whyNot };
    const { correlated } = followed;
    const own = new SliceTimes(recording, correlated);
    const { from, to } = own.ownTime(slice);
    // Its first half of the overlap the next slice knows well enough.
    const end = slice.overlap === 0 ? to : ownEnd(correlated, { from, to }, to - slice.overlap / 2);
    this.#keepRequests(followed, { from: this.#ownFrom ?? from, to: end });
    this.#ownFrom = end;
    this.#keepStreams(slice, recording, own, followed.streams);
    this.#before = knownBefore(correlated);
    return { times: own, isOver: false };
  }

  /** `span`: of the application's time line, to leave out lines of its log that cannot be of the slice. */
  #followed(sources: readonly Source[], recording: SlicedRecording, span: OwnTime | undefined): Tried {
    const { bundle } = this.#open;
    const groundTruth = this.#truth;
    const part = span === undefined ? undefined : this.#log?.part(span.from, span.to);
    const slice: Recording = {
      sources: sources.map((source, at) => this.#withTotals(source, recording, this.#totals?.[at])),
      facts: bundle.manifest.facts,
      // Latencies alone are told apart by their order in the whole recording.
      groundTruth: groundTruth && {
        ...groundTruth,
        latenciesNs: undefined,
        log: part?.log ?? groundTruth.log,
      },
    };
    const followed = followRecording(slice, this.#how, {
      rate: this.#rate,
      device: this.#device,
      before: this.#before,
    });
    return 'failure' in followed ? followed : { ...followed, firstLine: part?.first ?? 0 };
  }

  /** The source with what its stream is known to come to; one that is empty counts from where its machine does. */
  #withTotals(source: Source, recording: SlicedRecording, total: StreamTotals | undefined): Source {
    const { events } = source;
    const epoch = events.length > 0 ? events.epoch : (recording.epochOf(source.machine) ?? events.epoch);
    const own = { ...source, events: atTimes(events, events.ts, epoch) };
    if (total === undefined) return own;
    return { ...own, records: total.records, claimed: total.claimed, rejects: total.rejects };
  }

  /** How far the application's log is from the recording, where it has one. */
  #learn({ correlated: { requests, application }, firstLine }: Exclude<Tried, NotAnalyzed>): void {
    if (application !== undefined) this.#log?.learn(requests, application, firstLine);
  }

  #keepRequests(followed: Exclude<Tried, NotAnalyzed>, own: OwnTime): void {
    this.#learn(followed);
    const { facts } = this.#open.bundle.manifest;
    const groundTruth = this.#truth;
    const correlated = ownedPart(followed.correlated, own, this.#seen);
    this.#seen = seenOf(followed.correlated);
    const digest = digestSlice({ facts, groundTruth }, { ...followed, correlated }, this.#how);
    this.#digests.add(digest, followed.firstLine);
    const gaps = placedGaps(correlated, followed.doubts);
    for (const gap of gaps) if (gap.from >= own.from && gap.from < own.to) this.#gaps.push(gap);
  }

  /** What the slice's own rows say of their streams; `checked`: its streams as far as they were looked through with their overlaps. */
  #keepStreams(
    slice: Slice,
    recording: SlicedRecording,
    times: SliceTimes,
    checked: readonly CheckedSource[],
  ): void {
    const nsPerTick = this.#rate?.nsPerTick ?? 1;
    // Where the slice before ended, whatever its successor makes of that time.
    const other = { from: this.#otherFrom, to: times.otherOf(slice.to) };
    this.#otherFrom = other.to;
    for (const [at, source] of slice.sources.entries()) {
      const epoch = recording.epochOf(source.machine) ?? source.events.epoch;
      const own = ownRows(source, epoch, nsPerTick, source.machine === recording.lead ? slice : other);
      this.#sums[at] ??= new StreamSum();
      const found = checked[at]?.integrity;
      // What is sound with its overlaps is sound without them.
      const integrity = found !== undefined && isSound(found) ? found : checkIntegrity(own, nsPerTick);
      this.#sums[at].add({ source: own, integrity });
    }
  }

  /** Each stream as a whole, once all have ended; `streams` in the order in which a report lists them. */
  async #wholes(recording: SlicedRecording, streams: readonly SlicedStream[]) {
    const { tracerCounts } = this.#open.bundle.manifest.facts;
    const totals: StreamTotals[] = [];
    const wholes = new Map<SlicedStream, StreamTrust>();
    for (const [at, stream] of recording.streams.entries()) {
      const { name } = stream;
      const sum = this.#sums[at]!;
      const { claimed, overwritten, ...rest } = await stream.rest();
      const total = withCount({ ...rest, claimed, overwritten, name, losses: sum.losses }, tracerCounts);
      totals.push(total);
      wholes.set(stream, sum.whole(total));
    }
    return { totals, streams: streams.map((stream) => wholes.get(stream)!) };
  }
}

function knownBefore({ relation, app, host, match, isSound }: Correlated): KnownBefore | undefined {
  if (host === undefined) return undefined;
  // Nothing of the slice's tables is held on to.
  const shift = match && { device: match.device, shift: match.shift };
  return { relation, epochs: { app: app.table.epoch, host: host.table.epoch }, shift, isSound };
}

function isSound({ duplicates, outOfOrder, skewed }: Integrity): boolean {
  return duplicates === 0 && outOfOrder === 0 && skewed.length === 0;
}

/** Why no other slice can be related by this one; undefined where they can. */
function whyNotRelated({ correlated }: FollowedRecording): string | undefined {
  const { method, checked } = correlated.relation;
  return method === 'none' ? `the clocks cannot be related: ${checked}.` : undefined;
}

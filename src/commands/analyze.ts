/**
 * From a recording to its report, one step a line. Each step is a function of tables; what it guarantees is said here.
 */
import { exactByPairs, exactByTsc } from '../clocks/exact.ts';
import type { MachineTable, SourcePart, UnjoinedSource } from '../clocks/machine-clock.ts';
import type { ExactRelation } from '../clocks/relation.ts';
import type { TickRate } from '../clocks/ticks.ts';
import { askedForBy } from '../correlate/asked-for.ts';
import { type Correlated, correlate } from '../correlate/correlate.ts';
import type { KnownBefore } from '../correlate/tighten.ts';
import type { IoPath } from '../paths/io-path.ts';
import { buildReport } from '../report/build-report.ts';
import {
  type Digest,
  type DigestInput,
  digestOf,
  type SliceDigest,
  sliceDigestOf,
} from '../report/digest.ts';
import type { ReportModel } from '../report/report-model.ts';
import { type Doubts, findDoubts } from '../trace/doubts.ts';
import type { CheckedSource } from '../trace/integrity.ts';
import type { MachineName, Recording, RecordingFacts, Source } from '../trace/recording.ts';
import { appMachineOf, type BegunGuest, type ReadyMachine, rateOf, readyMachine } from './begin-following.ts';
import { searchAhead } from './search-ahead.ts';

export interface AnalyzeOptions {
  readonly version: string;
  readonly title: string;
  readonly path?: IoPath | undefined;
  /** Ticks per second of x86-tsc streams, when nothing in the recording tells. */
  readonly tscHz?: number | undefined;
}

/** What is known of the whole recording, of which only a slice is followed. */
export interface WholeKnown {
  readonly rate: TickRate | undefined;
  /** The device whose requests are followed, as a trace packs its numbers; undefined = to be detected. */
  readonly device: number | undefined;
  /** How the clocks were related in the slice before. */
  readonly before: KnownBefore | undefined;
}

/** Why a recording gives no report: a sentence, and which stream it is about. */
export interface NotAnalyzed {
  readonly failure: string;
  /** True where nothing speaks against it but that no request was issued in it. */
  readonly isIdle?: boolean | undefined;
}

/** A recording's requests, followed; what every report is made of. */
export interface FollowedRecording {
  readonly streams: readonly CheckedSource[];
  readonly correlated: Correlated;
  readonly roundingNs: number;
  /** Streams that could not be put on their machine's clock, and why. */
  readonly unjoined: readonly UnjoinedSource[];
  /** Where rows are missing, by machine. */
  readonly doubts: ReadonlyMap<MachineName, Doubts>;
  /** The streams that were put on their machine's clock. */
  readonly parts: readonly SourcePart[];
}

/** Tables per machine, clocks related, requests followed and judged. `begun`: with this recording's guest, as `beginWithGuest` does. */
export function followRecording(
  recording: Recording,
  options: Pick<AnalyzeOptions, 'path' | 'tscHz'>,
  whole?: WholeKnown,
  begun?: BegunGuest,
): FollowedRecording | NotAnalyzed {
  const { facts, groundTruth } = recording;
  const rate = whole?.rate ?? rateOf(recording, options);
  const readyOf = (machine: MachineName) => readyMachine(machine, recording.sources, recording, rate);
  const guest = begun?.guest ?? readyOf('guest');
  const host = readyOf('host');
  if (guest !== undefined && 'failure' in guest) return guest;
  if (host !== undefined && 'failure' in host) return host;
  const roundingNs = (guest?.roundingNs ?? 0) + (host?.roundingNs ?? 0);
  // Where rows are missing or stamped wrongly; requests are kept away from there.
  const machines: [MachineName, ReadyMachine | undefined][] = [
    ['guest', guest],
    ['host', host],
  ];
  const tables = new Map(machines.flatMap(([name, ready]) => (ready === undefined ? [] : [[name, ready]])));
  const ahead = searchAhead(
    tables,
    { qemuThreads: facts.qemuThreads },
    { stays: whole !== undefined, known: begun?.clocks },
  );
  const doubts = findDoubts(tables, ahead.doubts);
  const app = guest ?? host;
  // Requests on the application's time line, each with the rows of its points; clocks related and checked.
  const correlated = correlate({
    guest: guest?.table,
    host: host?.table,
    facts,
    begun: begun?.app ?? appMachineOf(app, whole?.device, recording, rate),
    path: options.path,
    asked: askedForBy(groundTruth, whole !== undefined),
    latencies: groundTruth?.latenciesNs,
    exact: exactRelation(recording, guest, host, rate),
    sameRate: guest?.isTsc === true && host?.isTsc === true,
    roundingNs,
    doubts,
    clocks: ahead.clocks,
    isSearching: ahead.isSearching,
    before: whole?.before,
  });
  const streams = inOrderOf(recording.sources, [...(guest?.streams ?? []), ...(host?.streams ?? [])]);
  const unjoined = [...(guest?.unjoined ?? []), ...(host?.unjoined ?? [])];
  const parts = [...(guest?.parts ?? []), ...(host?.parts ?? [])];
  return 'failure' in correlated ? correlated : { streams, correlated, roundingNs, unjoined, doubts, parts };
}

function inOrderOf(sources: readonly Source[], streams: readonly CheckedSource[]): readonly CheckedSource[] {
  const known = new Map(streams.map((stream) => [stream.source, stream]));
  return sources.map((source) => known.get(source)!);
}

/** The report of a recording, or why there is none. */
export function analyze(recording: Recording, options: AnalyzeOptions): ReportModel | NotAnalyzed {
  const followed = followRecording(recording, options);
  return 'failure' in followed ? followed : reportOf(recording, followed, options);
}

/** The report of followed requests. */
export function reportOf(
  recording: Recording,
  followed: FollowedRecording,
  options: AnalyzeOptions,
): ReportModel {
  return reportOfDigest(recording, digestRecording(recording, followed, options), options);
}

/** What a report needs of followed requests; their rows are needed no more. */
export function digestRecording(
  recording: Pick<Recording, 'facts' | 'groundTruth'>,
  followed: FollowedRecording,
  options: Pick<AnalyzeOptions, 'title'>,
): Digest {
  return digestOf(digestInput(recording, followed, options));
}

/** The same of a slice of a recording. */
export function digestSlice(
  recording: Pick<Recording, 'facts' | 'groundTruth'>,
  followed: FollowedRecording,
  options: Pick<AnalyzeOptions, 'title'>,
): SliceDigest {
  return sliceDigestOf(digestInput(recording, followed, options));
}

function digestInput(
  { facts, groundTruth }: Pick<Recording, 'facts' | 'groundTruth'>,
  { streams, correlated, roundingNs, unjoined }: FollowedRecording,
  { title }: Pick<AnalyzeOptions, 'title'>,
): DigestInput {
  // Nothing on the machine tells reliably; who imports a recording says so in its title.
  const emulated = /\bemulated host\b/.test(title);
  return { correlated, streams, unjoined, roundingNs, facts, fio: groundTruth?.fio, emulated };
}

/** The report of a digest, with what else is known of the recording. */
export function reportOfDigest(
  { facts, groundTruth }: Pick<Recording, 'facts' | 'groundTruth'>,
  digest: Digest,
  { version, title, path }: AnalyzeOptions,
): ReportModel {
  // A recording without a guest speaks of its only machine.
  const isOfGuest = digest.streams.some(({ source }) => source.machine === 'guest');
  return buildReport({
    version,
    title,
    digest,
    truth: groundTruth,
    tracingCost: facts.tracingCost,
    pathGiven: path !== undefined,
    environment: [...inSlices(digest), ...environmentOf(facts, isOfGuest ? 'guest' : 'host')],
  });
}

function inSlices({ slices }: Digest): ReportModel['environment'] {
  if (slices === 1) return [];
  return [{ name: 'recording', value: `followed in ${slices} slices of time, each by itself` }];
}

/** The exact relation the facts give, if they do; correlate checks it against causality before it is used. */
function exactRelation(
  { sources, facts, groundTruth }: Recording,
  guest: MachineTable | undefined,
  host: MachineTable | undefined,
  rate: TickRate | undefined,
): ExactRelation | undefined {
  const offset = facts.tscOffsets?.[0]?.offset;
  if (offset === undefined || guest === undefined || host === undefined) return undefined;
  if (guest.isTsc && host.isTsc && rate !== undefined) {
    const first = (machine: string) => sources.find((source) => source.machine === machine)!;
    return exactByTsc(first('guest'), first('host'), offset, rate.nsPerTick);
  }
  if (guest.isTsc || host.isTsc) return undefined;
  return exactByPairs(
    groundTruth?.log,
    facts.hostClockPairs ?? [],
    offset,
    host.clock,
    guest.table.epoch,
    host.table.epoch,
  );
}

/** Settings by their path, threads, IOThreads, what tracers say of themselves. */
const OF_THE_HOST = /^(?:\/|thread \d|IOThread |tracer: |disk of the guest: |the host’s |recorded by )/;

/** `noted`: whose console the facts' notes are of, where they do not say. */
function environmentOf(facts: RecordingFacts, noted: MachineName): ReportModel['environment'] {
  const rows: { name: string; value: string }[] = [];
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') rows.push({ name, value });
  };
  add('QEMU', facts.qemuCommandLine);
  add('storage daemon', facts.daemonCommandLine);
  for (const note of facts.notes ?? []) {
    const [, machine, text] = /^(?:in the (guest)|on the host): (.*)$/s.exec(note) ?? [];
    if (text !== undefined) add(machine ?? 'host', text);
    // What is read of the running host bears its own name; the rest is a console's.
    else add(OF_THE_HOST.test(note) ? 'host' : noted, note);
  }
  for (const { name, before, after } of facts.guestInterrupts ?? [])
    add('guest interrupts', `${name}: ${before} → ${after}`);
  for (const [name, value] of Object.entries(facts.kvmStats ?? {})) add('KVM', `${name}: ${value}`);
  add(
    'memory of QEMU by node',
    facts.memoryPagesByNode?.map(({ node, pages }) => `node ${node}: ${pages} pages`).join(', '),
  );
  return rows;
}

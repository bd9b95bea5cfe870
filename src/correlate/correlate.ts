/**
 * Follows each request of one disk through all machines of a recording. Enters: time-ordered tables in ns, facts.
 * Leaves: one request table on the application's time line, the clocks' relation, the path and why it was chosen.
 */
import type { ExactRelation, Relation } from '../clocks/relation.ts';
import type { IoPath } from '../paths/io-path.ts';
import type { Doubts } from '../trace/doubts.ts';
import type { EventTable } from '../trace/event-table.ts';
import { indexOccurrences, type Occurrences } from '../trace/occurrences.ts';
import type { MachineName, RecordingFacts } from '../trace/recording.ts';
import { type Actors, findActors } from './actors.ts';
import type { AppMachine, NotFollowed } from './app-machine.ts';
import type { AppRequests } from './app-requests.ts';
import type { ApplicationMatch } from './application.ts';
import type { AskedFor } from './asked-for.ts';
import { buildRequestTable } from './build-request-table.ts';
import { layOutColumns } from './candidates.ts';
import type { SearchedMachines } from './clocks-by-messages.ts';
import { detectPath } from './detect.ts';
import type { Followed } from './follow.ts';
import { type ChosenPath, followChosen } from './follow-chosen.ts';
import type { HostMatch } from './host-requests.ts';
import type { InFlight } from './in-flight.ts';
import { type Misclocked, withClocks, withoutMisclocked } from './misclocked.ts';
import { misplaced } from './misplaced.ts';
import type { SideDoubts } from './near-gaps.ts';
import { refinePath } from './refine.ts';
import type { RequestTable } from './request-table.ts';
import type { Side } from './side.ts';
import { isSound, SOUND, sideDoubts } from './side-doubts.ts';
import type { KnownBefore } from './tighten.ts';
import { withUnseen } from './unseen-requests.ts';

export interface CorrelateInput {
  readonly guest: EventTable | undefined;
  readonly host: EventTable | undefined;
  readonly facts: RecordingFacts;
  /** The application's machine by itself: that of the guest, else the host's. */
  readonly begun: AppMachine | NotFollowed;
  /** Path asked for by the user; undefined = detect. */
  readonly path?: IoPath | undefined;
  /** What each of its requests took by its own clock, in the order in which it learned of them, where that is all it logged. */
  readonly latencies?: Float64Array | undefined;
  /** What the application asked for, where that is one size in one direction. */
  readonly asked?: AskedFor | undefined;
  /** Exact relation to check and use: application ns − host ns over host ns, tables' epochs excluded. */
  readonly exact?: ExactRelation | undefined;
  /** The clocks of both machines are one counter: no drift. */
  readonly sameRate: boolean;
  /** How the clocks were related in the slice of the recording before this one. */
  readonly before?: KnownBefore | undefined;
  /** Sum of both machines' rounding, ns. */
  readonly roundingNs: number;
  /** What may be wrong with the machines' rows; nothing unless given. */
  readonly doubts?: ReadonlyMap<MachineName, Doubts> | undefined;
  /** What messages say of the machines' clocks, by who has begun to look for that elsewhere; looked for here where that is not given. */
  readonly clocks?: (() => SearchedMachines) | undefined;
  /** Whether that, or what is doubtful of the rows, is still being looked for: asking for it would be waiting. */
  readonly isSearching?: (() => boolean) | undefined;
}

export interface Correlated {
  readonly path: IoPath;
  readonly evidence: readonly string[];
  readonly requests: RequestTable;
  readonly followed: Followed;
  readonly relation: Relation;
  readonly inFlight: InFlight;
  readonly app: Side;
  readonly host: Side | undefined;
  readonly match: HostMatch | undefined;
  readonly backend: ReadonlySet<number>;
  readonly vcpuThreads: ReadonlyMap<number, number>;
  readonly device: number;
  /** Rows of completions of requests that were issued before the recording, on the application's machine. */
  readonly strays: Int32Array;
  /** Which request is which line of the application's log. */
  readonly application: ApplicationMatch | undefined;
  /** Recorded span common to all machines, on the application's time line. */
  readonly span: { readonly from: number; readonly to: number };
  /** CPUs whose clocks are off, on the application's machine and on the host beside it. */
  readonly misclocked: { readonly app: Misclocked; readonly host: Misclocked };
  /** Neither such CPUs nor missing events were found. */
  readonly isSound: boolean;
}

export function correlate(input: CorrelateInput): Correlated | NotFollowed {
  const appName = input.guest === undefined ? 'host' : 'guest';
  const { begun } = input;
  if ('failure' in begun) return begun;
  const { app, device, seen, concurrent, logged } = begun;
  const appTable = app.table;
  const host =
    input.guest === undefined || input.host === undefined ? undefined : indexOccurrences(input.host);
  const likely = findActors(appTable, seen, host, input.facts, input.before?.shift);
  const likelyPath = choosePath(input, app.occurrences, seen, likely, concurrent.most);
  if (!('failure' in likelyPath)) layOutColumns(likelyPath.path, app.occurrences, likely.host);
  const follow = (chosen: ChosenPath, actors: Actors, doubts: SideDoubts) =>
    followChosen(input, begun, appName, chosen, actors, doubts);
  // What is wrong with clocks and rows is nothing, nearly always: nobody waits for that to be found.
  const expected =
    !('failure' in likelyPath) && expectsNothingWrong(input) ? follow(likelyPath, likely, SOUND) : undefined;
  const { doubts: ofRows, actors } = doubtsAndActors(input, likely, {
    app: app.occurrences,
    host,
    appName,
    seen,
    alone: concurrent.alone,
  });
  const doubts = withUnseen(ofRows, actors, appTable, seen);
  const wrongSide = actors.host === undefined ? undefined : misplaced(app.occurrences, actors.host);
  if (wrongSide !== undefined) return { failure: wrongSide };
  const chosen =
    actors === likely ? likelyPath : choosePath(input, app.occurrences, seen, actors, concurrent.most);
  if ('failure' in chosen) return { failure: withClocks(chosen.failure, doubts.misclocked.host) };
  const isAsExpected = isSound(doubts);
  const { requests, latencies, scene, followed, relation, ofBlockLayer } =
    isAsExpected && expected !== undefined ? expected : follow(chosen, actors, doubts);
  const span = commonSpan(app, scene.host);
  const built = buildRequestTable(
    scene,
    followed,
    span,
    relation,
    logged,
    input.roundingNs,
    doubts,
    input.asked,
    latencies,
  );
  const refined =
    input.path === undefined
      ? refinePath(chosen, built.requests, followed, scene.host, concurrent.alone)
      : chosen;
  return {
    path: ofBlockLayer(refined.path),
    evidence: refined.evidence,
    requests: built.requests,
    application: built.application,
    followed,
    relation,
    inFlight: concurrent,
    app,
    host: scene.host,
    match: actors.match,
    backend: actors.backend,
    vcpuThreads: actors.vcpus,
    device,
    strays: requests.strays,
    span,
    misclocked: doubts.misclocked,
    isSound: isAsExpected,
  };
}

/** Nothing said about rows makes it likely that more is wrong with them, and somebody else still looks for that. */
function expectsNothingWrong({ doubts, before, isSearching }: CorrelateInput): boolean {
  const isSaid = [...(doubts?.values() ?? [])].some(
    ({ reported, isIncomplete, skewed }) => reported.length > 0 || isIncomplete || skewed.length > 0,
  );
  return !isSaid && before?.isSound !== false && isSearching?.() === true;
}

/** What was found on the application's machine, and what is beside it. */
interface Seen {
  readonly app: Occurrences;
  readonly host: Occurrences | undefined;
  readonly appName: MachineName;
  readonly seen: AppRequests;
  readonly alone: Uint8Array;
}

/**
 * What is doubtful of both machines’ rows, and who takes part on the host among its rows that are not: nearly always those who do so
 * among all.
 */
function doubtsAndActors(
  input: CorrelateInput,
  likely: Actors,
  { app, host, appName, seen, alone }: Seen,
): { doubts: SideDoubts; actors: Actors } {
  const clocks = input.clocks?.();
  const doubtedOf = (rows: Occurrences, machine: MachineName) => ({
    rows,
    doubts: input.doubts?.get(machine),
    clocks: clocks?.get(machine),
  });
  const doubts = sideDoubts(
    doubtedOf(app, appName),
    host === undefined ? undefined : doubtedOf(host, 'host'),
    input.facts,
    alone,
  );
  const { misclocked } = doubts;
  if (host === undefined || misclocked.host.cpus.size === 0) return { doubts, actors: likely };
  const sure = withoutMisclocked(host, misclocked.host);
  return { doubts, actors: findActors(app.table, seen, sure, input.facts, input.before?.shift) };
}

function choosePath(
  input: CorrelateInput,
  app: Occurrences,
  requests: AppRequests,
  actors: Actors,
  mostInFlight: number,
): ChosenPath | NotFollowed {
  if (input.path !== undefined) return { path: input.path, evidence: ['given by the user'] };
  const detected = detectPath({
    app,
    appIsGuest: input.guest !== undefined,
    requests,
    mostInFlight,
    host: actors.host,
    match: actors.match,
    backend: actors.backend,
    vcpuThreads: actors.vcpus,
    facts: input.facts,
  });
  if ('unknown' in detected)
    return { failure: `the path could not be detected: ${detected.unknown}; name it with --path` };
  return detected;
}

function commonSpan(app: Side, host: Side | undefined): { from: number; to: number } {
  const ends = (side: Side) => ({ from: side.timeOfRow(0), to: side.timeOfRow(side.table.length - 1) });
  const own = ends(app);
  if (host === undefined || host.table.length === 0) return own;
  const other = ends(host);
  return { from: Math.max(own.from, other.from), to: Math.min(own.to, other.to) };
}

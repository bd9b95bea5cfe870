/**
 * Turns followed rows into the request table: times after each request's start, the status of each request and why.
 */
import { requestDirection, requestSectors } from '../../parsers/event-kinds.ts';
import type { Relation } from '../clocks/relation.ts';
import type { PointId } from '../paths/points.ts';
import { pick } from '../trace/occurrences.ts';
import { NO_ROW } from '../trace/units.ts';
import type { LoggedRequests } from './app-machine.ts';
import type { ApplicationMatch } from './application.ts';
import { type AskedFor, NOBODY, notAskedFor } from './asked-for.ts';
import { CriticalPath } from './critical.ts';
import { APP_REJECTS } from './flights.ts';
import type { Followed } from './follow.ts';
import { matchLatencies } from './logged-latencies.ts';
import { type Lifetimes, requestsNearGaps, type SideDoubts } from './near-gaps.ts';
import {
  NOT_OBSERVED,
  type RequestTable,
  type RequestVariant,
  requestTable,
  STATUS,
} from './request-table.ts';
import type { Scene } from './scene.ts';
import { thinRequests } from './thin-requests.ts';
import { Times } from './times.ts';

export interface BuiltRequests {
  readonly requests: RequestTable;
  readonly application: ApplicationMatch | undefined;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export const NEVER_COMPLETED = 'never completed in the recording';
export const EQUAL_SECTORS = 'another request to the same sector was in flight';

/** Of a host alone. */
export const LAST_CYCLE = 'the last one: no request after it ends its cycle';

/** Why a request is not inside the span that all machines recorded. */
export const OUTSIDE_SPAN = {
  before: 'before the recording of all machines began',
  behind: 'after the recording of a machine ended',
} as const;

/** Why a request could not be followed on its own machine. */
const APP_REASONS: Record<number, string> = {
  [APP_REJECTS.neverCompleted]: NEVER_COMPLETED,
  [APP_REJECTS.equalSectors]: EQUAL_SECTORS,
  [APP_REJECTS.unsureReturn]:
    'an event is missing: which call told its task that it is done cannot be said any more',
  [APP_REJECTS.unsureCall]: 'an event is missing: which call asked for it cannot be said any more',
  [APP_REJECTS.noCycle]: 'another request was in flight: the host alone does not tell whose cycle it is',
};

/** Judges every request and lays out the table. `span` is what all machines recorded. */
export function buildRequestTable(
  scene: Scene,
  followed: Followed,
  span: Span,
  relation: Relation,
  logged: LoggedRequests | undefined,
  roundingNs: number,
  doubts: SideDoubts,
  asked: AskedFor | undefined,
  latencies: Float64Array | undefined,
): BuiltRequests {
  const times = new Times(scene, followed);
  const lifetimes = times.lifetimes();
  const begins = lifetimes.begin;
  const sector = pick(scene.app.table.tag, scene.requests.issue);
  const application = logged?.match;
  if (logged !== undefined) times.useEdges(logged.log, logged.match, roundingNs, lifetimes);
  const layout = new Layout(scene, followed, lifetimes.begin, sector);
  const foreign = notAskedFor(layout.bytes, layout.direction, callersOf(scene), asked);
  const outside = outsideReasons({ scene, lifetimes, span, application, foreign });
  const byLatency =
    latencies === undefined
      ? undefined
      : matchLatencies(lifetimes, (request) => outside[request] === undefined, latencies, roundingNs);
  if (latencies !== undefined && byLatency !== undefined)
    times.useLatencies(latencies, byLatency, roundingNs, lifetimes);
  const usable = usableOf(scene.requests.reject, outside);
  const nearGap = requestsNearGaps(scene, followed, lifetimes, doubts, relation.uncertaintyNs);
  const thin = thinRequests(scene, followed, usable, nearGap, doubts);
  const doubted = doubtedRequests(followed, times, thin);
  const critical = new CriticalPath(scene, followed, usable, times);
  const violators = new Set(relation.violators);
  for (let request = 0; request < begins.length; request++) {
    const rejected = APP_REASONS[scene.requests.reject[request]!];
    const away = outside[request];
    if (away !== undefined) layout.set(request, STATUS.outside, away);
    else if (rejected !== undefined) layout.set(request, STATUS.rejected, rejected);
    else if (violators.has(request))
      layout.set(request, STATUS.quarantined, 'its messages contradict the clocks of all others');
    else if (nearGap[request] !== undefined) layout.set(request, STATUS.quarantined, nearGap[request]!);
    else if (doubted.has(request)) layout.set(request, STATUS.quarantined, doubted.get(request)!);
    else layout.judge(request, critical, times);
  }
  // Under a wrong relation of the clocks most points fall out of order; what does not is no better.
  if (critical.outOfOrder > layout.matched) layout.discard(OUT_OF_ORDER);
  if (relation.isContradicted === true) layout.discard(CONTRADICTED);
  return { requests: layout.finish(times, critical.variants), application: application ?? byLatency };
}

const OUT_OF_ORDER = 'the clocks’ relation puts most requests out of order: it cannot be right';
const CONTRADICTED =
  'no one relation of the clocks is right: one was set while it was recorded, or a CPU’s own is off';

/** The threads that asked, NOBODY where no call was found. */
function callersOf({ app, requests }: Scene): Float64Array {
  const { tid } = app.table;
  const callers = new Float64Array(requests.length).fill(NOBODY);
  for (let request = 0; request < callers.length; request++) {
    const row = requests.submit[request]!;
    if (row !== NO_ROW) callers[request] = tid[row]!;
  }
  return callers;
}

/** Why requests cannot be used for what was found of them; the first of several reasons. */
function doubtedRequests(
  { unclear }: Followed,
  { contradicted }: Times,
  thin: ReadonlyMap<number, string>,
): ReadonlyMap<number, string> {
  const doubted = new Map(thin);
  for (const request of contradicted) doubted.set(request, 'the application’s own times do not enclose it');
  for (const [request, point] of unclear)
    doubted.set(request, `several eventfds were read, and nothing tells which read is its ${point}`);
  return doubted;
}

/** What tells whether a request is outside. */
interface Inside {
  readonly scene: Scene;
  readonly lifetimes: Lifetimes;
  readonly span: Span;
  readonly application: ApplicationMatch | undefined;
  readonly foreign: (request: number) => string | undefined;
}

/** Per request why it is not inside the recorded span, undefined for those that are. */
function outsideReasons(inside: Inside): (string | undefined)[] {
  const reasons = new Array<string | undefined>(inside.lifetimes.begin.length);
  for (let request = 0; request < reasons.length; request++)
    reasons[request] = outsideReason(inside, request);
  return reasons;
}

function outsideReason(
  { scene: { requests }, lifetimes: { begin, end }, span, application, foreign }: Inside,
  request: number,
): string | undefined {
  if (application?.entry[request] === -1) return 'not in the application’s log (warm-up, or another task)';
  if (application === undefined && requests.reject[request] === APP_REJECTS.otherTask)
    return 'asked for by a task whose system calls were not recorded';
  const reason = foreign(request);
  if (reason !== undefined) return reason;
  if (requests.reject[request] === APP_REJECTS.lastCycle) return LAST_CYCLE;
  if (begin[request]! < span.from) return OUTSIDE_SPAN.before;
  if (end[request]! > span.to) return OUTSIDE_SPAN.behind;
  return undefined;
}

/** Requests inside the recorded span that could be followed on their own machine. */
function usableOf(reject: Uint8Array, outside: readonly (string | undefined)[]): Int32Array {
  const usable = new Int32Array(reject.length);
  let length = 0;
  for (let request = 0; request < reject.length; request++)
    if (outside[request] === undefined && APP_REASONS[reject[request]!] === undefined)
      usable[length++] = request;
  return usable.slice(0, length);
}

/** The columns of the table while they are filled. */
class Layout {
  readonly #points: readonly PointId[];
  readonly #columns: Omit<RequestTable, 'variants' | 'reasons' | 'offsets'>;
  readonly #reasons: string[] = [''];
  /** Requests that are matched so far. */
  matched = 0;
  readonly #reasonIds = new Map<string, number>([['', 0]]);

  constructor(scene: Scene, followed: Followed, begin: Float64Array, sector: Float64Array) {
    const n = scene.requests.length;
    const { aux } = scene.app.table;
    this.#points = ['app:begin', ...followed.rows.keys(), 'app:end'];
    this.#columns = {
      length: n,
      start: begin.slice(),
      total: new Int32Array(n),
      rows: followed.rows,
      variant: new Uint16Array(n),
      status: new Uint8Array(n),
      reason: new Uint16Array(n),
      sector,
      bytes: new Float64Array(n),
      direction: new Uint8Array(n),
    };
    for (let request = 0; request < n; request++) {
      const issue = scene.requests.issue[request]!;
      this.#columns.bytes[request] = requestSectors(aux[issue]!) * 512;
      this.#columns.direction[request] = requestDirection(aux[issue]!);
    }
  }

  get bytes(): Float64Array {
    return this.#columns.bytes;
  }

  get direction(): Uint8Array {
    return this.#columns.direction;
  }

  set(request: number, status: number, reason: string): void {
    this.#columns.status[request] = status;
    let id = this.#reasonIds.get(reason);
    if (id === undefined) {
      id = this.#reasons.push(reason) - 1;
      this.#reasonIds.set(reason, id);
    }
    this.#columns.reason[request] = id;
  }

  /** By what was found of it. */
  judge(request: number, critical: CriticalPath, times: Times): void {
    const { variant, reason } = critical.judge(request);
    if (variant === undefined) this.set(request, STATUS.quarantined, reason!);
    else this.#match(request, variant, times, critical.variants[variant]!);
  }

  #match(request: number, variant: number, times: Times, { points }: RequestVariant): void {
    const start = times.of(points[0]!)[request]!;
    const total = times.of(points.at(-1)!)[request]! - start;
    if (total >= 2 ** 31) {
      this.set(request, STATUS.rejected, 'longer than 2.1 s');
      return;
    }
    this.#columns.start[request] = start;
    this.#columns.total[request] = total;
    this.#columns.variant[request] = variant;
    this.matched++;
  }

  /** None of the matched requests is believed, for one reason. */
  discard(reason: string): void {
    const { status } = this.#columns;
    for (let request = 0; request < status.length; request++)
      if (status[request] === STATUS.matched) this.set(request, STATUS.quarantined, reason);
    this.matched = 0;
  }

  finish(times: Times, variants: readonly RequestVariant[]): RequestTable {
    const nowhere = new Int32Array(this.#columns.length).fill(NOT_OBSERVED);
    const offsetsOf = (point: PointId) => (times.has(point) ? this.#offsets(times.of(point)) : nowhere);
    const offsets = new Map(this.#points.map((point) => [point, offsetsOf(point)]));
    return requestTable({ ...this.#columns, offsets, variants, reasons: this.#reasons });
  }

  /** Times of a point after the starts of the matched requests. */
  #offsets(time: Float64Array): Int32Array {
    const { start, status } = this.#columns;
    const offsets = new Int32Array(time.length).fill(NOT_OBSERVED);
    for (let request = 0; request < time.length; request++) {
      const offset = time[request]! - start[request]!;
      if (status[request] === STATUS.matched && Math.abs(offset) < 2 ** 31) offsets[request] = offset;
    }
    return offsets;
  }
}

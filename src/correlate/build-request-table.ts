/**
 * Turns followed rows into the request table: times after each request's start, the status of each request and why.
 */
import { requestDirection, requestSectors } from '../../parsers/event-kinds.ts';
import type { Relation } from '../clocks/relation.ts';
import type { PointId } from '../paths/points.ts';
import { NO_ROW } from '../trace/units.ts';
import { APP_REJECTS } from './app-requests.ts';
import { type ApplicationLog, type ApplicationMatch, matchApplication } from './application.ts';
import { CriticalPath } from './critical.ts';
import { type Followed, type Scene, sideOf } from './follow.ts';
import { requestsNearGaps, type SideDoubts } from './near-gaps.ts';
import { NOT_OBSERVED, type RequestTable, type RequestVariant, STATUS } from './request-table.ts';
import { thinRequests } from './thin-requests.ts';

export interface BuiltRequests {
  readonly requests: RequestTable;
  readonly application: ApplicationMatch | undefined;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Why a request could not be followed on its own machine. */
const APP_REASONS: Record<number, string> = {
  [APP_REJECTS.neverCompleted]: 'never completed in the recording',
  [APP_REJECTS.equalSectors]: 'another request to the same sector was in flight',
};

/** The application's own edges are used when at least this share of them lies around the traced request. */
const LEAST_ENCLOSED = 0.99;

/** Judges every request and lays out the table. `span` is what all machines recorded. */
export function buildRequestTable(
  scene: Scene,
  followed: Followed,
  span: Span,
  relation: Relation,
  log: ApplicationLog | undefined,
  roundingNs: number,
  doubts: SideDoubts,
): BuiltRequests {
  const times = new Times(scene, followed);
  const begins = Float64Array.from(scene.requests.issue.keys(), (request) => times.begin(request));
  const lifetimes = { begin: begins, end: begins.map((_, request) => times.end(request)) };
  const sector = Float64Array.from(scene.requests.issue, (row) => scene.app.table.tag[row]!);
  const application =
    log === undefined ? undefined : matchApplication({ length: begins.length, sector, start: begins }, log);
  if (log !== undefined && application !== undefined) times.useEdges(log, application, roundingNs);
  const outside = outsideReasons(scene, times, span, application);
  const usable = [...begins.keys()].filter(
    (request) => outside[request] === undefined && scene.requests.reject[request] === APP_REJECTS.none,
  );
  const nearGap = requestsNearGaps(scene, followed, lifetimes, doubts, relation.uncertaintyNs);
  const whole = usable.filter((request) => nearGap[request] === undefined);
  const thin = thinRequests(scene, followed, whole, doubts);
  const critical = new CriticalPath(scene.path, followed, usable, times.at);
  const layout = new Layout(scene, followed, times, sector);
  const violators = new Set(relation.violators);
  for (const request of begins.keys()) {
    const rejected = scene.requests.reject[request]!;
    const away = outside[request];
    if (away !== undefined) layout.set(request, STATUS.outside, away);
    else if (rejected !== APP_REJECTS.none) layout.set(request, STATUS.rejected, APP_REASONS[rejected]!);
    else if (violators.has(request))
      layout.set(request, STATUS.quarantined, 'its messages contradict the clocks of all others');
    else if (nearGap[request] !== undefined) layout.set(request, STATUS.quarantined, nearGap[request]);
    else if (thin.has(request)) layout.set(request, STATUS.quarantined, thin.get(request)!);
    else {
      const { variant, reason } = critical.judge(request);
      if (variant === undefined) layout.set(request, STATUS.quarantined, reason!);
      else layout.match(request, variant, critical.variants[variant]!);
    }
  }
  return { requests: layout.finish(critical.variants), application };
}

/** Times of points per request: from rows, and from the application's log where it is on the trace's clock. */
class Times {
  readonly #scene: Scene;
  readonly #followed: Followed;
  #edges: { begin: Float64Array; end: Float64Array } | undefined;

  constructor(scene: Scene, followed: Followed) {
    this.#scene = scene;
    this.#followed = followed;
  }

  /** Time of a point on the application's time line, NaN where it was not observed. */
  readonly at = (point: PointId, request: number): number => {
    if (point === 'app:begin') return this.#edges?.begin[request] ?? Number.NaN;
    if (point === 'app:end') return this.#edges?.end[request] ?? Number.NaN;
    const row = this.#followed.rows.get(point)?.[request] ?? NO_ROW;
    return row === NO_ROW ? Number.NaN : (sideOf(this.#scene, point)?.time[row] ?? Number.NaN);
  };

  /** First and last traced time of a request on its own machine. */
  begin(request: number): number {
    const submit = this.at(this.#scene.path.anchors.submit, request);
    return Number.isNaN(submit) ? this.#scene.app.time[this.#scene.requests.issue[request]!]! : submit;
  }

  end(request: number): number {
    const returned = this.at(this.#scene.path.anchors.return, request);
    return Number.isNaN(returned) ? this.at(this.#scene.path.anchors.complete, request) : returned;
  }

  /**
   * Takes the log's times as points when log and trace share a clock: its interval then encloses the traced one, but
   * for rounding. An edge that rounding puts inside is not used for that request.
   */
  useEdges(log: ApplicationLog, { entry, offsetNs }: ApplicationMatch, roundingNs: number): void {
    if (offsetNs !== 0) return;
    const begin = new Float64Array(entry.length).fill(Number.NaN);
    const end = new Float64Array(entry.length).fill(Number.NaN);
    let known = 0;
    let enclosed = 0;
    entry.forEach((line, request) => {
      if (line === -1 || Number.isNaN(this.end(request))) return;
      known++;
      const before = this.begin(request) - log.startNs[line]!;
      const after = log.endNs[line]! - this.end(request);
      if (before >= -roundingNs && after >= -roundingNs) enclosed++;
      if (before >= 0) begin[request] = Math.round(log.startNs[line]!);
      if (after >= 0) end[request] = Math.round(log.endNs[line]!);
    });
    if (known > 0 && enclosed >= known * LEAST_ENCLOSED) this.#edges = { begin, end };
  }
}

/** Per request why it is not inside the recorded span, undefined for those that are. */
function outsideReasons(
  scene: Scene,
  times: Times,
  span: Span,
  application: ApplicationMatch | undefined,
): (string | undefined)[] {
  return Array.from({ length: scene.requests.length }, (_, request) => {
    if (application?.entry[request] === -1) return 'not in the application’s log (warm-up, or another task)';
    if (times.begin(request) < span.from) return 'before the recording of all machines began';
    if (times.end(request) > span.to) return 'after the recording of a machine ended';
    return undefined;
  });
}

/** The columns of the table while they are filled. */
class Layout {
  readonly #times: Times;
  readonly #offsets: Map<PointId, Int32Array>;
  readonly #columns: Omit<RequestTable, 'variants' | 'reasons' | 'offsets'>;
  readonly #reasons: string[] = [''];
  readonly #reasonIds = new Map<string, number>([['', 0]]);

  constructor(scene: Scene, followed: Followed, times: Times, sector: Float64Array) {
    const n = scene.requests.length;
    const { aux } = scene.app.table;
    this.#times = times;
    const points: PointId[] = ['app:begin', ...followed.rows.keys(), 'app:end'];
    this.#offsets = new Map(points.map((point) => [point, new Int32Array(n).fill(NOT_OBSERVED)]));
    this.#columns = {
      length: n,
      start: new Float64Array(n),
      total: new Int32Array(n),
      rows: followed.rows,
      variant: new Uint16Array(n),
      status: new Uint8Array(n),
      reason: new Uint16Array(n),
      sector,
      bytes: Float64Array.from(scene.requests.issue, (row) => requestSectors(aux[row]!) * 512),
      direction: Uint8Array.from(scene.requests.issue, (row) => requestDirection(aux[row]!)),
    };
    for (let request = 0; request < n; request++) this.#columns.start[request] = times.begin(request);
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

  match(request: number, variant: number, { points }: RequestVariant): void {
    const start = this.#times.at(points[0]!, request);
    const total = this.#times.at(points.at(-1)!, request) - start;
    if (total >= 2 ** 31) return this.set(request, STATUS.rejected, 'longer than 2.1 s');
    for (const [point, column] of this.#offsets) {
      const offset = this.#times.at(point, request) - start;
      if (Math.abs(offset) < 2 ** 31) column[request] = offset;
    }
    this.#columns.start[request] = start;
    this.#columns.total[request] = total;
    this.#columns.variant[request] = variant;
  }

  finish(variants: readonly RequestVariant[]): RequestTable {
    return { ...this.#columns, offsets: this.#offsets, variants, reasons: this.#reasons };
  }
}

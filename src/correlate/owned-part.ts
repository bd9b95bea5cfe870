/**
 * Of a slice of a recording the requests that are its own. Slices overlap, so that a request that begins in one is whole in it
 * though it ends behind it; each request belongs to the slice in which it was issued.
 */
import type { EventTable } from '../trace/event-table.ts';
import { firstNotBefore, pick } from '../trace/occurrences.ts';
import type { ApplicationMatch } from './application.ts';
import { LAST_CYCLE, NEVER_COMPLETED, OUTSIDE_SPAN } from './build-request-table.ts';
import type { Correlated } from './correlate.ts';
import { type RequestTable, requestTable, STATUS } from './request-table.ts';

/** A stretch of the application's time line, ns after its table's epoch; infinite at the ends of the recording. */
export interface OwnTime {
  readonly from: number;
  readonly to: number;
}

/** Why a request that ends behind what was read of a slice was not seen whole. */
const CUT_REASONS: ReadonlySet<string> = new Set([OUTSIDE_SPAN.behind, LAST_CYCLE, NEVER_COMPLETED]);

/**
 * The end of a slice's own time, brought forward to where the first request was issued from `earliest` on that was not seen whole: it
 * belongs to the next slice, which sees more behind it.
 */
export function ownEnd({ app, path, requests }: Correlated, { to }: OwnTime, earliest: number): number {
  const { ts } = app.table;
  const issues = requests.rows.get(path.anchors.issue)!;
  for (let request = 0; request < requests.length; request++) {
    const issued = ts[issues[request]!]!;
    if (issued < earliest || requests.status[request] === STATUS.matched) continue;
    if (issued >= to) return to;
    if (CUT_REASONS.has(requests.reasons[requests.reason[request]!]!)) return issued;
  }
  return to;
}

/** Of a request that was not seen whole in its slice. */
const TOO_LONG = 'longer than the overlap of two slices of the recording';

/** What a slice knows of the time that the next one sees as well, on the application's time line. */
export interface SeenBefore {
  /** Until when it was read. */
  readonly to: number;
  /** Completions without an issue in it: time and sector of each. */
  readonly strays: ReadonlySet<string>;
}

/** What the next slice has to know of this one. */
export function seenOf({ app: { table }, strays }: Correlated): SeenBefore {
  return {
    to: table.ts.at(-1) ?? Number.NEGATIVE_INFINITY,
    strays: new Set(Array.from(strays, (row) => strayAt(table, row))),
  };
}

const strayAt = ({ ts, tag }: EventTable, row: number) => `${ts[row]} ${tag[row]}`;

/**
 * The same with only the requests that were issued from `from` on and before `to`; columns are views of those before. `before`: the
 * slice before, which may have the request of a completion whose issue is not in this one.
 */
export function ownedPart(correlated: Correlated, own: OwnTime, before?: SeenBefore): Correlated {
  const { app, path, requests, followed, inFlight, application, strays } = correlated;
  const isNobodys = (row: number) =>
    before === undefined || ts[row]! > before.to || before.strays.has(strayAt(app.table, row));
  const { ts } = app.table;
  const issued = pick(ts, requests.rows.get(path.anchors.issue)!);
  const first = firstNotBefore(issued, own.from);
  const behind = firstNotBefore(issued, own.to);
  const part = <Column extends Cut<Column>>(column: Column) => column.subarray(first, behind);
  const partOf = <Column extends Cut<Column>, Key>(columns: ReadonlyMap<Key, Column>) =>
    new Map([...columns].map(([key, column]) => [key, part(column)]));
  const rows = partOf(followed.rows);
  const unclear = [...followed.unclear].map(([request, point]) => [request - first, point] as const);
  // Literals in full: what slices leave has one shape, see `eventTable`.
  return {
    path,
    evidence: correlated.evidence,
    requests: wholeOnes(
      {
        length: behind - first,
        start: part(requests.start),
        total: part(requests.total),
        offsets: partOf(requests.offsets),
        rows,
        variant: part(requests.variant),
        variants: requests.variants,
        status: part(requests.status),
        reason: part(requests.reason),
        reasons: requests.reasons,
        sector: part(requests.sector),
        bytes: part(requests.bytes),
        direction: part(requests.direction),
      },
      own,
    ),
    application: application === undefined ? undefined : ownLines(application, first, behind),
    followed: {
      rows,
      times: partOf(followed.times),
      ambiguous: followed.ambiguous,
      unclear: new Map(unclear),
      recorded: followed.recorded,
      standIns: followed.standIns,
    },
    relation: correlated.relation,
    inFlight: { alone: part(inFlight.alone), most: inFlight.most, mean: inFlight.mean },
    app,
    host: correlated.host,
    match: correlated.match,
    backend: correlated.backend,
    vcpuThreads: correlated.vcpuThreads,
    device: correlated.device,
    strays: strays.filter((row) => ts[row]! >= own.from && ts[row]! < own.to && isNobodys(row)),
    span: correlated.span,
    misclocked: correlated.misclocked,
    isSound: correlated.isSound,
  };
}

interface Cut<Column> {
  subarray(begin: number, end: number): Column;
}

/** Only at the ends of the recording a request may lie outside of it; elsewhere it was longer than what was read. */
function wholeOnes(requests: RequestTable, { from, to }: OwnTime): RequestTable {
  const reasons = [...requests.reasons];
  const cut = reasons.map(
    (reason) =>
      (reason === OUTSIDE_SPAN.before && from !== Number.NEGATIVE_INFINITY) ||
      (to !== Number.POSITIVE_INFINITY && (reason === OUTSIDE_SPAN.behind || reason === LAST_CYCLE)),
  );
  if (!cut.includes(true)) return requests;
  const tooLong = reasons.push(TOO_LONG) - 1;
  const status = requests.status.slice();
  const reason = requests.reason.slice();
  for (let request = 0; request < requests.length; request++) {
    if (status[request] !== STATUS.outside || cut[reason[request]!] !== true) continue;
    status[request] = STATUS.rejected;
    reason[request] = tooLong;
  }
  return requestTable({ ...requests, status, reason, reasons });
}

function ownLines({ entry, request, offsetNs }: ApplicationMatch, first: number, behind: number) {
  const own = new Int32Array(request.length);
  for (let line = 0; line < request.length; line++) {
    const each = request[line]!;
    own[line] = each >= first && each < behind ? each - first : -1;
  }
  return { offsetNs, entry: entry.subarray(first, behind), request: own };
}

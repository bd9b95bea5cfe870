import { ProblemList, type Reading } from './reading.ts';

/**
 * A request log: the application's own time stamps, one line per request,
 *
 *   0 142136 12701922893 12714390014 38762404344 38794752764
 *   index sector start_ns end_ns start_tsc end_tsc
 *
 * decimal, separated by blanks; sectors are 512 bytes, the TSC columns are 0 where there is no TSC. Empty lines and
 * lines that begin with '#' are skipped. `src/trace/recording.ts` (GroundTruth) has the same shape.
 */
export interface RequestLog {
  readonly kind: 'request-log';
  readonly requests: number;
  /** Mean of end_ns − start_ns. */
  readonly meanNs: number;
  readonly log: RequestLogColumns;
}

/** The columns; times are exact integers after the epochs, which are the first request's start. */
export interface RequestLogColumns {
  readonly epochNs: bigint;
  readonly epochTsc: bigint;
  readonly sector: Float64Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  readonly startTsc: Float64Array;
  readonly endTsc: Float64Array;
}

const FIELDS = 6;
const COLUMNS = 5;
const NEWLINE = 10;
const HASH = 35;
/** A 64-bit number has at most 20 digits. */
const MAX_DIGITS = 20;
const BILLION = 1_000_000_000;

/** True when the first line that is neither empty nor a comment is a request: six decimal numbers and no more. */
export function sniffRequestLog(head: Uint8Array): boolean {
  const line = new LineFields();
  for (let start = 0; start < head.length; ) {
    const end = lineEnd(head, start);
    if (!isSkipped(head, start, end)) return line.read(head, start, end) === undefined;
    start = end + 1;
  }
  return false;
}

/** Reads a whole log. `data` is undefined when no line could be used. */
export function parseRequestLog(bytes: Uint8Array): Reading<RequestLog | undefined> {
  const reader = new RequestLogReader();
  reader.push(bytes);
  return reader.finish();
}

/**
 * Reads a log that comes in chunks, cut anywhere; a chunk may be used again once it has been pushed. Lines that cannot be used are problems
 * with their line number; reading goes on.
 */
export class RequestLogReader {
  readonly #problems = new ProblemList();
  readonly #columns = new Columns();
  readonly #fields = new LineFields();
  #line = 0;
  /** Parts of a line whose end has not come. */
  #begun: Uint8Array[] = [];

  push(chunk: Uint8Array): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      if (this.#begun.length === 0) this.#read(chunk, start, end);
      else this.#readBegun(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#begun.push(chunk.slice(start));
  }

  /** What the log says, a last line without an end included. Called once. */
  finish(): Reading<RequestLog | undefined> {
    if (this.#begun.length > 0) this.#readBegun(new Uint8Array(0));
    return { data: this.#columns.finish(), problems: this.#problems.list() };
  }

  #readBegun(end: Uint8Array): void {
    const line = Buffer.concat([...this.#begun, end]);
    this.#begun = [];
    this.#read(line, 0, line.length);
  }

  #read(bytes: Uint8Array, start: number, end: number): void {
    this.#line++;
    if (isSkipped(bytes, start, end)) return;
    const reason = this.#fields.read(bytes, start, end) ?? this.#columns.add(this.#fields);
    if (reason !== undefined) this.#problems.error(this.#line, reason);
  }
}

function lineEnd(bytes: Uint8Array, start: number): number {
  const newline = bytes.indexOf(NEWLINE, start);
  return newline === -1 ? bytes.length : newline;
}

function isSkipped(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && isBlank(bytes[at]!)) at++;
  return at === end || bytes[at] === HASH;
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 13;
}

/** The six numbers of a line, each split at 1e9 so that a 64-bit value stays exact: value = high · 1e9 + low. */
class LineFields {
  readonly high = new Float64Array(FIELDS);
  readonly low = new Float64Array(FIELDS);

  /** Reads the line into `high` and `low`; returns why it cannot, or undefined. */
  read(bytes: Uint8Array, start: number, end: number): string | undefined {
    let at = start;
    for (let field = 0; field < FIELDS; field++) {
      while (at < end && isBlank(bytes[at]!)) at++;
      if (at === end) return `${field} fields, not ${FIELDS}`;
      const from = at;
      while (at < end && !isBlank(bytes[at]!)) at++;
      if (!this.#number(field, bytes, from, at)) return `field ${field + 1} is not a decimal 64-bit number`;
    }
    while (at < end && isBlank(bytes[at]!)) at++;
    return at === end ? undefined : `more than ${FIELDS} fields`;
  }

  #number(field: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from > MAX_DIGITS) return false;
    let high = 0;
    let low = 0;
    for (let at = from; at < to; at++) {
      const digit = bytes[at]! - 48;
      if (digit < 0 || digit > 9) return false;
      if (at < to - 9) high = high * 10 + digit;
      else low = low * 10 + digit;
    }
    this.high[field] = high;
    this.low[field] = low;
    return true;
  }
}

/** Grows by doubling; five numbers a request. */
class Columns {
  #rows = new Float64Array(COLUMNS * 1024);
  #length = 0;
  #epochHigh = new Float64Array(FIELDS);
  #epochLow = new Float64Array(FIELDS);
  /** Σ durations: an exact part below 2^53, and what was carried over from it. */
  #sumNs = 0;
  #carriedNs = 0n;

  /** Adds one request; returns why it cannot, or undefined. */
  add(fields: LineFields): string | undefined {
    if (this.#length === 0) this.#setEpoch(fields);
    const sector = fields.high[1]! * BILLION + fields.low[1]!;
    const startNs = this.#after(fields, 2, 2);
    const endNs = this.#after(fields, 3, 2);
    const startTsc = this.#after(fields, 4, 4);
    const endTsc = this.#after(fields, 5, 4);
    const isSafe =
      Number.isSafeInteger(sector) &&
      Number.isSafeInteger(startNs) &&
      Number.isSafeInteger(endNs) &&
      Number.isSafeInteger(startTsc) &&
      Number.isSafeInteger(endTsc);
    if (!isSafe) return 'more than 2^53 away from the first request';
    if (endNs < startNs) return 'ends before it starts';
    if (endTsc < startTsc) return 'the TSC at its end is below the TSC at its start';
    if (COLUMNS * (this.#length + 1) > this.#rows.length) this.#grow();
    const rows = this.#rows;
    const at = COLUMNS * this.#length++;
    rows[at] = sector;
    rows[at + 1] = startNs;
    rows[at + 2] = endNs;
    rows[at + 3] = startTsc;
    rows[at + 4] = endTsc;
    this.#addDuration(endNs - startNs);
    return undefined;
  }

  #addDuration(ns: number): void {
    const sum = this.#sumNs + ns;
    if (Number.isSafeInteger(sum)) this.#sumNs = sum;
    else {
      this.#carriedNs += BigInt(this.#sumNs) + BigInt(ns);
      this.#sumNs = 0;
    }
  }

  finish(): RequestLog | undefined {
    const requests = this.#length;
    if (requests === 0) return undefined;
    const column = (index: number) => {
      const values = new Float64Array(requests);
      for (let row = 0; row < requests; row++) values[row] = this.#rows[COLUMNS * row + index]!;
      return values;
    };
    return {
      kind: 'request-log',
      requests,
      meanNs: Number(this.#carriedNs + BigInt(this.#sumNs)) / requests,
      log: {
        epochNs: this.#epoch(2),
        epochTsc: this.#epoch(4),
        sector: column(0),
        startNs: column(1),
        endNs: column(2),
        startTsc: column(3),
        endTsc: column(4),
      },
    };
  }

  #setEpoch(fields: LineFields): void {
    this.#epochHigh = fields.high.slice();
    this.#epochLow = fields.low.slice();
  }

  #after(fields: LineFields, field: number, epochField: number): number {
    const high = fields.high[field]! - this.#epochHigh[epochField]!;
    return high * BILLION + (fields.low[field]! - this.#epochLow[epochField]!);
  }

  #epoch(field: number): bigint {
    return BigInt(this.#epochHigh[field]!) * BigInt(BILLION) + BigInt(this.#epochLow[field]!);
  }

  #grow(): void {
    const rows = new Float64Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}

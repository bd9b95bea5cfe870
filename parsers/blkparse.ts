/**
 * Text of `blkparse` in its default format (blktrace's blkparse_fmt.c), of one device or several:
 *
 *   7,0    0        5     0.000174168 30934  D  RS 0 + 8 [dd]        device, CPU, sequence, seconds, tid, action, rwbs
 *   7,0    1        1     0.000347476 30756  C  RS 0 + 8 [0]         … sector + sectors [task, or the error]
 *   7,0    0      603     0.931135332    44  D  FN [kworker/0:1H]    a flush has no place
 *   Skips: 2 forward (6 -   0.5%)                                    summary, at the end: 6 events are missing
 *
 * Times count from the first event of the recording, in nanoseconds; no clock. A completion carries the pid of whoever
 * was interrupted. Sequence numbers count the events of a device on a CPU: where they jump, events were lost, or left
 * out on request (`-a`, `-d`); only the summary tells which, and without it the jump is reported and nothing concluded.
 */

import { ascii } from './byte-cursor.ts';
import { DIRECTION, kindId, packRequest } from './event-kinds.ts';
import type { EventSink } from './event-sink.ts';
import type { Format, ParseReport } from './format.ts';
import { ArgumentLine } from './ftrace/argument-line.ts';
import { readDirection } from './ftrace/block-arguments.ts';
import { type LineReader, scanLines } from './line-scanner.ts';

/** Why a line could not be used. */
const REASON = {
  line: 'not a line of blkparse',
  place: 'no sector and length behind a request',
  gap: 'sequence numbers jump and no summary says why: events were lost, or left out with -a or -d',
  cut: 'last line is cut short',
  tooLong: 'line longer than 64 KiB',
} as const;

/** The event that an action stands for (blktrace's trace_act.h); actions that are not here have no use. */
const KINDS = new Map(
  Object.entries({
    Q: 'block_bio_queue',
    G: 'block_getrq',
    M: 'block_bio_backmerge',
    F: 'block_bio_frontmerge',
    I: 'block_rq_insert',
    D: 'block_rq_issue',
    R: 'block_rq_requeue',
    C: 'block_rq_complete',
  }).map(([action, event]) => [action.charCodeAt(0), kindId(event)]),
);
/** Actions whose line ends with an error and not with a task's name. */
const [COMPLETE, REQUEUE] = ['C'.charCodeAt(0), 'R'.charCodeAt(0)];
const FLUSH = 'F'.charCodeAt(0);

const BLANK = 0x20;
const COMMA = 0x2c;
const DOT = 0x2e;
const PLUS = 0x2b;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const LINE_FEED = 0x0a;

const SKIPS = ascii('Skips: ');
const SUMMARY = [ascii('CPU'), ascii('Total ')];
const NO_NAME = '(null)';

const MAX_MAJOR = 0xfff;
const MAX_MINOR = 0xfffff;
const MAX_CPU = 0xfffe;
const MAX_TID = 0x3fffff;
/** Devices and CPUs whose sequence is followed; blktrace takes 32 devices. */
const MAX_SEQUENCES = 65_536;
const MAX_TASKS = 1 << 22;
/** Lines looked at to recognise the format. */
const SNIFFED_LINES = 20;

/** The format of blkparse's text. */
export const blkparse: Format = {
  name: 'blkparse',
  sniff: looksLikeBlkparse,
  async parse(chunks, sink) {
    const reader = new Reader(sink);
    await scanLines(chunks, reader);
    return reader.report();
  },
};

function looksLikeBlkparse(head: Uint8Array): boolean {
  const columns = new Columns();
  const line = new ArgumentLine(() => 0);
  for (let start = 0, lines = 0; lines < SNIFFED_LINES; lines++) {
    const end = head.indexOf(LINE_FEED, start);
    if (end < 0) return false;
    line.set(head, start, end);
    if (columns.read(line)) return true;
    start = end + 1;
  }
  return false;
}

/** The columns before the request of a line. */
class Columns {
  dev = 0;
  cpu = 0;
  sequence = 0;
  sec = 0;
  nsec = 0;
  tid = 0;
  /** First letter of the action, 0 where it has two. */
  action = 0;

  /** Reads the columns and leaves the line at rwbs; false, anywhere, when they are none. */
  read(line: ArgumentLine): boolean {
    return this.#readPlace(line) && this.#readTime(line) && this.#readAction(line);
  }

  #readPlace(line: ArgumentLine): boolean {
    line.skipBlanks();
    const major = line.decimal();
    if (major < 0 || major > MAX_MAJOR || !line.skip(COMMA)) return false;
    line.skipBlanks();
    const minor = line.decimal();
    if (minor < 0 || minor > MAX_MINOR) return false;
    this.dev = major * (MAX_MINOR + 1) + minor;
    this.cpu = number(line, MAX_CPU);
    this.sequence = number(line, Number.MAX_SAFE_INTEGER);
    return this.cpu >= 0 && this.sequence >= 0;
  }

  #readTime(line: ArgumentLine): boolean {
    this.sec = number(line, Number.MAX_SAFE_INTEGER);
    if (this.sec < 0 || !line.skip(DOT)) return false;
    const start = line.at;
    this.nsec = line.decimal();
    if (line.at - start !== 9) return false;
    this.tid = number(line, MAX_TID);
    return this.tid >= 0;
  }

  #readAction(line: ArgumentLine): boolean {
    line.skipBlanks();
    const { bytes, at } = line;
    let end = at;
    while (end < line.end && isLetter(bytes[end]!)) end++;
    this.action = end === at + 1 ? bytes[at]! : 0;
    line.at = end;
    line.skipBlanks();
    return (end === at + 1 || end === at + 2) && (end === line.end || bytes[end] === BLANK);
  }
}

class Reader implements LineReader {
  readonly #sink: EventSink;
  readonly #line: ArgumentLine;
  readonly #columns = new Columns();
  /** Last sequence number, by device and CPU. */
  readonly #sequences = new Map<string, number>();
  /** Threads told of, and whether their name was known. */
  readonly #tasks = new Map<number, boolean>();
  #records = 0;
  #unused = 0;
  #inSummary = false;
  /** Missing events by the summaries; undefined before the first. */
  #skipped: number | undefined;
  #firstJump: { offset: number; line: number } | undefined;

  constructor(sink: EventSink) {
    this.#sink = sink;
    this.#line = new ArgumentLine((text) => sink.string(text));
  }

  line(bytes: Uint8Array, start: number, end: number, offset: number, number: number): void {
    if (start === end) return;
    const line = this.#line;
    line.set(bytes, start, end);
    let reason: string | undefined;
    if (this.#columns.read(line)) reason = this.#event(offset, number);
    else if (!this.#isSummary(bytes, start, end)) reason = REASON.line;
    if (reason !== undefined) this.#sink.reject(reason, offset, number);
  }

  tooLong(offset: number, number: number): void {
    this.#sink.reject(REASON.tooLong, offset, number);
  }

  unfinished(bytes: Uint8Array, start: number, end: number, offset: number, number: number): void {
    if (!this.#isSummary(bytes, start, end)) this.#sink.reject(REASON.cut, offset, number);
  }

  report(): ParseReport {
    if (this.#skipped !== undefined && this.#skipped > 0) this.#sink.lost(-1, this.#skipped);
    if (this.#skipped === undefined && this.#firstJump !== undefined)
      this.#sink.reject(REASON.gap, this.#firstJump.offset, this.#firstJump.line);
    return { unit: 'ns', roundingNs: 0, clock: 'unknown', records: this.#records, unused: this.#unused };
  }

  /** The event whose columns were read. Returns why it cannot be used, if so. */
  #event(offset: number, lineNumber: number): string | undefined {
    const line = this.#line;
    const { action, sec, nsec, cpu, tid, dev } = this.#columns;
    this.#records += 1;
    this.#follow(offset, lineNumber);
    const kind = KINDS.get(action);
    if (kind === undefined) {
      this.#unused += 1;
      return undefined;
    }
    line.clear();
    if (!readRequest(line)) return REASON.place;
    this.#noteTask(tid, action !== COMPLETE && action !== REQUEUE);
    this.#sink.event(kind, sec, nsec, cpu, tid, dev, line.tag, line.aux);
    return undefined;
  }

  /** Notes a jump of the device's sequence on this CPU. */
  #follow(offset: number, line: number): void {
    const { dev, cpu, sequence } = this.#columns;
    const key = `${dev} ${cpu}`;
    const last = this.#sequences.get(key);
    if (last !== undefined && sequence > last + 1) this.#firstJump ??= { offset, line };
    if (last !== undefined || this.#sequences.size < MAX_SEQUENCES) this.#sequences.set(key, sequence);
  }

  /** Tells of a thread once, and again when its name turns up: `[dd]` at the end of the line. */
  #noteTask(tid: number, canBeNamed: boolean): void {
    const known = this.#tasks.get(tid);
    if (known === true || (known === false && !canBeNamed) || this.#tasks.size === MAX_TASKS) return;
    const name = canBeNamed ? this.#name() : '';
    if (known === false && name === '') return;
    this.#tasks.set(tid, name !== '');
    this.#sink.task(tid, name, undefined);
  }

  #name(): string {
    const { bytes, at, end } = this.#line;
    const open = bytes.indexOf(OPEN, at);
    if (open < 0 || open >= end || bytes[end - 1] !== CLOSE) return '';
    const name = Buffer.from(bytes.subarray(open + 1, end - 1)).toString('utf8');
    return name === NO_NAME ? '' : name;
  }

  /** Whether a line belongs to the summary at the end, which goes on to the end of the text. */
  #isSummary(bytes: Uint8Array, start: number, end: number): boolean {
    const line = this.#line;
    line.set(bytes, start, end);
    if (SUMMARY.some((head) => line.skipText(head))) this.#inSummary = true;
    if (this.#inSummary && line.skipText(SKIPS) && line.skipPast(0x28)) {
      this.#skipped = (this.#skipped ?? 0) + Math.max(0, line.decimal());
    }
    return this.#inSummary;
  }
}

/** `RS 0 + 8 [dd]`, `FN [dd]` or `FN 0 [0]`; what a SCSI command or the elapsed time adds is passed over. */
function readRequest(line: ArgumentLine): boolean {
  // blkparse's own letters (fill_rwbs of blkparse_fmt.c): N where there is no data, so FN is a flush.
  const isFlush = line.peek() === FLUSH;
  const named = readDirection(line);
  const direction = isFlush && named === DIRECTION.other ? DIRECTION.flush : named;
  line.skipBlanks();
  const sector = line.decimal();
  line.skipBlanks();
  if (sector >= 0 && line.skip(PLUS)) {
    const sectors = number(line, Number.MAX_SAFE_INTEGER);
    line.tag = Number.isSafeInteger(sector) ? sector : Number.NaN;
    line.aux = packRequest(sectors, direction);
    return sectors >= 0;
  }
  // A discard or a read has a place; a flush, and a command of another kind, has none.
  line.aux = packRequest(0, direction);
  return direction !== DIRECTION.discard;
}

/** The next number of a line, -1 when there is none or it is above `most`. */
function number(line: ArgumentLine, most: number): number {
  line.skipBlanks();
  const value = line.decimal();
  return value > most ? -1 : value;
}

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}

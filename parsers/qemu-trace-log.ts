/**
 * QEMU's `log` trace back-end, as `-msg timestamp=on -D FILE -trace …` writes it (scripts/tracetool/backend/log.py):
 *   10385@1795343907.611038:virtio_queue_notify vdev 0x564a5cd29400 n 0 vq 0x7f6ae6a6f010      up to 10.1: TID@SEC.USEC:
 *   2026-11-22T10:38:27.611038Z virtio_queue_notify vdev 0x…                                    from 10.2: no tid (0 here)
 *   virtio_queue_notify vdev 0x564a5cd29400 n 0 vq 0x7f6ae6a6f010                               without -msg timestamp=on
 *
 * The clock is CLOCK_REALTIME, cut (not rounded) to whole microseconds by gettimeofday: the event was up to 1 µs later
 * than its stamp. Stamps are kept as printed, and the bound given is 1000 ns to either side. The CPU is not known.
 */
import { ByteCursor } from './byte-cursor.ts';
import type { EventSink } from './event-sink.ts';
import type { Format, ParseReport } from './format.ts';
import { readIsoTime } from './iso-time.ts';
import { type LineReader, scanLines } from './line-scanner.ts';
import { QemuRow, qemuEvent, qemuEventByName } from './qemu-trace-events.ts';

/** What stands in the cpu column where a tracer does not say. */
const CPU_UNKNOWN = 65535;
const ROUNDING_NS = 1000;
const MAX_TID = 0xffffffff;
const MOST_TASKS = 65_536;
/** Year 5138; a larger number is no time. */
const MAX_SECONDS = 99_999_999_999;

const AT = 0x40;
const DOT = 0x2e;
const COLON = 0x3a;
const BLANK = 0x20;

const REASON = {
  line: 'not a QEMU trace line',
  untimed: 'no time: QEMU was started without -msg timestamp=on',
  argument: 'an argument is missing or out of range',
  tooLong: 'line longer than 64 KiB',
  unfinished: 'the last line has no end: it may be cut',
} as const;

/** Sniffs lines of the head: enough that warnings of a start-up do not hide the trace. */
const SNIFF_LINES = 50;

/** QEMU's `log` trace back-end. */
export const qemuTraceLog: Format = { name: 'QEMU trace log', sniff, parse };

function sniff(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 16_384)).toString(
    'latin1',
  );
  return text.split('\n', SNIFF_LINES).some(isTraceLine);
}

const TIMED =
  /^(?:\d{1,10}@\d{1,11}\.\d{6}:|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z )([a-z][a-z0-9_]+)(?: |\r?$)/;

function isTraceLine(line: string): boolean {
  if (TIMED.test(line)) return true;
  const untimed = /^([a-z][a-z0-9_]+) \w+ 0x[0-9a-f]+\b/.exec(line);
  return untimed !== null && qemuEventByName(untimed[1]!) !== undefined;
}

async function parse(chunks: AsyncIterable<Uint8Array>, sink: EventSink): Promise<ParseReport> {
  const reader = new Reader(sink);
  await scanLines(chunks, reader);
  return {
    unit: 'ns',
    roundingNs: ROUNDING_NS,
    clock: 'realtime',
    records: reader.records,
    unused: reader.unused,
  };
}

class Reader implements LineReader {
  records = 0;
  unused = 0;
  readonly #sink: EventSink;
  readonly #cursor = new ByteCursor();
  readonly #row = new QemuRow();
  readonly #tasks = new Set<number>();
  readonly #time = { sec: 0, nsec: 0, tid: 0 };

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  line(bytes: Uint8Array, start: number, end: number, offset: number, number: number): void {
    if (start === end) return;
    this.records++;
    const cursor = this.#cursor;
    cursor.set(bytes, start, end);
    const reason = this.#event();
    if (reason !== undefined) this.#sink.reject(reason, offset, number);
  }

  tooLong(offset: number, number: number): void {
    this.records++;
    this.#sink.reject(REASON.tooLong, offset, number);
  }

  unfinished(_bytes: Uint8Array, _start: number, _end: number, offset: number, number: number): void {
    this.records++;
    this.#sink.reject(REASON.unfinished, offset, number);
  }

  /** Reads the line into the sink; returns why it cannot, or undefined. */
  #event(): string | undefined {
    const cursor = this.#cursor;
    const start = cursor.at;
    const timed = this.#unixTime() || this.#isoTime(start);
    if (!timed) cursor.at = start;
    const nameAt = cursor.at;
    if (!this.#skipName()) return REASON.line;
    const event = qemuEvent(cursor.view, nameAt, cursor.at);
    if (!timed) return event === undefined ? REASON.line : REASON.untimed;
    if (event === undefined) {
      this.unused++;
      return undefined;
    }
    const row = this.#row;
    row.tag = Number.NaN;
    row.aux = 0;
    if (!event.read(cursor, row)) return REASON.argument;
    const { sec, nsec, tid } = this.#time;
    if (!this.#tasks.has(tid)) {
      if (this.#tasks.size === MOST_TASKS) this.#tasks.clear(); // naming a thread again does no harm
      this.#tasks.add(tid);
      this.#sink.task(tid, '', undefined); // the log names no threads
    }
    this.#sink.event(event.kind, sec, nsec, CPU_UNKNOWN, tid, 0, row.tag, row.aux);
    return undefined;
  }

  /** TID@SEC.USEC: */
  #unixTime(): boolean {
    const cursor = this.#cursor;
    const time = this.#time;
    time.tid = cursor.decimal();
    if (time.tid < 0 || time.tid > MAX_TID || !cursor.skip(AT)) return false;
    time.sec = cursor.decimal();
    if (time.sec < 0 || time.sec > MAX_SECONDS || !cursor.skip(DOT)) return false;
    const digits = cursor.at;
    const usec = cursor.decimal();
    time.nsec = usec * 1000;
    return cursor.at - digits === 6 && cursor.skip(COLON);
  }

  /** 2026-11-22T10:38:27.611038Z and a blank */
  #isoTime(start: number): boolean {
    const cursor = this.#cursor;
    cursor.at = start;
    this.#time.tid = 0;
    return readIsoTime(cursor, this.#time) && cursor.skip(BLANK);
  }

  /** Moves over the event's name, which a blank or the end of the line ends. */
  #skipName(): boolean {
    const cursor = this.#cursor;
    const { bytes, at, end } = cursor;
    let stop = at;
    while (stop < end && isNameByte(bytes[stop]!)) stop++;
    cursor.at = stop;
    return stop > at && (stop === end || bytes[stop] === BLANK);
  }
}

function isNameByte(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f;
}

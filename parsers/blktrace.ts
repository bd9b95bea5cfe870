/**
 * What blktrace writes: `DEVICE.blktrace.N`, a file a CPU, and what `blkparse -d` merges of them. Records in the byte order of the
 * machine (blktrace/record-layout.ts), each with `pdu_len` bytes behind it; version 8 is that of Linux 6.19 and a blktrace that asks for it:
 *
 *   7: u32 magic, sequence, u64 time, sector, u32 bytes, action, pid, device, cpu, u16 error, pdu_len             48 bytes
 *   8: u32 magic, sequence, u64 time, sector, u32 bytes, pid, u64 action, u32 device, cpu, u16 error, pdu_len     64 bytes, 12 unused
 *
 * `action` is what happened in its lower 16 bits and categories above. Notes (BLK_TC_NOTIFY) name a task, give the wall time, or carry
 * a message; they are not numbered. Rows are those that `blkparse.ts` makes of blkparse's text of the same files, but for the times.
 *
 * Times are ktime_get(), CLOCK_MONOTONIC (kernel/trace/blktrace.c), until `blkparse -d` takes the first event's off those of events, not
 * off those of notes, which it writes first. So a file whose first event is at 0, or before the first note, is such a dump, and its clock
 * is unknown. (One cut with `-a` or `-w`, of a machine that had run for less than what was cut off, would pass for blktrace's own.)
 * Events without a number are of tracefs's `blk` tracer in binary form, stamped with any clock.
 *
 * Numbers count a device's events on a CPU that passed blktrace's filters. Up to Linux 6.18 they count those that found room in the
 * buffer, so none shows that others were dropped (blktrace prints how many when it ends); since 6.19 all, so that a jump is a loss.
 * In a dump it can also be what `-a` or `-w` left out.
 */

import { isPlain, PLAIN_BYTES, placeOf, plainRun, TOLD, WORD, wordsOf } from './blktrace/plain-records.ts';
import {
  bytesOfCgroup,
  directionOf,
  hasPlace,
  isNote,
  kindOf,
  layoutOf,
  NOTE,
  noteOf,
  type RecordLayout,
} from './blktrace/record-layout.ts';
import { Sequences, type Troubles, type Writer } from './blktrace/sequences.ts';
import { packRequest } from './event-kinds.ts';
import type { EventSink } from './event-sink.ts';
import type { Format, ParseReport } from './format.ts';
import { readText, viewOf } from './perf-data/binary.ts';
import { BATCH_ROWS, FARTHEST_NS, RowBatch } from './row-batch.ts';

const REASON = {
  damaged: 'no record where one has to begin, the rest is unreadable',
  column: 'a record of an impossible CPU or thread',
  cut: 'the last record is cut',
} as const;

const MAX_CPU = 0xfffe;
const MAX_TID = 0x3fffff;
/** More than a record has that carries no message. */
const SHORT_BYTES = 128;
/** TASK_COMM_LEN */
const NAME_BYTES = 16;

/** What blktrace itself writes. */
export const blktrace: Format = {
  name: 'blktrace',
  sniff: (head) => layoutOf(head) !== undefined,
  parse,
};

async function parse(chunks: AsyncIterable<Uint8Array>, sink: EventSink): Promise<ParseReport> {
  const reader = new Reader(sink);
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    // Of most records that lie across two chunks, little is in the second: only that is copied.
    const taken = rest.length === 0 ? 0 : reader.read(Buffer.concat([rest, chunk.subarray(0, SHORT_BYTES)]));
    const bytes = rest.length === 0 || taken > 0 ? chunk : Buffer.concat([rest, chunk]);
    const begin = taken === 0 ? 0 : taken - rest.length;
    rest = bytes.subarray(begin + reader.read(bytes.subarray(begin)));
    reader.handOver();
  }
  if (rest.length > 0) reader.reject(REASON.cut);
  return reader.report();
}

/** Nanoseconds in two halves of 32 bits. */
interface Time {
  readonly high: number;
  readonly low: number;
}

class Reader implements Troubles {
  /** Place of the record that is read, or of the next one. */
  offset = 0;
  readonly #sink: EventSink;
  readonly #batch: RowBatch;
  readonly #sequences: Sequences;
  #layout: RecordLayout | undefined;
  /** Threads told of, and whether their name was known. */
  readonly #tasks = new Map<number, boolean>();
  readonly #told = new Int32Array(TOLD);
  /** Who wrote the file, as its first event shows. */
  #writer: Writer | undefined;
  #firstNote: Time | undefined;
  #records = 0;
  #unused = 0;
  #isStopped = false;

  constructor(sink: EventSink) {
    this.#sink = sink;
    this.#batch = new RowBatch(sink);
    this.#sequences = new Sequences(this);
  }

  /** Reads the whole records of some bytes; how many bytes they took. */
  read(bytes: Uint8Array): number {
    if (this.#isStopped) return bytes.length;
    if (bytes.length < 4) return 0;
    this.#layout ??= layoutOf(bytes);
    const layout = this.#layout;
    if (layout === undefined) return this.#stop(bytes.length);
    const view = viewOf(bytes);
    const words = wordsOf(bytes, layout);
    const { magic, size, pduLength, little } = layout;
    const begun = this.offset;
    for (let at = 0; ; ) {
      if (words !== undefined && at % 4 === 0) at = this.#plainRecords(words, at, begun);
      this.offset = begun + at;
      if (at + size > bytes.length) return at;
      if (view.getUint32(at, little) !== magic) return this.#stop(bytes.length);
      const next = at + size + view.getUint16(at + pduLength, little);
      if (next > bytes.length) return at;
      this.#record(view, at, layout);
      at = next;
    }
  }

  /** Reads events with nothing behind them, which nearly all are, from a place on; the place of the first record that is another. */
  #plainRecords(words: Uint32Array, from: number, begun: number): number {
    let at = from;
    while (isPlain(words, at)) {
      const word = at >>> 2;
      this.offset = begun + at;
      const isRow = this.#event(
        words[word + WORD.action]!,
        0,
        words[word + WORD.sequence]!,
        words[word + WORD.time + 1]!,
        words[word + WORD.time]!,
        words[word + WORD.cpu]!,
        words[word + WORD.pid]!,
        words[word + WORD.device]!,
        words[word + WORD.bytes]!,
        words[word + WORD.sector + 1]!,
        words[word + WORD.sector]!,
      );
      const known = { numbers: this.#sequences.numbers, told: this.#told };
      const more = isRow ? plainRun(words, at, this.#batch, known) : 0;
      this.#records += more;
      at += (1 + more) * PLAIN_BYTES;
    }
    return at;
  }

  /** Rows that are read but not in the sink yet go there. */
  handOver(): void {
    this.#batch.handOver();
  }

  /** Events were lost before the one that is read. */
  lost(cpu: number, count: number): void {
    this.handOver();
    this.#sink.lost(cpu, count);
  }

  reject(reason: string): void {
    this.handOver();
    this.#sink.reject(reason, this.offset, 0);
  }

  report(): ParseReport {
    // Notes alone contradict nothing.
    const clock = (this.#writer ?? 'blktrace') === 'blktrace' ? 'mono' : 'unknown';
    return { unit: 'ns', roundingNs: 0, clock, records: this.#records, unused: this.#unused };
  }

  #stop(taken: number): number {
    this.#isStopped = true;
    this.reject(REASON.damaged);
    return taken;
  }

  #record(view: DataView, at: number, layout: RecordLayout): void {
    const { little, time, sector } = layout;
    const word = (place: number) => view.getUint32(at + place, little);
    const action = word(layout.action.lower);
    if (isNote(action)) {
      this.#firstNote ??= { high: word(time.upper), low: word(time.lower) };
      this.#note(view, at, layout, action);
      return;
    }
    this.#event(
      action,
      layout.action.upper === undefined ? 0 : word(layout.action.upper),
      word(layout.sequence),
      word(time.upper),
      word(time.lower),
      word(layout.cpu),
      word(layout.pid),
      word(layout.device),
      word(layout.bytes),
      word(sector.upper),
      word(sector.lower),
    );
  }

  /** `more` is the upper half of its action; time and sector come in halves too. Whether it made a row. */
  #event(
    action: number,
    more: number,
    sequence: number,
    high: number,
    low: number,
    cpu: number,
    tid: number,
    dev: number,
    bytes: number,
    upper: number,
    lower: number,
  ): boolean {
    this.#records += 1;
    if (cpu > MAX_CPU || tid > MAX_TID) {
      this.reject(REASON.column);
      return false;
    }
    this.#writer ??= this.#writerBy(sequence, { high, low });
    this.#sequences.follow(this.#writer, dev, cpu, sequence);
    const kind = kindOf(action);
    if (kind < 0) {
      this.#unused += 1;
      return false;
    }
    if (this.#told[tid % TOLD] !== tid + 1) this.#noteTask(tid, '');
    this.#told[tid % TOLD] = tid + 1;
    const batch = this.#batch;
    let time = (high - batch.high) * 2 ** 32 + (low - batch.low);
    if (!(time < FARTHEST_NS && time > -FARTHEST_NS)) {
      batch.beginAt(high, low);
      time = 0;
    } else if (batch.rows === BATCH_ROWS) batch.handOver();
    const row = batch.rows++;
    const { columns } = batch;
    const sectors = hasPlace(action) ? bytes >>> 9 : 0;
    columns.ts[row] = time;
    columns.kind[row] = kind;
    columns.cpu[row] = cpu;
    columns.tid[row] = tid;
    columns.dev[row] = dev;
    columns.tag[row] = placeOf(sectors, upper, lower);
    columns.aux[row] = packRequest(sectors, directionOf(action, more, bytes));
    return true;
  }

  /** Keeps a task's name. The wall time and messages are passed over; as blkparse counts, a message is an event. */
  #note(view: DataView, at: number, layout: RecordLayout, action: number): void {
    const what = noteOf(action);
    if (what === NOTE.process) {
      const tid = view.getUint32(at + layout.pid, layout.little);
      const name = new Uint8Array(view.buffer, view.byteOffset + at + layout.size);
      const end = view.getUint16(at + layout.pduLength, layout.little);
      const start = Math.min(bytesOfCgroup(action), end);
      if (tid <= MAX_TID) this.#noteTask(tid, readText(name, start, Math.min(start + NAME_BYTES, end)));
    } else if (what !== NOTE.time) {
      this.#records += 1;
      this.#unused += 1;
    }
  }

  /** Tells of a thread once, and again when its name turns up. */
  #noteTask(tid: number, name: string): void {
    const known = this.#tasks.get(tid);
    if (known === true || (known === false && name === '')) return;
    this.#tasks.set(tid, name !== '');
    this.#sink.task(tid, name, undefined);
  }

  #writerBy(sequence: number, first: Time): Writer {
    if (sequence === 0) return 'tracefs';
    const note = this.#firstNote ?? { high: 0, low: 1 };
    return first.high < note.high || (first.high === note.high && first.low < note.low)
      ? 'blkparse'
      : 'blktrace';
  }
}

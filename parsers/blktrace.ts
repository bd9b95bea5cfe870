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

import { ExactTime } from './blktrace/exact-time.ts';
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
import { Sequences, type Writer } from './blktrace/sequences.ts';
import { packRequest } from './event-kinds.ts';
import type { EventSink } from './event-sink.ts';
import type { Format, ParseReport } from './format.ts';
import { readText, viewOf } from './perf-data/binary.ts';

const REASON = {
  damaged: 'no record where one has to begin, the rest is unreadable',
  column: 'a record of an impossible CPU or thread',
  cut: 'the last record is cut',
} as const;

const MAX_CPU = 0xfffe;
const MAX_TID = 0x3fffff;
/** Above this the upper half of a sector makes a number that is not exact. */
const MAX_UPPER = 0x1fffff;
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
  }
  if (rest.length > 0) sink.reject(REASON.cut, reader.offset, 0);
  return reader.report();
}

class Reader {
  /** Place of the record that is read, or of the next one. */
  offset = 0;
  readonly #sink: EventSink;
  readonly #sequences: Sequences;
  readonly #time = new ExactTime();
  #layout: RecordLayout | undefined;
  /** Threads told of, and whether their name was known. */
  readonly #tasks = new Map<number, boolean>();
  #lastTid = -1;
  /** Who wrote the file, as its first event shows. */
  #writer: Writer | undefined;
  #firstNote: { readonly sec: number; readonly nsec: number } | undefined;
  #tag = 0;
  #aux = 0;
  #records = 0;
  #unused = 0;
  #isStopped = false;

  constructor(sink: EventSink) {
    this.#sink = sink;
    this.#sequences = new Sequences(sink);
  }

  /** Reads the whole records of some bytes; how many bytes they took. */
  read(bytes: Uint8Array): number {
    if (this.#isStopped) return bytes.length;
    if (bytes.length < 4) return 0;
    this.#layout ??= layoutOf(bytes);
    const layout = this.#layout;
    if (layout === undefined) return this.#stop(bytes.length);
    const view = viewOf(bytes);
    const { magic, size, pduLength, little } = layout;
    const begun = this.offset;
    let at = 0;
    while (at + size <= bytes.length) {
      this.offset = begun + at;
      if (view.getUint32(at, little) !== magic) return this.#stop(bytes.length);
      const next = at + size + view.getUint16(at + pduLength, little);
      if (next > bytes.length) break;
      this.#record(view, at, layout);
      at = next;
    }
    this.offset = begun + at;
    return at;
  }

  report(): ParseReport {
    // Notes alone contradict nothing.
    const clock = (this.#writer ?? 'blktrace') === 'blktrace' ? 'mono' : 'unknown';
    return { unit: 'ns', roundingNs: 0, clock, records: this.#records, unused: this.#unused };
  }

  #stop(taken: number): number {
    this.#isStopped = true;
    this.#sink.reject(REASON.damaged, this.offset, 0);
    return taken;
  }

  #record(view: DataView, at: number, layout: RecordLayout): void {
    const { little, time } = layout;
    const action = view.getUint32(at + layout.action.lower, little);
    this.#time.set(view.getUint32(at + time.upper, little), view.getUint32(at + time.lower, little));
    if (isNote(action)) this.#note(view, at, layout, action);
    else this.#event(view, at, layout, action);
  }

  #event(view: DataView, at: number, layout: RecordLayout, action: number): void {
    const { little } = layout;
    this.#records += 1;
    const cpu = view.getUint32(at + layout.cpu, little);
    const tid = view.getUint32(at + layout.pid, little);
    if (cpu > MAX_CPU || tid > MAX_TID) {
      this.#sink.reject(REASON.column, this.offset, 0);
      return;
    }
    const dev = view.getUint32(at + layout.device, little);
    const sequence = view.getUint32(at + layout.sequence, little);
    this.#writer ??= this.#writerBy(sequence);
    this.#sequences.follow(this.#writer, dev, cpu, sequence, this.offset);
    const kind = kindOf(action);
    if (kind < 0) {
      this.#unused += 1;
      return;
    }
    this.#request(view, at, layout, action);
    if (tid !== this.#lastTid) this.#noteTask(tid, '');
    this.#lastTid = tid;
    this.#sink.event(kind, this.#time.sec, this.#time.nsec, cpu, tid, dev, this.#tag, this.#aux);
  }

  /** Place, length and direction; without a length there is no place. */
  #request(view: DataView, at: number, layout: RecordLayout, action: number): void {
    const { little, sector } = layout;
    const bytes = view.getUint32(at + layout.bytes, little);
    const sectors = hasPlace(action) ? bytes >>> 9 : 0;
    const upper = view.getUint32(at + sector.upper, little);
    const lower = view.getUint32(at + sector.lower, little);
    const more = layout.action.upper === undefined ? 0 : view.getUint32(at + layout.action.upper, little);
    this.#tag = sectors === 0 || upper > MAX_UPPER ? Number.NaN : upper * 2 ** 32 + lower;
    this.#aux = packRequest(sectors, directionOf(action, more, bytes));
  }

  /** Keeps a task's name. The wall time and messages are passed over; as blkparse counts, a message is an event. */
  #note(view: DataView, at: number, layout: RecordLayout, action: number): void {
    const { sec, nsec } = this.#time;
    this.#firstNote ??= { sec, nsec };
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

  #writerBy(sequence: number): Writer {
    if (sequence === 0) return 'tracefs';
    const { sec, nsec } = this.#time;
    const note = this.#firstNote ?? { sec: 0, nsec: 1 };
    return sec < note.sec || (sec === note.sec && nsec < note.nsec) ? 'blkparse' : 'blktrace';
  }
}

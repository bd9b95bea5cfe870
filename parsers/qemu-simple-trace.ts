/**
 * The file of QEMU's `simple` trace back-end (trace/simple.c, scripts/simpletrace.py), version 4, which QEMU 2.9 to 10.2
 * write in the byte order of the machine; only little-endian ones are read.
 *
 *   u64 0xffffffffffffffff, u64 0xf2b177cb0aa429b4, u64 4                    head
 *   u64 0, u64 id, u32 length, name                                          an event's name
 *   u64 1, u64 id, u64 ns, u32 length, u32 pid, u64 argument …               an event; length counts from its id
 *   u64 1, u64 0xfffffffffffffffe, u64 ns, u32 length, u32 pid, u64 count    events were dropped before this one
 *
 * The clock is CLOCK_MONOTONIC. Neither CPU nor thread are recorded (65535 and 0 here). QEMU calls the format unstable:
 * arguments are those of `trace-events` in its own sources, so a record of another number of them is rejected.
 */

import type { EventSink } from './event-sink.ts';
import type { Format, ParseReport } from './format.ts';
import { readU64, viewOf } from './perf-data/binary.ts';
import { type SimpleEvent, simpleEvent } from './qemu-simple-events.ts';
import { QemuRow } from './qemu-trace-events.ts';

const REASON = {
  version: 'a version of the format other than 4',
  damaged: 'a record of an impossible kind or length, the rest is unreadable',
  unnamed: 'an event whose name is not in the file',
  argument: 'arguments other than those the event is known by, or out of range',
  cut: 'the last record is cut',
  events: 'more than 65536 event names',
} as const;

const MAGIC = [
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xb4, 0x29, 0xa4, 0x0a, 0xcb, 0x77, 0xb1, 0xf2,
];
const HEAD_BYTES = 24;
const VERSION = 4;
const KIND = { mapping: 0, event: 1 } as const;
/** Bytes of a mapping before the name, and of an event before its arguments, without the kind. */
const MAPPING_BYTES = 12;
const EVENT_BYTES = 24;
/** trace/simple.c's buffer, which a record fits into. */
const MAX_RECORD_BYTES = 1 << 18;
const MAX_NAME_BYTES = 256;
/** QEMU 7.2 has 4,246 events. */
const MAX_EVENTS = 65_536;
const CPU_UNKNOWN = 65_535;

/** QEMU's `simple` trace back-end. */
export const qemuSimpleTrace: Format = {
  name: 'QEMU simple trace',
  sniff: (head) => head.length >= HEAD_BYTES && MAGIC.every((byte, at) => head[at] === byte),
  parse,
};

async function parse(chunks: AsyncIterable<Uint8Array>, sink: EventSink): Promise<ParseReport> {
  const reader = new Reader(sink);
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = bytes.subarray(reader.read(bytes));
  }
  if (rest.length > 0) sink.reject(REASON.cut, reader.offset, 0);
  return { unit: 'ns', roundingNs: 0, clock: 'mono', records: reader.records, unused: reader.unused };
}

class Reader {
  records = 0;
  unused = 0;
  /** Place of the next record in the file. */
  offset = 0;
  readonly #sink: EventSink;
  /** What each event number stands for; undefined = of no use. */
  readonly #events = new Map<number, SimpleEvent | undefined>();
  readonly #row = new QemuRow();
  #stopped = false;
  #hasTask = false;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Reads the whole records of some bytes; how many bytes they took. */
  read(bytes: Uint8Array): number {
    const view = viewOf(bytes);
    let at = 0;
    for (let taken = -1; taken !== 0 && !this.#stopped; at += taken) {
      taken = this.offset === 0 ? this.#head(view, at) : this.#record(bytes, view, at);
      this.offset += taken;
    }
    return this.#stopped ? bytes.length : at;
  }

  #head(view: DataView, at: number): number {
    if (at + HEAD_BYTES > view.byteLength) return 0;
    if (readU64(view, at + 16) !== VERSION) this.#stop(REASON.version);
    return HEAD_BYTES;
  }

  /** The bytes of the record at `at`, 0 when it is not there whole. */
  #record(bytes: Uint8Array, view: DataView, at: number): number {
    if (at + 8 + EVENT_BYTES > bytes.length && at + 8 + MAPPING_BYTES > bytes.length) return 0;
    const kind = readU64(view, at);
    if (kind === KIND.mapping) return this.#mapping(bytes, view, at);
    if (kind === KIND.event) return this.#event(view, at);
    return this.#stop(REASON.damaged);
  }

  #mapping(bytes: Uint8Array, view: DataView, at: number): number {
    const length = view.getUint32(at + 16, true);
    const start = at + 8 + MAPPING_BYTES;
    if (length > MAX_NAME_BYTES) return this.#stop(REASON.damaged);
    if (start + length > bytes.length) return 0;
    if (this.#events.size === MAX_EVENTS) return this.#stop(REASON.events);
    const name = Buffer.from(bytes.subarray(start, start + length)).toString('latin1');
    this.#events.set(readU64(view, at + 8), simpleEvent(name));
    return 8 + MAPPING_BYTES + length;
  }

  #event(view: DataView, at: number): number {
    if (at + 8 + EVENT_BYTES > view.byteLength) return 0;
    const length = view.getUint32(at + 24, true);
    if (length < EVENT_BYTES || length > MAX_RECORD_BYTES) return this.#stop(REASON.damaged);
    if (at + 8 + length > view.byteLength) return 0;
    this.records += 1;
    const reason = this.#use(view, at + 8, length);
    if (reason !== undefined) this.#sink.reject(reason, this.offset, 0);
    return 8 + length;
  }

  /** Reads an event of `length` bytes at `at`. Returns why it cannot be used, if so. */
  #use(view: DataView, at: number, length: number): string | undefined {
    const args = at + EVENT_BYTES;
    if (isDropped(view, at)) {
      this.#sink.lost(-1, length >= EVENT_BYTES + 8 ? readU64(view, args) : undefined);
      return undefined;
    }
    const id = readU64(view, at);
    const event = this.#events.get(id);
    if (event === undefined) return this.#useless(id);
    const row = this.#row;
    row.tag = Number.NaN;
    row.aux = 0;
    const { count = (length - EVENT_BYTES) / 8 } = event;
    if (length !== EVENT_BYTES + 8 * count || !event.read(view, args, row)) return REASON.argument;
    // A number of 64 bits is exact in two parts only.
    const ns = view.getBigUint64(at + 8, true);
    const sec = Number(ns / 1_000_000_000n);
    if (!this.#hasTask) this.#sink.task(0, '', undefined);
    this.#hasTask = true;
    this.#sink.event(event.kind, sec, Number(ns % 1_000_000_000n), CPU_UNKNOWN, 0, 0, row.tag, row.aux);
    return undefined;
  }

  #useless(id: number): string | undefined {
    if (!this.#events.has(id)) return REASON.unnamed;
    this.unused += 1;
    return undefined;
  }

  #stop(reason: string): number {
    this.#stopped = true;
    this.#sink.reject(reason, this.offset, 0);
    return 0;
  }
}

/** DROPPED_EVENT_ID of trace/simple.c. */
function isDropped(view: DataView, at: number): boolean {
  return view.getUint32(at, true) === 0xffff_fffe && view.getUint32(at + 4, true) === 0xffff_ffff;
}

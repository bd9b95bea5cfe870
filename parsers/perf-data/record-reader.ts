import type { EventSink } from '../event-sink.ts';
import { ZstdStream } from '../zstd/zstd-stream.ts';
import { readAttributeRecord } from './attribute.ts';
import { readText, readU64, viewOf } from './binary.ts';
import type { ByteSource } from './byte-source.ts';
import { EventIds } from './event-ids.ts';
import type { Section } from './file-header.ts';
import { LossCount } from './loss-count.ts';
import { NO_CPU } from './row-limits.ts';
import { SampleReader } from './sample-reader.ts';
import { TaskNames } from './task-names.ts';
import { MAX_TRACING_BYTES, readTracingData } from './tracing-data.ts';

/**
 * Record types that mean something here: PERF_RECORD_* of include/uapi/linux/perf_event.h, from 64 on those that perf
 * adds (tools/lib/perf/include/perf/event.h). FINISHED_ROUND and all others are counted and passed over.
 */
const RECORD = {
  lost: 2,
  comm: 3,
  throttle: 5,
  fork: 7,
  sample: 9,
  aux: 11,
  lostSamples: 13,
  headerAttr: 64,
  tracingData: 66,
  idIndex: 69,
  auxtrace: 71,
  compressed: 81,
  compressed2: 83,
} as const;

const REASON = {
  size: 'record with an impossible size, the rest is unreadable',
  cutRecord: 'last record is cut',
  short: 'record is shorter than its type says',
  attribute: 'damaged description of an event',
  tracing: 'damaged descriptions of tracepoints',
  aux: 'hardware trace (AUX) data is not read',
  again: 'second description of the tracepoints',
  manyEvents: 'too many events',
  nested: 'compressed or file-level record inside compressed data',
  compressed: 'compressed records are damaged',
  expansion: 'compressed records expand beyond reason',
} as const;

const HEADER_BYTES = 8;
/** Bytes of the file looked at at once; a record is at most 64 KiB. */
const WINDOW_BYTES = 1 << 22;
/** `misc` bit of a LOST_SAMPLES record: these were left out by a filter that the user gave (`--filter` with BPF). */
const MISC_DROPPED_BY_FILTER = 1 << 15;
/**
 * Samples differ at least in their time, so they do not compress further than this; perf's own recordings reach about
 * 20. The floor lets short streams through, whatever is in them.
 */
const MAX_EXPANSION = 256;
const EXPANSION_FLOOR = 1 << 26;

/** Reads the records of a recording into a sink. */
export class RecordReader {
  /** Records read, those in compressed ones included, the compressed ones not. */
  records = 0;
  readonly ids = new EventIds();
  readonly samples: SampleReader;
  readonly #source: ByteSource;
  readonly #sink: EventSink;
  readonly #tasks = new TaskNames();
  readonly #losses: LossCount;
  #stopped = false;
  #inflater: ZstdStream | undefined;
  /** In the file: where the window begins. Inside compressed data: where the compressed record is. */
  #base = 0;
  #inCompressed = false;
  /** The beginning of a record whose end is in the next compressed record. */
  #carry: Uint8Array = new Uint8Array(0);

  constructor(source: ByteSource, sink: EventSink) {
    this.#source = source;
    this.#sink = sink;
    this.#losses = new LossCount(sink);
    this.samples = new SampleReader(sink, this.ids, this.#tasks);
  }

  /** Reads all records of a section, then reports threads and the losses told of at the end. */
  readAll(section: Section): void {
    const end = section.offset + section.size;
    let at = section.offset;
    while (at < end && !this.#stopped) {
      this.#base = at;
      const window = this.#source.readAt(at, Math.min(WINDOW_BYTES, end - at));
      const used = this.#walk(window);
      if (used === 0) {
        if (!this.#stopped) this.#sink.reject(REASON.cutRecord, at, 0);
        break;
      }
      at += used;
    }
    if (at > end) this.#sink.reject(REASON.cutRecord, end, 0);
    if (this.#carry.length > 0) this.#sink.reject(REASON.cutRecord, end, 0);
    this.#tasks.report(this.#sink);
    this.#losses.finish();
  }

  /** Reads the whole records of some bytes. How many bytes they took, data that follows a record included. */
  #walk(bytes: Uint8Array): number {
    const view = viewOf(bytes);
    let at = 0;
    while (at + HEADER_BYTES <= bytes.length && !this.#stopped) {
      const type = view.getUint32(at, true);
      const size = view.getUint16(at + 6, true) || wrappedSize(view, at, type);
      if (size < HEADER_BYTES) {
        this.#stopped = true;
        this.#sink.reject(REASON.size, this.#place(at), 0);
        break;
      }
      if (at + size > bytes.length) break;
      if (type === RECORD.sample) {
        this.records += 1;
        this.samples.read(view, at, at + size, this.#place(at));
      } else at += this.#other(type, bytes, view, at, at + size);
      at += size;
    }
    return at;
  }

  /** Handles a record that is no sample; gives the bytes of data that follow it outside its own size. */
  #other(type: number, bytes: Uint8Array, view: DataView, at: number, end: number): number {
    if (type === RECORD.compressed || type === RECORD.compressed2) {
      this.#inflate(type, bytes, view, at, end);
      return 0;
    }
    this.records += 1;
    switch (type) {
      case RECORD.lost:
        if (end - at < 24) this.#short(at);
        else this.#losses.lost(this.#cpuOf(view, at, end, readU64(view, at + 8)), readU64(view, at + 16));
        return 0;
      case RECORD.lostSamples:
        this.#lostSamples(view, at, end);
        return 0;
      case RECORD.throttle:
        if (end - at < 32) this.#short(at);
        else this.#losses.throttled(this.#cpuOf(view, at, end, readU64(view, at + 16)));
        return 0;
      case RECORD.comm:
        this.#comm(bytes, view, at, end);
        return 0;
      case RECORD.fork:
        if (end - at < 32) this.#short(at);
        else this.#tasks.fork(view.getUint32(at + 16, true), view.getUint32(at + 20, true));
        return 0;
      case RECORD.aux:
        this.#sink.reject(REASON.aux, this.#place(at), 0);
        return 0;
      case RECORD.idIndex:
        this.ids.readIndex(view, at, end);
        return 0;
      case RECORD.headerAttr:
        this.#attribute(view, at, end);
        return 0;
      case RECORD.tracingData:
      case RECORD.auxtrace:
        return this.#following(type, view, at, end);
      default:
        return 0;
    }
  }

  #lostSamples(view: DataView, at: number, end: number): void {
    if (end - at < 16) return this.#short(at);
    if (view.getUint16(at + 4, true) & MISC_DROPPED_BY_FILTER) return;
    const trailer = this.#trailer(view, at, end);
    const id = trailer !== undefined && trailer.id >= 0 ? readU64(view, end - trailer.length + trailer.id) : -1;
    this.#losses.lostSamples(this.ids.cpuOf(id), readU64(view, at + 8));
  }

  #comm(bytes: Uint8Array, view: DataView, at: number, end: number): void {
    const trailer = this.#trailer(view, at, end);
    const textEnd = end - (trailer?.length ?? 0);
    if (textEnd < at + 16) return this.#short(at);
    const since = trailer !== undefined && trailer.time >= 0 ? readU64(view, textEnd + trailer.time) : 0;
    const comm = readText(bytes, at + 16, textEnd);
    this.#tasks.name(view.getUint32(at + 12, true), view.getUint32(at + 8, true), comm, since);
  }

  #attribute(view: DataView, at: number, end: number): void {
    const record = new DataView(view.buffer, view.byteOffset + at, end - at);
    const attribute = this.#inCompressed ? undefined : readAttributeRecord(record);
    if (attribute === undefined) this.#sink.reject(REASON.attribute, this.#place(at), 0);
    else if (!this.samples.addEvent(attribute)) this.#sink.reject(REASON.manyEvents, this.#place(at), 0);
  }

  /** Records that are followed by data which their size does not count (pipe mode's tracepoint formats, AUX data). */
  #following(type: number, view: DataView, at: number, end: number): number {
    if (this.#inCompressed) {
      this.#stopped = true;
      this.#sink.reject(REASON.nested, this.#place(at), 0);
      return 0;
    }
    const isTracing = type === RECORD.tracingData;
    if (end - at < (isTracing ? 12 : 16)) {
      this.#short(at);
      return 0;
    }
    const size = isTracing ? view.getUint32(at + 8, true) : readU64(view, at + 8);
    if (isTracing) this.#tracingData(this.#base + end, size);
    else this.#sink.reject(REASON.aux, this.#place(at), 0);
    // perf pads the formats to eight bytes.
    return isTracing ? Math.ceil(size / 8) * 8 : size;
  }

  #tracingData(offset: number, size: number): void {
    if (this.samples.hasFormats) return this.#sink.reject(REASON.again, offset, 0);
    const bytes = this.#source.readAt(offset, Math.min(size, MAX_TRACING_BYTES));
    const { formats, complete } = readTracingData(bytes);
    if (!complete) this.#sink.reject(REASON.tracing, offset, 0);
    this.samples.setFormats(formats);
  }

  /** A piece of the one compressed stream; a COMPRESSED2 record says how long it is, as the record is padded. */
  #inflate(type: number, bytes: Uint8Array, view: DataView, at: number, end: number): void {
    const place = this.#place(at);
    if (this.#inCompressed) {
      this.#stopped = true;
      return this.#sink.reject(REASON.nested, place, 0);
    }
    const start = at + (type === RECORD.compressed ? 8 : 16);
    const size = type === RECORD.compressed ? end - start : start <= end ? readU64(view, at + 8) : -1;
    if (size < 0 || start + size > end) return this.#short(at);
    this.#inflater ??= new ZstdStream((piece) => this.#inflated(piece));
    const base = this.#base;
    this.#base = place;
    this.#inCompressed = true;
    const problem = this.#inflater.push(bytes.subarray(start, start + size));
    this.#inCompressed = false;
    this.#base = base;
    if (problem !== undefined) this.#sink.reject(REASON.compressed, place, 0);
  }

  #inflated(piece: Uint8Array): void {
    if (this.#stopped) return;
    const { taken, given } = this.#inflater!;
    if (given > EXPANSION_FLOOR && given > taken * MAX_EXPANSION) {
      this.#stopped = true;
      return this.#sink.reject(REASON.expansion, this.#base, 0);
    }
    const bytes = new Uint8Array(this.#carry.length + piece.length);
    bytes.set(this.#carry);
    bytes.set(piece, this.#carry.length);
    this.#carry = bytes.subarray(this.#walk(bytes));
  }

  /** The CPU of a record, as it says itself, else that of the event it names. */
  #cpuOf(view: DataView, at: number, end: number, id: number): number {
    const trailer = this.#trailer(view, at, end);
    if (trailer === undefined || trailer.cpu < 0) return this.ids.cpuOf(id);
    const cpu = view.getUint32(end - trailer.length + trailer.cpu, true);
    return cpu < NO_CPU ? cpu : -1;
  }

  #trailer(view: DataView, at: number, end: number) {
    const trailer = this.samples.trailerOf(view, end);
    return trailer !== undefined && at + HEADER_BYTES + trailer.length <= end ? trailer : undefined;
  }

  #short(at: number): void {
    this.#sink.reject(REASON.short, this.#place(at), 0);
  }

  #place(at: number): number {
    return this.#inCompressed ? this.#base : this.#base + at;
  }
}

/**
 * The size of a COMPRESSED2 record that perf padded to exactly 64 KiB, which its 16-bit size field holds as 0: the
 * header, its own data size and the data, padded. 0 for any other record.
 */
function wrappedSize(view: DataView, at: number, type: number): number {
  if (type !== RECORD.compressed2 || at + 16 > view.byteLength) return 0;
  const size = Math.ceil((16 + readU64(view, at + 8)) / 8) * 8;
  return size === 65_536 ? size : 0;
}

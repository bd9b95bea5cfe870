import type { EventSink } from '../event-sink.ts';
import { RowBatch } from '../row-batch.ts';
import { readAttributeRecord } from './attribute.ts';
import { readText, readU64, viewOf } from './binary.ts';
import { type ByteSource, WINDOW_BYTES } from './byte-source.ts';
import { CompressedRecords } from './compressed-records.ts';
import { EventIds } from './event-ids.ts';
import type { Section } from './file-header.ts';
import { LossCount } from './loss-count.ts';
import { HEADER_BYTES, RECORD } from './record-types.ts';
import { NO_CPU } from './row-limits.ts';
import type { SampleLayout } from './sample-layout.ts';
import { SampleReader } from './sample-reader.ts';
import { SampledEvents } from './sampled-events.ts';
import { StringField } from './string-field.ts';
import { TaskNames } from './task-names.ts';
import { MAX_TRACING_BYTES, readTracingData } from './tracing-data.ts';

/** Why a record cannot be used. */
const REASON = {
  size: 'record with an impossible size, the rest is unreadable',
  cut: 'last record is cut',
  short: 'record is shorter than its type says',
  attribute: 'damaged description of an event',
  tracing: 'damaged descriptions of tracepoints',
  again: 'second description of the tracepoints',
  manyEvents: 'too many events',
  aux: 'hardware trace (AUX) data is not read',
  nested: 'record inside compressed data that does not belong there',
} as const;

/** `misc` bit of a LOST_SAMPLES record: these were left out by a filter that the user gave (`--filter` with BPF). */
const MISC_DROPPED_BY_FILTER = 1 << 15;

/** Reads the records of a recording into a sink. */
export class RecordReader {
  readonly ids = new EventIds();
  readonly events: SampledEvents;
  readonly samples: SampleReader;
  readonly #batch: RowBatch;
  readonly #source: ByteSource;
  readonly #sink: EventSink;
  readonly #tasks = new TaskNames();
  readonly #losses: LossCount;
  readonly #compressed = new CompressedRecords((bytes) => this.#walk(bytes));
  /** Records read that are no samples, those in compressed ones included, the compressed ones not. */
  #others = 0;
  /** The record before cannot be passed over. */
  #stopped = false;
  /** In the file: where the window begins. Inside compressed data: where the compressed record is. */
  #base = 0;
  #inCompressed = false;

  constructor(source: ByteSource, sink: EventSink) {
    this.#source = source;
    this.#sink = sink;
    this.#losses = new LossCount(sink);
    this.events = new SampledEvents(this.ids, new StringField((text) => sink.string(text)));
    this.#batch = new RowBatch(sink);
    this.samples = new SampleReader(this.#batch, this.events, this.ids, this.#tasks);
  }

  /** Records read, those in compressed ones included, the compressed ones not. */
  get records(): number {
    return this.#others + this.samples.count;
  }

  /** Reads all records of a section, then reports threads and the losses told of at the end. A step is a window of the file. */
  *readAll(section: Section): Generator<void, void> {
    const end = section.offset + section.size;
    let at = section.offset;
    while (at < end && !this.#stopped) {
      this.#base = at;
      const used = this.#walk(this.#windowAt(at, Math.min(WINDOW_BYTES, end - at)));
      if (used === 0) break;
      at += used;
      this.#source.goOn?.(at);
      yield;
    }
    const isCut = at !== end || this.#compressed.isCut;
    if (isCut && !this.#stopped) this.#sink.reject(REASON.cut, Math.min(at, end), 0);
    this.#tasks.report(this.#sink);
    this.#losses.finish();
  }

  #windowAt(at: number, length: number): Uint8Array {
    return this.#source.window?.(at, length) ?? this.#source.readAt(at, length);
  }

  /** Reads the whole records of some bytes. How many bytes they took, data that follows a record included. */
  #walk(bytes: Uint8Array): number {
    const view = viewOf(bytes);
    const { samples } = this;
    let at = 0;
    while (!this.#stopped) {
      at = samples.read(view, at, bytes.length);
      if (at + HEADER_BYTES > bytes.length) break;
      const type = view.getUint32(at, true);
      const size = view.getUint16(at + 6, true) || wrappedSize(view, at, type);
      if (size < HEADER_BYTES) {
        this.#stop(REASON.size, at);
        break;
      }
      const end = at + size;
      if (end > bytes.length) break;
      this.#batch.handOver();
      const isSample = type === RECORD.sample;
      const reason = isSample ? samples.refusal : this.#other(type, bytes, view, at, end);
      if (reason !== undefined) this.#sink.reject(reason, this.#place(at), 0);
      at = isSample ? end : end + this.#following(type, view, at, end);
    }
    this.#batch.handOver();
    return at;
  }

  /** Handles a record that is no sample. Returns why it cannot be used, if so. */
  #other(type: number, bytes: Uint8Array, view: DataView, at: number, end: number): string | undefined {
    if (type === RECORD.compressed || type === RECORD.compressed2) {
      return this.#inflate(type, bytes, view, at, end);
    }
    this.#others += 1;
    switch (type) {
      case RECORD.lost:
        return this.#lost(view, at, end);
      case RECORD.lostSamples:
        return this.#lostSamples(view, at, end);
      case RECORD.throttle:
        return this.#throttle(view, at, end);
      case RECORD.comm:
        return this.#comm(bytes, view, at, end);
      case RECORD.fork:
        return this.#fork(view, at, end);
      case RECORD.headerAttr:
        return this.#attribute(view, at, end);
      case RECORD.tracingData:
        return this.#tracingData(view, at, end);
      case RECORD.aux:
      case RECORD.auxtrace:
        return REASON.aux;
      case RECORD.finishedRound:
        // Who takes rows before the end needs to know whose they are.
        this.#tasks.reportChanged(this.#sink);
        this.#sink.round?.();
        return undefined;
      case RECORD.idIndex:
        this.ids.readIndex(view, at, end);
        return undefined;
      default:
        return undefined;
    }
  }

  /** The bytes behind a record that belong to it without being in its size: formats in pipe mode, and AUX data. */
  #following(type: number, view: DataView, at: number, end: number): number {
    const isTracing = type === RECORD.tracingData && end - at >= 12;
    const isAux = type === RECORD.auxtrace && end - at >= 16;
    if (!isTracing && !isAux) return 0;
    if (this.#inCompressed) {
      this.#stop(REASON.nested, at);
      return 0;
    }
    // perf pads the formats to eight bytes.
    return isTracing ? Math.ceil(view.getUint32(at + 8, true) / 8) * 8 : readU64(view, at + 8);
  }

  #lost(view: DataView, at: number, end: number): string | undefined {
    if (end - at < 24) return REASON.short;
    this.#losses.lost(this.#cpuOf(view, at, end, readU64(view, at + 8)), readU64(view, at + 16));
    return undefined;
  }

  #throttle(view: DataView, at: number, end: number): string | undefined {
    if (end - at < 32) return REASON.short;
    this.#losses.throttled(this.#cpuOf(view, at, end, readU64(view, at + 16)));
    return undefined;
  }

  #lostSamples(view: DataView, at: number, end: number): string | undefined {
    if (end - at < 16) return REASON.short;
    if (view.getUint16(at + 4, true) & MISC_DROPPED_BY_FILTER) return undefined;
    const trailer = this.#trailer(view, at, end);
    const id =
      trailer === undefined || trailer.id < 0 ? -1 : readU64(view, end - trailer.length + trailer.id);
    this.#losses.lostSamples(this.ids.cpuOf(id), readU64(view, at + 8));
    return undefined;
  }

  #comm(bytes: Uint8Array, view: DataView, at: number, end: number): string | undefined {
    const trailer = this.#trailer(view, at, end);
    const textEnd = end - (trailer?.length ?? 0);
    if (textEnd < at + 16) return REASON.short;
    const since = trailer === undefined || trailer.time < 0 ? 0 : readU64(view, textEnd + trailer.time);
    const comm = readText(bytes, at + 16, textEnd);
    this.#tasks.name(view.getUint32(at + 12, true), view.getUint32(at + 8, true), comm, since);
    return undefined;
  }

  #fork(view: DataView, at: number, end: number): string | undefined {
    if (end - at < 32) return REASON.short;
    this.#tasks.fork(view.getUint32(at + 16, true), view.getUint32(at + 20, true));
    return undefined;
  }

  #attribute(view: DataView, at: number, end: number): string | undefined {
    const attribute = readAttributeRecord(new DataView(view.buffer, view.byteOffset + at, end - at));
    if (attribute === undefined) return REASON.attribute;
    return this.events.add(attribute) ? undefined : REASON.manyEvents;
  }

  #tracingData(view: DataView, at: number, end: number): string | undefined {
    if (end - at < 12) return REASON.short;
    if (this.#inCompressed) return undefined;
    if (this.events.hasFormats) return REASON.again;
    const size = Math.min(view.getUint32(at + 8, true), MAX_TRACING_BYTES);
    const { formats, complete } = readTracingData(this.#source.readAt(this.#base + end, size));
    this.events.setFormats(formats);
    return complete ? undefined : REASON.tracing;
  }

  /** A piece of the compressed stream; a COMPRESSED2 record is padded and says how long its piece is. */
  #inflate(type: number, bytes: Uint8Array, view: DataView, at: number, end: number): string | undefined {
    if (this.#inCompressed) return REASON.nested;
    const start = at + (type === RECORD.compressed ? 8 : 16);
    if (start > end) return REASON.short;
    const size = type === RECORD.compressed ? end - start : readU64(view, at + 8);
    if (start + size > end) return REASON.short;
    const base = this.#base;
    this.#base += at;
    this.#inCompressed = true;
    const problem = this.#compressed.push(bytes.subarray(start, start + size));
    this.#inCompressed = false;
    this.#base = base;
    return problem;
  }

  /** The CPU of a record, as it says itself, else that of the event it names; -1 = neither. */
  #cpuOf(view: DataView, at: number, end: number, id: number): number {
    const trailer = this.#trailer(view, at, end);
    if (trailer === undefined || trailer.cpu < 0) return this.ids.cpuOf(id);
    const cpu = view.getUint32(end - trailer.length + trailer.cpu, true);
    return cpu < NO_CPU ? cpu : -1;
  }

  #trailer(view: DataView, at: number, end: number): SampleLayout['trailer'] | undefined {
    const trailer = this.events.trailerOf(view, end);
    return trailer !== undefined && at + HEADER_BYTES + trailer.length <= end ? trailer : undefined;
  }

  #stop(reason: string, at: number): void {
    this.#stopped = true;
    this.#sink.reject(reason, this.#place(at), 0);
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

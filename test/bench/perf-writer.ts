/**
 * Writes drawn events as perf.data: a buffer for each CPU, emptied one after the other in rounds, as `perf record` does.
 * Header, attributes, descriptions of tracepoints and features are those of a real recording, of which no sample is kept.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { readAttributes } from '../../parsers/perf-data/attribute.ts';
import { sourceOfBytes } from '../../parsers/perf-data/byte-source.ts';
import { FEATURE, readHeader } from '../../parsers/perf-data/file-header.ts';
import type { TracepointFormat } from '../../parsers/perf-data/tracepoint-format.ts';
import { readTracingData } from '../../parsers/perf-data/tracing-data.ts';
import type { LineTemplate, LineValues } from './line-template.ts';
import { type DrawnSample, drawSample, writeValue } from './perf-samples.ts';
import type { TraceWriter } from './timeline.ts';

/** PERF_RECORD_* */
const RECORD = { comm: 3, sample: 9, finishedRound: 68 } as const;
const HEADER_BYTES = 8;
/** IDENTIFIER, IP, TID, TIME, CPU and PERIOD, as the recording's attributes ask for them, before RAW. */
const FIXED_BYTES = HEADER_BYTES + 6 * 8;
const KERNEL = 1;
const COMM_BYTES = 16;
/** What identifies a record that is no sample: TID, TIME, CPU and IDENTIFIER. */
const TRAILER_BYTES = 4 * 8;
/** A CPU's buffer; perf empties all of them when one is half full. */
const ROUND_BYTES = 1 << 19;
const LONGEST_RECORD = 1 << 10;

/** Size of the data section, in the header of a perf.data file. */
const DATA_SIZE_AT = 48;
const FEATURES_AT = 72;
/** `struct perf_event_attr` without config3, which Linux 6.3 added: perf before it refuses files with it. */
const OLD_ATTRIBUTE = 128;
/** Behind each attribute: place and size of its event's identifiers. */
const IDS_BYTES = 16;

interface Template extends DrawnSample {
  /** The whole record. */
  readonly record: Buffer;
}

interface Described {
  readonly header: Buffer;
  readonly tail: Buffer;
  readonly dataSize: number;
  readonly formats: ReadonlyMap<string, TracepointFormat>;
  /** Identifiers of each tracepoint's event, one for each CPU. */
  readonly ids: ReadonlyMap<number, readonly number[]>;
}

/** Writes a perf.data file with another one's descriptions. */
export class PerfWriter implements TraceWriter {
  readonly #file: number;
  readonly #described: Described;
  readonly #templates = new Map<LineTemplate, Template | undefined>();
  readonly #named = new Set<number>();
  readonly #cpus: { readonly bytes: Buffer; used: number }[] = [];
  #written = 0;

  constructor(path: string, like: string) {
    this.#described = describe(readFileSync(like));
    this.#file = openSync(path, 'w');
    writeSync(this.#file, this.#described.header);
  }

  event(line: LineTemplate, ns: number, values: LineValues): boolean {
    let template = this.#templates.get(line);
    if (template === undefined && !this.#templates.has(line)) {
      template = this.#prepare(line);
      this.#templates.set(line, template);
    }
    if (template === undefined) return false;
    const { record, places, cpu, tid } = template;
    const buffer = this.#buffer(cpu);
    if (buffer.used + LONGEST_RECORD > ROUND_BYTES) this.#round();
    if (!this.#named.has(tid)) this.#name(template, ns);
    const { bytes, used } = buffer;
    bytes.set(record, used);
    writeTime(bytes, used + HEADER_BYTES + 24, ns);
    for (const { name, field } of places) writeValue(bytes, used + FIXED_BYTES + 4, field, values[name]);
    buffer.used = used + record.length;
    return true;
  }

  finish(): void {
    this.#round();
    const { header, tail, dataSize } = this.#described;
    header.writeBigUInt64LE(BigInt(this.#written), DATA_SIZE_AT);
    moveFeatures(header, tail, BigInt(this.#written - dataSize));
    writeSync(this.#file, tail);
    writeSync(this.#file, header, 0, header.length, 0);
    closeSync(this.#file);
  }

  #buffer(cpu: number): { bytes: Buffer; used: number } {
    while (this.#cpus.length <= cpu) this.#cpus.push({ bytes: Buffer.alloc(ROUND_BYTES), used: 0 });
    return this.#cpus[cpu]!;
  }

  #round(): void {
    for (const buffer of this.#cpus) {
      this.#write(buffer.bytes.subarray(0, buffer.used));
      buffer.used = 0;
    }
    this.#write(recordOf(RECORD.finishedRound, 0, 0));
  }

  #write(bytes: Buffer): void {
    writeSync(this.#file, bytes);
    this.#written += bytes.length;
  }

  #prepare(line: LineTemplate): Template | undefined {
    const { formats, ids } = this.#described;
    const drawn = drawSample(line, formats);
    if (drawn === undefined) return undefined;
    const { raw, pid, tid, cpu } = drawn;
    const own = ids.get(formats.get(drawn.event)!.id)!;
    const record = recordOf(RECORD.sample, KERNEL, FIXED_BYTES - HEADER_BYTES + 4 + raw.length);
    record.writeBigUInt64LE(BigInt(own[cpu % own.length]!), HEADER_BYTES);
    record.writeUInt32LE(pid, HEADER_BYTES + 16);
    record.writeUInt32LE(tid, HEADER_BYTES + 20);
    record.writeUInt32LE(cpu, HEADER_BYTES + 32);
    record.writeUInt32LE(1, HEADER_BYTES + 40);
    record.writeUInt32LE(record.length - FIXED_BYTES - 4, FIXED_BYTES);
    raw.copy(record, FIXED_BYTES + 4);
    return { ...drawn, record };
  }

  /** A COMM record: the name of a thread, once, before its first sample. */
  #name({ comm, pid, tid, cpu }: DrawnSample, ns: number): void {
    this.#named.add(tid);
    const record = recordOf(RECORD.comm, 0, 8 + COMM_BYTES + TRAILER_BYTES);
    record.writeUInt32LE(pid, HEADER_BYTES);
    record.writeUInt32LE(tid, HEADER_BYTES + 4);
    record.write(comm.slice(0, COMM_BYTES - 1), HEADER_BYTES + 8, 'latin1');
    const trailer = record.length - TRAILER_BYTES;
    record.writeUInt32LE(pid, trailer);
    record.writeUInt32LE(tid, trailer + 4);
    writeTime(record, trailer + 8, ns);
    record.writeUInt32LE(cpu, trailer + 16);
    record.writeBigUInt64LE(BigInt([...this.#described.ids.values()][0]![0]!), trailer + 24);
    const buffer = this.#buffer(cpu);
    record.copy(buffer.bytes, buffer.used);
    buffer.used += record.length;
  }
}

function recordOf(type: number, misc: number, bytes: number): Buffer {
  const record = Buffer.alloc(Math.ceil((HEADER_BYTES + bytes) / 8) * 8);
  record.writeUInt32LE(type, 0);
  record.writeUInt16LE(misc, 4);
  record.writeUInt16LE(record.length, 6);
  return record;
}

function writeTime(bytes: Buffer, at: number, ns: number): void {
  const whole = Math.round(ns);
  bytes.writeUInt32LE(whole % 2 ** 32, at);
  bytes.writeUInt32LE(Math.floor(whole / 2 ** 32), at + 4);
}

function describe(file: Buffer): Described {
  const source = sourceOfBytes(file);
  const parsed = readHeader(source);
  if (typeof parsed === 'string' || parsed.mode === 'pipe') throw new Error('not a file of perf record');
  const attributes = readAttributes(source, parsed);
  const place = parsed.features.get(FEATURE.tracingData)!;
  const { formats } = readTracingData(source.readAt(place.offset, place.size));
  if (typeof attributes === 'string') throw new Error(attributes);
  const { offset, size } = parsed.data;
  const header = Buffer.from(file.subarray(0, offset));
  shortenAttributes(header);
  return {
    header,
    tail: Buffer.from(file.subarray(offset + size)),
    dataSize: size,
    formats: new Map([...formats.values()].map((format) => [format.name, format])),
    ids: new Map(attributes.map(({ config, ids }) => [config, ids])),
  };
}

/** Writes the attributes as older versions of perf did; none of them uses what is left out. */
function shortenAttributes(header: Buffer): void {
  const stride = Number(header.readBigUInt64LE(16));
  const first = Number(header.readBigUInt64LE(24));
  const count = Number(header.readBigUInt64LE(32)) / stride;
  if (stride <= OLD_ATTRIBUTE + IDS_BYTES) return;
  for (let attribute = 0; attribute < count; attribute++) {
    const from = first + attribute * stride;
    const to = first + attribute * (OLD_ATTRIBUTE + IDS_BYTES);
    header.copy(header, to, from, from + OLD_ATTRIBUTE);
    header.writeUInt32LE(OLD_ATTRIBUTE, to + 4);
    header.copy(header, to + OLD_ATTRIBUTE, from + stride - IDS_BYTES, from + stride);
  }
  header.writeBigUInt64LE(BigInt(OLD_ATTRIBUTE + IDS_BYTES), 16);
  header.writeBigUInt64LE(BigInt(count * (OLD_ATTRIBUTE + IDS_BYTES)), 32);
}

/** The features lie behind the data, each with its place in the file: a table of offset and size for each bit. */
function moveFeatures(header: Buffer, tail: Buffer, by: bigint): void {
  let features = 0;
  for (let bit = 0; bit < 256; bit++) features += (header[FEATURES_AT + (bit >> 3)]! >> (bit & 7)) & 1;
  for (let at = 0; at < features * 16; at += 16) tail.writeBigUInt64LE(tail.readBigUInt64LE(at) + by, at);
}

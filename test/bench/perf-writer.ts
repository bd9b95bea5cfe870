/**
 * Writes drawn events as perf.data: a buffer for each CPU, emptied one after the other in rounds, as `perf record` does. SYNTHETIC.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { LineTemplate, LineValues } from './line-template.ts';
import type { PerfHeader } from './perf-header.ts';
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

interface Template extends DrawnSample {
  /** The whole record. */
  readonly record: Buffer;
}

/** Writes a perf.data file with another one's descriptions. */
export class PerfWriter implements TraceWriter {
  readonly #file: number;
  readonly #header: PerfHeader;
  readonly #begin: number;
  readonly #templates = new Map<LineTemplate, Template>();
  readonly #named = new Set<number>();
  readonly #cpus: { readonly bytes: Buffer; used: number }[] = [];
  #written = 0;

  /** `header` is taken from a recording of the same kind of machine. */
  constructor(path: string, header: PerfHeader) {
    this.#header = header;
    this.#file = openSync(path, 'w');
    this.#begin = writeSync(this.#file, header.before(0));
  }

  event(line: LineTemplate, ns: number, values: LineValues): void {
    let template = this.#templates.get(line);
    if (template === undefined) {
      template = this.#prepare(line);
      this.#templates.set(line, template);
    }
    const { record, places, cpu, tid } = template;
    const buffer = this.#buffer(cpu);
    if (buffer.used + LONGEST_RECORD > ROUND_BYTES) this.#round();
    if (!this.#named.has(tid)) this.#name(template, ns);
    const { bytes, used } = buffer;
    bytes.set(record, used);
    writeTime(bytes, used + HEADER_BYTES + 24, ns);
    for (const { name, field } of places) writeValue(bytes, used + FIXED_BYTES + 4, field, values[name]);
    buffer.used = used + record.length;
  }

  finish(): void {
    this.#round();
    writeSync(this.#file, this.#header.behind(this.#begin + this.#written));
    const before = this.#header.before(this.#written);
    writeSync(this.#file, before, 0, before.length, 0);
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

  #prepare(line: LineTemplate): Template {
    const { formats, ids } = this.#header;
    const drawn = drawSample(line, formats);
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
    record.writeBigUInt64LE(BigInt([...this.#header.ids.values()][0]![0]!), trailer + 24);
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

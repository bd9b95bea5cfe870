/**
 * perf.data, as `perf record` writes it to a file or a pipe, read without perf: tracepoints, kprobes and uprobes with
 * raw data, from Linux 4.x to 7.x, compressed (`-z`) or not.
 *
 * perf itself is not asked because it leaves out or misprints what matters here: `perf script` drops samples taken
 * while a guest was running unless given --guestkallsyms, and cannot print nvme events. Here a sample is a sample,
 * whatever the CPU was doing. Records are in the order of the file, which is by CPU buffer and not by time.
 *
 * The descriptions of tracepoints stand behind the samples, so `parse` holds a stream in memory, up to MAX_COLLECTED_BYTES; `parseFile`
 * reads it where it lies.
 *
 * Not read: callchains, registers, hardware traces (AUX), `perf record --threads` folders, big-endian files.
 */
import type { EventSink } from './event-sink.ts';
import type { Format, ParseReport } from './format.ts';
import { clockOf, readAttributes } from './perf-data/attribute.ts';
import { type ByteSource, collectBytes } from './perf-data/byte-source.ts';
import {
  dataSection,
  FEATURE,
  hasPerfMagic,
  type PerfHeader,
  pipePrologue,
  readHeader,
} from './perf-data/file-header.ts';
import { RecordReader } from './perf-data/record-reader.ts';
import { MAX_TRACING_BYTES, readTracingData } from './perf-data/tracing-data.ts';

const REASON = {
  tooLarge: 'larger than 2 GiB, which is not read from a stream',
  unfinished: 'perf record did not end properly: descriptions at its end are missing',
  cut: 'file is cut: descriptions at its end are missing',
  tracing: 'damaged descriptions of tracepoints',
  clocks: 'events are stamped with different clocks',
} as const;

/** The format of perf.data files. */
export const perfData: Format = {
  name: 'perf.data',
  sniff: hasPerfMagic,
  async parse(chunks: AsyncIterable<Uint8Array>, sink: EventSink): Promise<ParseReport> {
    const source = await collectBytes(chunks);
    if (source !== undefined) return readPerfData(source, sink);
    sink.reject(REASON.tooLarge, 0, 0);
    return EMPTY;
  },
  parseFile: readInSteps,
  windowed(head, length) {
    const data = dataSection(head, length);
    if (data !== undefined) return { from: data.offset, to: data.offset + data.size };
    const from = pipePrologue(head);
    return from === undefined || from > length ? undefined : { from, to: length };
  },
};

const EMPTY: ParseReport = { unit: 'ns', roundingNs: 0, clock: 'unknown', records: 0, unused: 0 };

/** Reads a whole recording into the sink. Never throws for what it holds; what cannot be used is rejected. */
export function readPerfData(source: ByteSource, sink: EventSink): ParseReport {
  const steps = readInSteps(source, sink);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function* readInSteps(source: ByteSource, sink: EventSink): Generator<ParseReport, ParseReport> {
  const header = readHeader(source);
  if (typeof header === 'string') {
    sink.reject(header, 0, 0);
    return EMPTY;
  }
  const reader = new RecordReader(source, sink);
  if (header.mode === 'file' && !prepare(source, header, reader, sink)) return EMPTY;
  for (const _ of reader.readAll(header.data)) yield reportOf(reader);
  if (clockOf(reader.events.attributes) === 'mixed') sink.reject(REASON.clocks, 0, 0);
  return reportOf(reader);
}

function reportOf(reader: RecordReader): ParseReport {
  const clock = clockOf(reader.events.attributes);
  return {
    unit: 'ns',
    roundingNs: 0,
    clock: clock === 'mixed' ? 'unknown' : clock,
    records: reader.records,
    unused: reader.samples.unused,
    cpus: reader.ids.cpuCount || undefined,
  };
}

/** Gives the reader what a file says about its events outside its records; false when it says nothing usable. */
function prepare(
  source: ByteSource,
  header: PerfHeader & { mode: 'file' },
  reader: RecordReader,
  sink: EventSink,
): boolean {
  if (header.cut) sink.reject(REASON.cut, source.length, 0);
  if (header.unfinished) sink.reject(REASON.unfinished, 0, 0);
  const attributes = readAttributes(source, header);
  if (typeof attributes === 'string') {
    sink.reject(attributes, header.attributes.offset, 0);
    return false;
  }
  for (const attribute of attributes) reader.events.add(attribute);
  const place = header.features.get(FEATURE.tracingData);
  if (place === undefined) return true;
  const bytes = source.readAt(place.offset, Math.min(place.size, MAX_TRACING_BYTES));
  const { formats, complete } = readTracingData(bytes);
  if (!complete) sink.reject(REASON.tracing, place.offset, 0);
  reader.events.setFormats(formats);
  return true;
}

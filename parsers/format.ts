import type { BlockFormat } from './block-format.ts';
import type { EventSink } from './event-sink.ts';
import type { ByteSource } from './perf-data/byte-source.ts';

/** The clock a stream is stamped with, as far as the stream itself tells. */
export type ClockId = 'mono' | 'mono_raw' | 'boot' | 'realtime' | 'tai' | 'local' | 'x86-tsc' | 'unknown';

/** Bytes of a stream, from one place to before another. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What a parser found out about the stream beside its events. */
export interface ParseReport {
  /** Format the events were first read from, where the stream is a copy of what was read; foreign text. */
  readonly format?: string | undefined;
  /** 'ns': times are seconds and nanoseconds. 'ticks': a raw counter whose rate the stream does not tell. */
  readonly unit: 'ns' | 'ticks';
  /** Half-width of the rounding of each time stamp, in units (500 for microseconds rounded to nearest, 0 if exact). */
  readonly roundingNs: number;
  /** The clock, 'unknown' where the stream does not say (tracefs text never does: mono, boot and local look alike). */
  readonly clock: ClockId;
  /** Lines or records read. */
  readonly records: number;
  /** Events that iotrace has no use for, left out. */
  readonly unused: number;
  /** Events the stream claims to hold, where it does (tracefs "entries-in-buffer"); to be held against what was read. */
  readonly claimed?: number | undefined;
  /** Events the tracer says were written but are gone (tracefs "entries-written" less "entries-in-buffer"). */
  readonly overwritten?: number | undefined;
  /** CPUs the stream says it covers. */
  readonly cpus?: number | undefined;
}

/** A readable trace format. One file per format; `formats.ts` lists them in the order they are tried. */
export interface Format {
  /** Name shown to users: 'tracefs text', 'perf.data' … */
  readonly name: string;
  /** True when the stream begins like this format. `head` is the first 64 KiB, already decompressed. Never looks at a name. */
  sniff(head: Uint8Array): boolean;
  /**
   * Reads a whole stream, given as chunks cut anywhere, into the sink. Never throws for what the stream holds:
   * what cannot be used is rejected with a reason and a place. Rejects the promise only when reading itself fails.
   */
  parse(chunks: AsyncIterable<Uint8Array>, sink: EventSink): Promise<ParseReport>;
  /**
   * Reads a stream that can be read at any place, without holding it: for formats whose end has to be known first. A step is a few
   * megabytes; between two of them, which is when whoever reads may stop, it says what it knows of the stream. Throws only what
   * the source throws.
   */
  parseFile?(source: ByteSource, sink: EventSink): Generator<ParseReport, ParseReport>;
  /**
   * Of a stream that `parseFile` reads: the stretch that it goes through once, by windows; what lies before and behind is read at any place.
   * `head` is the first 64 KiB of `length` bytes. Undefined where the stream is none that has such a stretch.
   */
  windowed?(head: Uint8Array, length: number): Stretch | undefined;
  /** Where a stream can be read by several threads. */
  readonly blocks?: BlockFormat;
}

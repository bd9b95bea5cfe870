/** What records: one interface for the kernel's tracefs, perf and bpftrace, here or in a guest. */
import type { FactText } from './machine-facts.ts';
import type { TraceFiles } from './tracefs/trace-files.ts';
import type { TraceClock } from './tracefs/trace-instance.ts';
import type { FoundPoint } from './wanted-point.ts';
import type { Watchdog } from './watchdog.ts';

/** What a tracer needs to know before it is prepared. */
export interface TracerPlan {
  readonly files: TraceFiles;
  /** Name of the recording while it runs (`newRunName`): all that it makes is called after it. */
  readonly name: string;
  readonly machine: 'host' | 'guest';
  readonly points: readonly FoundPoint[];
  /** For each CPU, and once more where points of both scopes are kept apart. */
  readonly bufferKib: number;
  /** CLOCK_MONOTONIC unless given; only tracefs has another. */
  readonly clock?: TraceClock | undefined;
  /** Existing folder for the streams, and the most bytes of them. */
  readonly folder: string;
  readonly maxBytes: number;
}

/** The tasks that points of scope `tasks` are recorded of. */
export type TaskChoice =
  | 'all'
  /** These and what they start from now on. */
  | { readonly only: readonly number[] }
  /** These threads, and nothing they start. */
  | { readonly exactly: readonly number[] }
  | { readonly but: readonly number[] };

/** What is known when a tracer is prepared. */
export interface Setting {
  readonly tasks: TaskChoice;
  /** Is told of everything that would outlive iotrace, before it is there. */
  readonly watchdog: Watchdog;
}

/** What is left to do after a pass. */
export type PassEnd =
  /** Nothing for now. */
  | 'empty'
  /** More than one pass takes: come back at once. */
  | 'behind'
  /** No more may be kept; the recording should end. */
  | 'full'
  /** The machine cannot be reached any more; the recording should end. */
  | 'gone';

/** What a tracer counted of one stream. */
export interface StreamCounts {
  /** Events that are in the stream; undefined where the tracer counts nothing but what it lost. */
  readonly delivered: number | undefined;
  /** Events that fired and are not in it. */
  readonly lost: number;
}

/** A stream, as the tracer wrote it. */
export interface RecordedStream {
  /** Name of the file in the bundle: `machine-cpu0.trace`. */
  readonly name: string;
  readonly machine: 'host' | 'guest';
  /** Name of the format that reads it, of `parsers/formats.ts`. */
  readonly format: string;
  /** The clock it was told to stamp with, where the stream does not say. */
  readonly clock?: TraceClock | undefined;
  readonly file: string;
  readonly bytes: number;
  readonly counts: StreamCounts;
}

/** What is left of a recording. */
export interface Recorded {
  /** Streams of a clock that prints microseconds: at equal times what comes first here happened first. */
  readonly streams: readonly RecordedStream[];
  /** Events that were lost where nothing else arrived. */
  readonly lostElsewhere: number;
  /** Small texts that `parsers/facts` reads, which only the tracer could take: readings of two clocks. */
  readonly readings?: readonly FactText[] | undefined;
  /** A sentence each for the report: why this tracer, points it could not arm, hits it missed. */
  readonly notes: readonly string[];
}

/**
 * Records one machine. Called in this order: prepare, on, pass (often), off, collect; undo always, whatever came before, and
 * it may come at any time. All reject with an IotraceError.
 */
export interface Tracer {
  /** Arms everything and records nothing yet. Names of the points that turned out not to be there. */
  prepare(setting: Setting): Promise<readonly string[]>;
  /** Events are kept from here on. */
  on(): Promise<void>;
  /** Moves what was recorded to where it is kept: a bounded amount of work. */
  pass(): Promise<PassEnd>;
  /** Events lost so far; undefined where that cannot be told while recording. */
  lostSoFar(): Promise<number | undefined>;
  /** No event is kept from here on; what was recorded is all in its files. */
  off(): Promise<void>;
  /** The streams; their files stay after undo. */
  collect(): Promise<Recorded>;
  /** Takes everything back but the files. Does nothing when there is nothing to take back. */
  undo(): Promise<void>;
}

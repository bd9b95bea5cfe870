/**
 * Reading one stream in several threads. The stream's beginning is read as ever. As soon as it has shown what later lines
 * depend on, the rest can be cut into blocks of whole lines, each read by itself from that state. A block that finds the
 * state changed, or leaves it changed, says so: it and what follows it are then read as ever. So the rows, their order, the
 * names and the places of what was rejected are those of one reader that reads from beginning to end.
 */
import type { EventSink } from './event-sink.ts';
import type { ParseReport } from './format.ts';

/** What later lines depend on. For the format alone to understand; can be sent to another thread. */
export type StreamState = Readonly<Record<string, unknown>>;

/** What a block adds to the report of its stream. */
export interface BlockNotes {
  /** False: what was read of the block may be wrong, because lines in it change how lines are read. */
  readonly holds: boolean;
  readonly lines: number;
  readonly events: number;
  readonly unused: number;
  /** Where the times are a counter: the last one, roughly; else -1. */
  readonly lastTicks: number;
}

/** Reads a stream's beginning, takes what others read of the blocks behind it, and reports on the whole. */
export interface StreamReader {
  /** The number of the next line. */
  readonly line: number;
  /** Reads bytes that follow those before. */
  push(bytes: Uint8Array): void;
  /** What blocks can be read from; undefined before the first event. */
  state(): StreamState | undefined;
  /** Takes back the bytes that were pushed and end in no line yet, for the next block; undefined where it has none to give. */
  takeRest(): Uint8Array | undefined;
  /** Takes what was read of the next block, of so many bytes, if it holds; its rows and losses are the caller's. */
  join(notes: BlockNotes, bytes: number): void;
  /** A task of a block, as its reader told of it. */
  task(tid: number, comm: string, tgid: number | undefined): void;
  /** The stream has ended. */
  finish(): ParseReport;
}

/** Reads blocks of one stream, each behind the last it read; others may read blocks between them. */
export interface BlockReader {
  /**
   * Reads whole lines that begin `offset` bytes into the stream, in parts cut anywhere. The sink is told of a string or a task
   * only when this reader meets it first, and places it by lines counted from 1 in the block.
   */
  read(lines: readonly Uint8Array[], offset: number): BlockNotes;
}

/** A format whose streams can be read in blocks. */
export interface BlockFormat {
  readonly name: string;
  /** The reader of a stream from its beginning. */
  streamReader(sink: EventSink): StreamReader;
  /** A reader of blocks that are read from this state. */
  blockReader(sink: EventSink, state: StreamState): BlockReader;
}

/** What a sliced stream is fed by: a step at a time, rows go into its builder. Chunks of bytes, or a source that is read at any place. */
import { setImmediate } from 'node:timers/promises';
import type { Format, ParseReport } from '../../parsers/format.ts';
import type { EventTableBuilder } from '../trace/event-table-builder.ts';
import { RoundSink } from '../trace/round-sink.ts';
import type { SteppedSource } from './file-source.ts';
import { GatedChunks } from './gated-chunks.ts';
import type { BlockThreads } from './read-in-blocks.ts';
import { readRows } from './read-source.ts';

/** Reads a stream bit by bit. */
export interface StreamFeed {
  /** What the stream came to, once it has ended. */
  readonly report: ParseReport | undefined;
  readonly failure: { readonly error: unknown } | undefined;
  /** Reads some more; returns when its rows are there. Never rejects. */
  more(): Promise<void>;
  /** Reads no more and ends what reads. */
  close(): Promise<void>;
}

/** Chunks that are handed on one at a time to whoever parses them. */
export class ChunkFeed implements StreamFeed {
  report: ParseReport | undefined;
  failure: { readonly error: unknown } | undefined;
  readonly #chunks: GatedChunks;
  /** Settles when the stream has ended, failed or been closed; never rejects. */
  readonly #parsing: Promise<void>;

  constructor(
    format: Format,
    chunks: AsyncIterable<Uint8Array>,
    builder: EventTableBuilder,
    bytes: number,
    threads: BlockThreads | undefined,
  ) {
    this.#chunks = new GatedChunks(chunks);
    this.#parsing = readRows(format, this.#chunks, builder, bytes, threads)
      .then(
        (report) => {
          this.report = report;
        },
        (error: unknown) => {
          this.failure = { error };
        },
      )
      .then(() => this.#chunks.done());
  }

  more(): Promise<void> {
    return this.#chunks.handOn();
  }

  async close(): Promise<void> {
    try {
      await this.#chunks.close();
    } finally {
      await this.#parsing;
    }
  }
}

/** A source of a format with `parseFile`. */
export class SourceFeed implements StreamFeed {
  report: ParseReport | undefined;
  /** What is known of the stream so far. */
  known: ParseReport | undefined;
  failure: { readonly error: unknown } | undefined;
  readonly #source: SteppedSource;
  readonly #rounds: RoundSink;
  readonly #steps: Generator<ParseReport, ParseReport>;
  readonly #onBytes: (bytes: number) => void;
  #told = 0;

  /** `onBytes` hears how many more bytes were read. The source is closed with it. */
  constructor(
    source: SteppedSource,
    format: Format,
    builder: EventTableBuilder,
    onBytes: (bytes: number) => void = () => undefined,
  ) {
    this.#source = source;
    this.#rounds = new RoundSink(builder);
    this.#steps = format.parseFile!(source, this.#rounds);
    this.#onBytes = onBytes;
  }

  async more(): Promise<void> {
    // Signals are heard between two steps.
    await setImmediate();
    try {
      await this.#source.ready();
      const step = this.#steps.next();
      this.known = step.value;
      if (step.done === true) {
        this.#rounds.finish();
        this.report = step.value;
      }
    } catch (error) {
      this.failure = { error };
    }
    this.#onBytes(this.#source.reached - this.#told);
    this.#told = this.#source.reached;
  }

  /** Hands on what still waits for the end of its round. */
  flush(): void {
    this.#rounds.finish();
  }

  async close(): Promise<void> {
    await this.#source.close();
  }
}

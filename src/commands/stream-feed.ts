/** What a sliced stream is fed by: a step at a time, rows go into its builder. A source that is read at any place has one of its own (`source-feed.ts`). */
import type { Format, ParseReport } from '../../parsers/format.ts';
import type { EventTableBuilder } from '../trace/event-table-builder.ts';
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

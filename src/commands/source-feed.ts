import { setImmediate } from 'node:timers/promises';
import type { Format, ParseReport } from '../../parsers/format.ts';
import type { EventTableBuilder } from '../trace/event-table-builder.ts';
import { RoundSink } from '../trace/round-sink.ts';
import type { SteppedSource } from './file-source.ts';
import type { StreamFeed } from './stream-feed.ts';

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

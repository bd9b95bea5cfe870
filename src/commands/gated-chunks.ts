/** The reader, while it waits for a chunk. */
interface WaitingReader {
  give(next: IteratorResult<Uint8Array>): void;
  fail(error: unknown): void;
}

/**
 * The same chunks for a reader that gets one at a time, when it is handed on; between them the reader waits. Who hands them on
 * says when the reader is done (`done`), so that nobody waits for it any longer.
 */
export class GatedChunks implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #reader: WaitingReader | undefined;
  #isDone = false;
  #isClosed = false;
  /** Told when the reader waits or is done. */
  #onRest: () => void = () => undefined;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () =>
        new Promise((give, fail) => {
          if (this.#isClosed) return fail(new Error('closed'));
          this.#reader = { give, fail };
          this.#onRest();
        }),
      return: async () => {
        await this.#chunks.return?.();
        return { done: true, value: undefined };
      },
    };
  }

  /** Hands the next chunk on, its end or its failure; resolves when the reader wants more or is done. */
  async handOn(): Promise<void> {
    await this.#atRest();
    const reader = this.#reader;
    if (reader === undefined) return;
    this.#reader = undefined;
    try {
      const next = await this.#chunks.next();
      if (this.#isClosed) reader.fail(new Error('closed'));
      else reader.give(next);
    } catch (error) {
      reader.fail(error);
    }
    await this.#atRest();
  }

  /** The reader asks for no more. */
  done(): void {
    this.#isDone = true;
    this.#onRest();
  }

  /** Fails the reader, so that it does not go on with a part, and ends the chunks. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#reader?.fail(new Error('closed'));
    this.#reader = undefined;
    await this.#chunks.return?.();
  }

  async #atRest(): Promise<void> {
    if (this.#reader !== undefined || this.#isDone) return;
    await new Promise<void>((rest) => {
      this.#onRest = rest;
    });
  }
}

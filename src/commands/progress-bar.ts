/** How far the reading of a large recording is, on a terminal. */

/** What is needed of stderr. */
export interface BarStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

const BLOCKS = 30;
/** What takes less than this needs no bar; drawn again no more often than this. */
const FIRST_AFTER_MS = 500;
const EVERY_MS = 100;

/** One line that is written over and over, nothing where the stream is no terminal: a log should not be filled with it. */
export class ProgressBar {
  readonly #stream: BarStream;
  #bytes: number;
  readonly #now: () => number;
  readonly #isShown: boolean;
  #done = 0;
  #next: number;
  #drawn = false;

  /** `bytes` are to be read in all. */
  constructor(stream: BarStream, bytes: number, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#bytes = bytes;
    this.#now = now;
    this.#isShown = stream.isTTY === true && process.env['TERM'] !== 'dumb';
    this.#next = now() + FIRST_AFTER_MS;
  }

  /** So many bytes more are to be read than was said. */
  expect(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The same chunks; their lengths move the bar. */
  async *watch(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      // The taker may hand its memory on.
      const { length } = chunk;
      yield chunk;
      this.advance(length);
    }
  }

  /** So many bytes more are read. */
  advance(bytes: number): void {
    this.#done += bytes;
    if (this.#isShown && this.#now() >= this.#next) this.#draw();
  }

  /** Takes the line away again. */
  clear(): void {
    if (this.#drawn) this.#stream.write('\r\x1b[K');
    this.#drawn = false;
  }

  #draw(): void {
    const share = Math.min(1, this.#done / Math.max(1, this.#bytes));
    const full = Math.floor(share * BLOCKS);
    const percent = String(Math.floor(share * 100)).padStart(3);
    this.#stream.write(`\r\x1b[Kreading ${percent} % ${'█'.repeat(full)}${'░'.repeat(BLOCKS - full)}`);
    this.#drawn = true;
    this.#next = this.#now() + EVERY_MS;
  }
}

import { type Profiler, Session } from 'node:inspector';

/** Which pieces of the parsers ran, as V8 counts them: the block-level coverage of the last call, new pieces told apart. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();
  /** Only files whose URL holds this. */
  readonly #room: string;

  constructor(room: string) {
    this.#room = room;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Pieces seen so far. */
  get size(): number {
    return this.#seen.size;
  }

  /** How many pieces ran since the last call that had never run before, or never about so often. */
  takeNew(): number {
    const before = this.#seen.size;
    this.#session.post('Profiler.takePreciseCoverage', (_error, answer) => this.#note(answer));
    return this.#seen.size - before;
  }

  #note({ result }: Profiler.TakePreciseCoverageReturnType): void {
    for (const { url, functions } of result) {
      if (!url.includes(this.#room)) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          const often = Math.min(8, 32 - Math.clz32(count));
          this.#seen.add(`${url}:${startOffset}-${endOffset}:${often}`);
        }
      }
    }
  }
}

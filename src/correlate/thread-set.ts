/** Thread ids as an array of marks: every candidate of a search asks, and a Set takes ten times as long. */
export class ThreadSet {
  readonly #marks: Uint8Array;
  /** Ids no kernel gives (PID_MAX_LIMIT), of a trace that says so. */
  readonly #others: ReadonlySet<number>;

  constructor(threads: ReadonlySet<number>) {
    const usual = [...threads].filter((tid) => tid < MOST_USUAL);
    this.#others = new Set([...threads].filter((tid) => tid >= MOST_USUAL));
    this.#marks = new Uint8Array(Math.max(0, ...usual) + 1);
    for (const tid of usual) this.#marks[tid] = 1;
  }

  has(tid: number): boolean {
    return this.#marks[tid] === 1 || (tid >= MOST_USUAL && this.#others.has(tid));
  }
}

const MOST_USUAL = 1 << 22;

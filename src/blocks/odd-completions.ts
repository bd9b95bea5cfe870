/**
 * Completions that have no issue, or are of a part of a request. Where the next request to their sector has no completion of its own, it
 * could be theirs, stamped too early by a CPU whose clock is off: `blockMessages` (src/correlate) looks for that in a table.
 */
export class OddCompletions {
  readonly #sectors = new Set<number>();
  /** Requests in flight that followed on one. */
  readonly #doubtful = new Set<number>();

  /** There are none at all. */
  get isEmpty(): boolean {
    return this.#sectors.size === 0;
  }

  /** A request is in flight that followed on one. */
  get isOpen(): boolean {
    return this.#doubtful.size > 0;
  }

  /** This request is one. */
  hasOpen(request: number): boolean {
    return this.#doubtful.has(request);
  }

  add(sector: number): void {
    this.#sectors.add(sector);
  }

  issued(sector: number, request: number): void {
    if (this.#sectors.has(sector)) this.#doubtful.add(request);
  }

  completed(sector: number, request: number): void {
    if (this.#doubtful.delete(request)) this.#sectors.delete(sector);
  }
}

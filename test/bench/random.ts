/** Numbers that look random and are the same in every run: durations that scatter as measured ones do. */
export class Scatter {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Uniform in [0, 1). A 32-bit xorshift (Marsaglia 2003), good enough to scatter durations. */
  uniform(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) / 2 ** 32;
  }

  /** A duration in ns around `typicalNs`: from 0.8 of it, and seldom several times as long. */
  around(typicalNs: number): number {
    const share = this.uniform();
    return Math.round(typicalNs * (0.8 + 0.4 * share + (share > 0.98 ? 50 * (share - 0.98) : 0)));
  }

  /** An integer in [0, below). */
  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  /** True in this share of the calls. */
  chance(share: number): boolean {
    return this.uniform() < share;
  }
}

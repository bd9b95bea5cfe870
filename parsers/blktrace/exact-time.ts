/** Nanoseconds in the two halves of a 64-bit number, as whole seconds and the nanoseconds beyond; exact, and without a BigInt a time. */
export class ExactTime {
  sec = 0;
  nsec = 0;
  /** What the upper half comes to. It changes every 4.3 s. */
  #upper = 0;
  #upperSec = 0;
  #upperNsec = 0;
  /** The lower half where the second begins that the time before lies in; less than 0 where that is before the lower half's own beginning. */
  #secondAt = 0;

  /** Takes the next time. */
  set(upper: number, lower: number): void {
    const nsec = lower - this.#secondAt;
    if (upper !== this.#upper || nsec < 0 || nsec >= 1e9) this.#turnTo(upper, lower);
    else this.nsec = nsec;
  }

  #turnTo(upper: number, lower: number): void {
    if (upper !== this.#upper) {
      const ns = BigInt(upper) << 32n;
      this.#upper = upper;
      this.#upperSec = Number(ns / 1_000_000_000n);
      this.#upperNsec = Number(ns % 1_000_000_000n);
    }
    const nsec = this.#upperNsec + lower;
    const sec = Math.trunc(nsec / 1e9);
    this.sec = this.#upperSec + sec;
    this.nsec = nsec - sec * 1e9;
    this.#secondAt = lower - this.nsec;
  }
}

const TWO_32 = 0x1_0000_0000;

/** A 64-bit number read from text, kept as two halves: bpftrace prints addresses that a double cannot hold. */
export class Value64 {
  #high = 0;
  #low = 0;
  #negative = false;

  /** Reads bytes[start, end): 17, -22 or 0x1f and nothing else. False if it is no number of 64 bits. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#high = 0;
    this.#low = 0;
    this.#negative = bytes[start] === 0x2d && start < end;
    let at = this.#negative ? start + 1 : start;
    const isHex = bytes[at] === 0x30 && (bytes[at + 1] ?? 0) === 0x78 && at + 2 < end;
    if (isHex) at += 2;
    if (at >= end) return false;
    for (; at < end; at++) if (!this.#digit(bytes[at]!, isHex)) return false;
    return true;
  }

  #digit(byte: number, isHex: boolean): boolean {
    const letter = byte | 0x20;
    const decimal = byte >= 0x30 && byte <= 0x39;
    if (!decimal && !(isHex && letter >= 0x61 && letter <= 0x66)) return false;
    const base = isHex ? 16 : 10;
    const low = this.#low * base + (decimal ? byte - 0x30 : letter - 0x57);
    this.#low = low % TWO_32;
    this.#high = this.#high * base + Math.floor(low / TWO_32);
    return this.#high < TWO_32;
  }

  /** The number as unsigned; NaN if it is negative or 2^53 and more. */
  unsigned(): number {
    const value = this.#high * TWO_32 + this.#low;
    return this.#negative || value > Number.MAX_SAFE_INTEGER ? Number.NaN : value;
  }

  /** The low 48 bits, as kernel pointers are stored. */
  low48(): number {
    return (this.#high % 0x10000) * TWO_32 + this.#low;
  }

  /** The number as signed, also where it was printed unsigned (18446744073709551615 is -1); NaN beyond 2^53. */
  signed(): number {
    const isWrapped = !this.#negative && this.#high >= 0x8000_0000;
    const high = isWrapped ? this.#high - TWO_32 : this.#high;
    const value = high * TWO_32 + this.#low;
    if (!Number.isSafeInteger(value)) return Number.NaN;
    return this.#negative ? -value : value;
  }
}

/**
 * Bits read from the end of a byte range towards its beginning, as Zstandard stores its entropy-coded streams
 * (RFC 8878, section 4.2.2): the last byte's highest set bit is a marker, the data is everything below it.
 */
export class BackwardBits {
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  /** Bits not yet read. Below zero after reading more than there are; the caller checks. */
  left = 0;

  /** Begins a stream of `length` bytes at `start`; false when it has no marker bit. */
  begin(bytes: Uint8Array, start: number, length: number): boolean {
    if (length < 1 || start + length > bytes.length) return false;
    const last = bytes[start + length - 1]!;
    if (last === 0) return false;
    this.#bytes = bytes;
    this.#start = start;
    this.left = length * 8 - 1 - Math.clz32(last << 24);
    return true;
  }

  /** The next `count` bits (0 to 31) as an unsigned number. Bits before the beginning of the stream read as 0. */
  read(count: number): number {
    if (count > 16) return this.read(count - 16) * 65536 + this.read(16);
    this.left -= count;
    return this.at(this.left, count);
  }

  /** The next `count` bits (at most 16) without consuming them. */
  peek(count: number): number {
    return this.at(this.left - count, count);
  }

  /** `count` bits (at most 16) whose lowest is bit `position` of the stream; bits below position 0 are zeros. */
  private at(position: number, count: number): number {
    if (position < 0) {
      const missing = -position;
      return missing >= count ? 0 : this.at(0, count - missing) << missing;
    }
    const byte = this.#start + (position >>> 3);
    const bytes = this.#bytes;
    const word = (bytes[byte] ?? 0) | ((bytes[byte + 1] ?? 0) << 8) | ((bytes[byte + 2] ?? 0) << 16);
    return (word >>> (position & 7)) & ((1 << count) - 1);
  }
}

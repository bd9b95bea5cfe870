/** The value of each byte as a hexadecimal digit, 16 for all others. A table, because letters and digits alternate at random. */
const HEX_DIGITS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 16 : value;
});

/** A place in a line of bytes, and the few ways of reading on from it. Makes no strings and no objects. */
export class ByteCursor {
  bytes: Uint8Array = new Uint8Array(0);
  /** The same bytes, to read four at once. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** The next byte to read. */
  at = 0;
  /** One past the last byte of the line. What is there must be a line end or nothing. */
  end = 0;

  /** Puts the cursor at the beginning of bytes[start, end). */
  set(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = start;
    this.end = end;
  }

  /** The next byte, -1 at the end of the line. Does not move. */
  peek(): number {
    return this.at < this.end ? this.bytes[this.at]! : -1;
  }

  /** Moves over one byte if it is this one, and says whether it was. */
  skip(byte: number): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  /** Moves over any number of blanks. */
  skipBlanks(): void {
    const { bytes, end } = this;
    let at = this.at;
    while (at < end && bytes[at] === 0x20) at += 1;
    this.at = at;
  }

  /** Moves behind the next such byte, and says whether there was one. */
  skipPast(byte: number): boolean {
    const { bytes, end } = this;
    let at = this.at;
    while (at < end && bytes[at] !== byte) at += 1;
    this.at = at < end ? at + 1 : end;
    return at < end;
  }

  /** Moves behind the next occurrence of this text, and says whether there was one; if not, does not move. */
  skipPastText(text: Uint8Array): boolean {
    const found = indexOfText(this.bytes, text, this.at, this.end);
    if (found < 0) return false;
    this.at = found + text.length;
    return true;
  }

  /** Moves over this text if it comes next, and says whether it did. */
  skipText(text: Uint8Array): boolean {
    if (!startsWith(this.bytes, text, this.at, this.end)) return false;
    this.at += text.length;
    return true;
  }

  /** Reads an unsigned decimal number; exact below 2^53. -1 if there is none. */
  decimal(): number {
    const { bytes, end } = this;
    const start = this.at;
    let at = start;
    let value = 0;
    // Nine digits fit a 32-bit integer, which is several times faster than a double.
    for (const shortEnd = start + 9; at < end && at < shortEnd; at += 1) {
      const digit = (bytes[at]! - 0x30) >>> 0;
      if (digit > 9) break;
      value = (value * 10 + digit) | 0;
    }
    this.at = at;
    if (at - start === 9) return this.moreDigits(value);
    return at === start ? -1 : value;
  }

  private moreDigits(first: number): number {
    const { bytes, end } = this;
    let at = this.at;
    let value = first;
    while (at < end) {
      const digit = (bytes[at]! - 0x30) >>> 0;
      if (digit > 9) break;
      value = value * 10 + digit;
      at += 1;
    }
    this.at = at;
    return value;
  }

  /** Reads an unsigned hexadecimal number, with or without 0x. Its low 48 bits, exactly. -1 if there is none. */
  hex(): number {
    if (this.isMarkedHex()) this.at += 2;
    const start = this.at;
    const low = this.lowHex();
    const digits = this.at - start;
    if (digits <= 8) return digits === 0 ? -1 : low;
    return (this.highHex(start) & 0xffff) * 0x1_0000_0000 + low;
  }

  /** Reads a hexadecimal 64-bit two's complement number, with or without 0x. NaN if there is none or it is not below 2^53. */
  signedHex(): number {
    if (this.isMarkedHex()) this.at += 2;
    const start = this.at;
    const low = this.lowHex();
    const digits = this.at - start;
    if (digits <= 8) return digits === 0 ? Number.NaN : low;
    const value = this.highHex(start) * 0x1_0000_0000 + low;
    return Number.isSafeInteger(value) && digits <= 16 ? value : Number.NaN;
  }

  /** Moves over hexadecimal digits and returns the lowest 32 bits of their number, unsigned. */
  private lowHex(): number {
    const { bytes, end } = this;
    let at = this.at;
    let bits = 0;
    for (let digit = HEX_DIGITS[bytes[at]!]!; digit < 16 && at < end; digit = HEX_DIGITS[bytes[at]!]!) {
      bits = (bits << 4) | digit;
      at += 1;
    }
    this.at = at;
    return bits >>> 0;
  }

  /** The upper 32 bits, signed, of the number whose more than eight hexadecimal digits begin at `start` and end here. */
  private highHex(start: number): number {
    const end = this.at - 8;
    let bits = 0;
    for (let at = start; at < end; at += 1) bits = (bits << 4) | HEX_DIGITS[this.bytes[at]!]!;
    return bits;
  }

  /** Reads an address or id as the kernel's probes print it: 7, -22 or 0x1f (its low 48 bits). NaN if there is none. */
  number(): number {
    return this.isMarkedHex() ? this.hex() : this.signedDecimal();
  }

  /** Reads a return value as they print it: 7, -22 or 0xffffffffffffffea for -22. NaN if there is none. */
  signedNumber(): number {
    return this.isMarkedHex() ? this.signedHex() : this.signedDecimal();
  }

  private signedDecimal(): number {
    const start = this.at;
    const sign = this.skip(0x2d) ? -1 : 1;
    const value = this.decimal();
    if (value >= 0) return sign * value;
    this.at = start;
    return Number.NaN;
  }

  /** Whether 0x and a hexadecimal digit come next. */
  private isMarkedHex(): boolean {
    const { bytes, at } = this;
    return (
      bytes[at] === 0x30 && bytes[at + 1] === 0x78 && at + 2 < this.end && HEX_DIGITS[bytes[at + 2]!]! < 16
    );
  }
}

/** The bytes of an ASCII text, to compare with. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Whether bytes[at, end) begins with this text. */
export function startsWith(bytes: Uint8Array, text: Uint8Array, at: number, end: number): boolean {
  if (end - at < text.length) return false;
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** Where this text first occurs in bytes[from, end), -1 if it does not. */
export function indexOfText(bytes: Uint8Array, text: Uint8Array, from: number, end: number): number {
  const first = text[0]!;
  const last = end - text.length;
  for (let at = from; at <= last; at += 1) {
    if (bytes[at] === first && startsWith(bytes, text, at, end)) return at;
  }
  return -1;
}

/** Where this text last occurs in bytes[from, end), -1 if it does not. */
export function lastIndexOfText(bytes: Uint8Array, text: Uint8Array, from: number, end: number): number {
  const first = text[0]!;
  for (let at = end - text.length; at >= from; at -= 1) {
    if (bytes[at] === first && startsWith(bytes, text, at, end)) return at;
  }
  return -1;
}

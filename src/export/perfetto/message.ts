/** Protocol buffers' wire format (protobuf.dev/programming-guides/encoding), as much as a trace file needs. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

/** One message, written field by field. Fields are numbered as in the .proto file that describes it. */
export class Message {
  #bytes = Buffer.alloc(256);
  #length = 0;

  /** An unsigned whole number or an enum; also a bool as 0 or 1. */
  uint(field: number, value: number | bigint): this {
    this.#tag(field, VARINT);
    this.#varint(BigInt(value));
    return this;
  }

  /** A 64-bit number of eight bytes. */
  fixed64(field: number, value: number | bigint): this {
    this.#tag(field, FIXED64);
    this.#room(8);
    this.#length = this.#bytes.writeBigUInt64LE(BigInt(value), this.#length);
    return this;
  }

  /** Text. */
  text(field: number, value: string): this {
    return this.#block(field, Buffer.from(value, 'utf8'));
  }

  /** A message inside this one. */
  message(field: number, value: Message): this {
    return this.#block(field, value.bytes());
  }

  /** What was written so far; valid until more is. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #block(field: number, bytes: Uint8Array): this {
    this.#tag(field, BYTES);
    this.#varint(BigInt(bytes.length));
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  #tag(field: number, type: number): void {
    this.#varint(BigInt((field << 3) | type));
  }

  /** Seven bits a byte, lowest first; a set top bit says that more follow. */
  #varint(value: bigint): void {
    this.#room(10);
    let rest = value;
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#length++] = Number(rest);
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + bytes));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

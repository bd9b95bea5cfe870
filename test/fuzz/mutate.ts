import { Scatter } from '../bench/random.ts';
import { changeRecords } from './perf-records.ts';

/** Numbers at the borders of what a column, a clock or a size holds. */
const NUMBERS = [
  '0',
  '-1',
  '1',
  '65535',
  '65536',
  '2147483648',
  '4294967295',
  '4294967296',
  '9007199254740993',
  '18446744073709551615',
  '99999999999999999999999',
  '1e308',
  '0xffffffffffffffff',
  '1.5',
  '',
];
const WORDS = [
  '\n',
  '\0',
  ' ',
  ':',
  '[',
  ']',
  '{',
  '}',
  '"',
  '\\',
  ',',
  '<not counted>',
  'ÿ',
  '\ud83d\ude00',
  '\r\n',
];
const SIZES = [0, 1, 7, 8, 9, 15, 16, 255, 256, 4096, 0x7fff, 0x8000, 0xffff];
/** Longest input tried. */
export const MAX_INPUT_BYTES = 1 << 17;

/** Damages inputs in the ways files are damaged, and in those that find mistakes. The same seed gives the same inputs. */
export class Mutator {
  readonly #random: Scatter;

  constructor(seed: number) {
    this.#random = new Scatter(seed * 2654435761 + 12345);
  }

  /** An integer in [0, below). */
  below(below: number): number {
    return this.#random.integer(below);
  }

  /** `bytes` with one to eight changes; `other` is a second input to take pieces from. */
  mutate(bytes: Uint8Array, other: Uint8Array): Uint8Array {
    let result: Uint8Array = Uint8Array.from(bytes);
    for (let left = 1 << this.below(4); left > 0; left--) result = this.#once(result, other);
    return result.subarray(0, MAX_INPUT_BYTES);
  }

  #once(bytes: Uint8Array, other: Uint8Array): Uint8Array {
    const structured = this.below(4) === 0 ? undefined : changeRecords(bytes, other, this);
    if (structured !== undefined) return structured;
    const changes = [
      () => this.#flip(bytes),
      () => this.#overwrite(bytes),
      () => this.#overwrite(bytes),
      () => this.#remove(bytes),
      () => this.#insert(bytes, this.#piece(bytes)),
      () => this.#insert(bytes, this.#piece(other)),
      () => this.#insert(bytes, Buffer.from(this.#pick([...WORDS, ...NUMBERS]))),
      () => this.#number(bytes),
      () => this.#number(bytes),
      () => bytes.subarray(0, this.below(bytes.length + 1)),
    ];
    return this.#pick(changes)();
  }

  #flip(bytes: Uint8Array): Uint8Array {
    if (bytes.length > 0) bytes[this.below(bytes.length)]! ^= 1 << this.below(8);
    return bytes;
  }

  /** A number of one, two, four or eight bytes in place of what is there. */
  #overwrite(bytes: Uint8Array): Uint8Array {
    const width = 1 << this.below(4);
    if (bytes.length < width) return bytes;
    const at = this.below(bytes.length - width + 1);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = this.#pick(SIZES);
    const value = this.below(3) === 0 ? -1 : size;
    if (width === 1) view.setUint8(at, value);
    else if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setInt32(at, this.below(4) === 0 ? value << 16 : value, true);
    else view.setBigInt64(at, BigInt(value) << BigInt(this.below(4) * 16), true);
    return bytes;
  }

  #remove(bytes: Uint8Array): Uint8Array {
    const at = this.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + this.#length(bytes.length - at))]);
  }

  #insert(bytes: Uint8Array, piece: Uint8Array): Uint8Array {
    const at = this.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  }

  #piece(bytes: Uint8Array): Uint8Array {
    const at = this.below(bytes.length + 1);
    return bytes.subarray(at, at + this.#length(bytes.length - at));
  }

  /** Another number in place of the next digits. */
  #number(bytes: Uint8Array): Uint8Array {
    const from = this.below(bytes.length + 1);
    const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;
    let start = from;
    while (start < bytes.length && !isDigit(bytes[start])) start++;
    let end = start;
    while (isDigit(bytes[end])) end++;
    const number = Buffer.from(this.#pick(NUMBERS));
    return Buffer.concat([bytes.subarray(0, start), number, bytes.subarray(end)]);
  }

  /** Mostly short, sometimes anything. */
  #length(most: number): number {
    return this.below(Math.max(1, this.below(4) === 0 ? most : Math.min(most, 64))) + 1;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

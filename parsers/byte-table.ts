/** What `find` returns for bytes that are not in the table. */
export const NOT_FOUND = -2;

/** A key and its number. */
interface Entry {
  readonly hash: number;
  readonly length: number;
  readonly value: number;
  /** The key, four bytes to a number; then its last four bytes, which may overlap. */
  readonly words: Int32Array;
}

/** Bytes of the shortest and of the longest key. */
const MIN_KEY = 4;
const MAX_KEY = 128;

/**
 * Remembers a small number for each of a bounded set of byte strings: event names, interrupt names. Looked up by hash
 * and then compared in full, so that two names with one hash stay two names.
 */
export class ByteTable {
  private readonly limit: number;
  private readonly mask: number;
  /** Twice as many as entries. */
  private readonly slots: (Entry | undefined)[];
  private count = 0;

  /** A table for at most `limit` keys, a power of two. */
  constructor(limit: number) {
    this.limit = limit;
    this.mask = limit * 2 - 1;
    this.slots = new Array<Entry | undefined>(limit * 2).fill(undefined);
  }

  /** The number stored for the bytes [start, end) of `view`, whose hash the caller has; NOT_FOUND if there is none. */
  find(view: DataView, start: number, end: number, hash: number): number {
    const { mask, slots } = this;
    let slot = spread(hash) & mask;
    for (;;) {
      const entry = slots[slot];
      if (entry === undefined) return NOT_FOUND;
      if (entry.hash === hash && entry.length === end - start && isKey(entry.words, view, start, end)) return entry.value;
      slot = (slot + 1) & mask;
    }
  }

  /**
   * Stores a number for bytes that are not in the table yet. False, and nothing stored, if the table is full or the key
   * is shorter than 4 or longer than 128 bytes.
   */
  add(view: DataView, start: number, end: number, hash: number, value: number): boolean {
    const length = end - start;
    if (this.count === this.limit || length < MIN_KEY || length > MAX_KEY) return false;
    let slot = spread(hash) & this.mask;
    while (this.slots[slot] !== undefined) slot = (slot + 1) & this.mask;
    this.slots[slot] = { hash, length, value, words: keyWords(view, start, end) };
    this.count += 1;
    return true;
  }
}

function keyWords(view: DataView, start: number, end: number): Int32Array {
  const words = [];
  for (let at = start; at + 4 < end; at += 4) words.push(view.getInt32(at, true));
  return Int32Array.from([...words, view.getInt32(end - 4, true)]);
}

function isKey(words: Int32Array, view: DataView, start: number, end: number): boolean {
  const last = words.length - 1;
  for (let i = 0; i < last; i += 1) if (view.getInt32(start + i * 4, true) !== words[i]) return false;
  return view.getInt32(end - 4, true) === words[last];
}

/** One step of a hash: mixes the next bytes, up to four as a 32-bit number, into the hash of those before (start with 0). */
export function mixHash(hash: number, bits: number): number {
  return Math.imul(hash ^ bits, 0x01000193);
}

/** A hash of the bytes [start, end) of `view`. */
export function hashBytes(view: DataView, start: number, end: number): number {
  let hash = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) hash = mixHash(hash, view.getInt32(at, true));
  for (; at < end; at += 1) hash = mixHash(hash, view.getUint8(at));
  return hash;
}

/** Brings the upper bits, where the differences of long keys end up, down to those that choose the slot. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

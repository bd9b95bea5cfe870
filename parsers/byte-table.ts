/** What `find` returns for bytes that are not in the table. */
export const NOT_FOUND = -2;

/** Bytes of the shortest and of the longest key. */
const MIN_KEY = 4;
const MAX_KEY = 128;
const WORDS_PER_KEY = MAX_KEY / 4;

/** Columns of a slot: the key's hash, its length in bytes (0 = the slot is free), where its words are, the number stored. */
const SLOT = { hash: 0, length: 1, words: 2, value: 3, columns: 4 } as const;

/**
 * Remembers a small number for each of a bounded set of byte strings: event names, interrupt names. Looked up by hash
 * and then compared in full, so that two names with one hash stay two names.
 */
export class ByteTable {
  private readonly limit: number;
  private readonly mask: number;
  /** Twice as many slots as keys. */
  private readonly slots: Int32Array;
  /** The keys, four bytes to a number; the last number of a key may overlap the one before. */
  private keys: Int32Array = new Int32Array(WORDS_PER_KEY * 16);
  private keysEnd = 0;
  private count = 0;

  /** A table for at most `limit` keys, a power of two. */
  constructor(limit: number) {
    this.limit = limit;
    this.mask = limit * 2 - 1;
    this.slots = new Int32Array(limit * 2 * SLOT.columns);
  }

  /** The number stored for the bytes [start, end) of `view`, whose hash the caller has; NOT_FOUND if there is none. */
  find(view: DataView, start: number, end: number, hash: number): number {
    const { slots, mask } = this;
    for (let number = spread(hash) & mask; ; number = (number + 1) & mask) {
      const slot = number * SLOT.columns;
      const length = slots[slot + SLOT.length]!;
      if (length === 0) return NOT_FOUND;
      if (
        slots[slot] === hash &&
        length === end - start &&
        this.isKey(slots[slot + SLOT.words]!, view, start, end)
      ) {
        return slots[slot + SLOT.value]!;
      }
    }
  }

  /**
   * Stores a number for bytes that are not in the table yet. False, and nothing stored, if the table is full or the key
   * is shorter than 4 or longer than 128 bytes.
   */
  add(view: DataView, start: number, end: number, hash: number, value: number): boolean {
    if (this.count === this.limit || end - start < MIN_KEY || end - start > MAX_KEY) return false;
    let number = spread(hash) & this.mask;
    while (this.slots[number * SLOT.columns + SLOT.length] !== 0) number = (number + 1) & this.mask;
    this.slots.set([hash, end - start, this.keysEnd, value], number * SLOT.columns);
    this.addKey(view, start, end);
    this.count += 1;
    return true;
  }

  private addKey(view: DataView, start: number, end: number): void {
    if (this.keysEnd + WORDS_PER_KEY > this.keys.length) {
      const larger = new Int32Array(this.keys.length * 2);
      larger.set(this.keys);
      this.keys = larger;
    }
    for (let at = start; at + 4 < end; at += 4) this.keys[this.keysEnd++] = view.getInt32(at, true);
    this.keys[this.keysEnd++] = view.getInt32(end - 4, true);
  }

  private isKey(words: number, view: DataView, start: number, end: number): boolean {
    const { keys } = this;
    let word = words;
    for (let at = start; at + 4 < end; at += 4) if (view.getInt32(at, true) !== keys[word++]) return false;
    return view.getInt32(end - 4, true) === keys[word];
  }
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

/** The number of a sector that was not added. */
export const NO_NUMBER = -1;

/** 2^32 divided by the golden ratio spreads neighbouring sectors over the table (Knuth, vol. 3, 6.4). */
const GOLDEN = 0x9e3779b1;

/** Numbers different sectors from 0 on: a hash table of columns, because a Map of so many takes three times as long. */
export class SectorNumbers {
  size = 0;
  readonly #mask: number;
  readonly #sectors: Float64Array;
  /** Number plus one of the sector in each slot, 0 for a free one. */
  readonly #numbers: Uint32Array;

  /** For at most `most` sectors. */
  constructor(most: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(1, most) * 2));
    this.#mask = slots - 1;
    this.#sectors = new Float64Array(slots);
    this.#numbers = new Uint32Array(slots);
  }

  /** NO_NUMBER for a sector that was not added. */
  get(sector: number): number {
    const slot = this.#slotOf(sector);
    return this.#numbers[slot]! - 1;
  }

  /** The sector of a number. Looks through all: not for every sector. */
  valueOf(number: number): number {
    return this.#sectors[this.#numbers.indexOf(number + 1)]!;
  }

  add(sector: number): number {
    const slot = this.#slotOf(sector);
    if (this.#numbers[slot] === 0) {
      this.#sectors[slot] = sector;
      this.#numbers[slot] = ++this.size;
    }
    return this.#numbers[slot]! - 1;
  }

  /** The slot that holds a sector, or the free one where it would be. */
  #slotOf(sector: number): number {
    const low = sector | 0;
    const high = Math.floor(sector / 2 ** 32) | 0;
    let slot = Math.imul(low ^ high, GOLDEN);
    slot = (slot ^ (slot >>> 15)) & this.#mask;
    while (this.#numbers[slot] !== 0 && this.#sectors[slot] !== sector) slot = (slot + 1) & this.#mask;
    return slot;
  }
}

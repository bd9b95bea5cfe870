/** Which of many positions (requests, lines of a log) are about a sector, and near a time. */
export class SectorIndex {
  /** Positions sector by sector. What was sought lies from `first` up to, not with, `behind`; no arrays are made for it. */
  readonly positions: Uint32Array;
  first = 0;
  behind = 0;
  readonly #groups: SectorNumbers;
  readonly #starts: Uint32Array;
  readonly #times: Float64Array;
  readonly #isOrdered: boolean;

  /** Sector and time of each position. */
  constructor(sectors: Float64Array, times: Float64Array) {
    this.#times = times;
    this.#isOrdered = times.every((time, at) => at === 0 || time >= times[at - 1]!);
    this.#groups = new SectorNumbers(sectors.length);
    const groupOf = new Uint32Array(sectors.length);
    for (let at = 0; at < sectors.length; at++) groupOf[at] = this.#groups.add(sectors[at]!);
    // One counting sort: positions of one sector lie together, in their own order.
    const starts = new Uint32Array(this.#groups.size + 1);
    for (let at = 0; at < groupOf.length; at++) starts[groupOf[at]! + 1]!++;
    for (let group = 0; group < this.#groups.size; group++) starts[group + 1]! += starts[group]!;
    this.#starts = starts;
    const next = starts.slice();
    this.positions = new Uint32Array(sectors.length);
    for (let at = 0; at < groupOf.length; at++) this.positions[next[groupOf[at]!]!++] = at;
  }

  /** Sets `first` and `behind` around the positions of a sector, which ascend. */
  seek(sector: number): void {
    const group = this.#groups.get(sector);
    this.first = group === NONE ? 0 : this.#starts[group]!;
    this.behind = group === NONE ? 0 : this.#starts[group + 1]!;
  }

  /** The same for those whose time may lie within `reach` of `time`: all such, and perhaps others. */
  seekNear(sector: number, time: number, reach: number): void {
    this.seek(sector);
    if (!this.#isOrdered || this.behind - this.first < FEW) return;
    this.behind = this.#firstAfter(time + reach, true);
    this.first = this.#firstAfter(time - reach, false);
  }

  /** First place in the span that is sought whose time is at or after `time`, or only after it. */
  #firstAfter(time: number, only: boolean): number {
    let low = this.first;
    let high = this.behind;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.#times[this.positions[middle]!]!;
      if (only ? at <= time : at < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** So few positions are looked through as quickly as searched. */
const FEW = 8;

const NONE = -1;
/** 2^32 divided by the golden ratio spreads neighbouring sectors over the table (Knuth, vol. 3, 6.4). */
const GOLDEN = 0x9e3779b1;

/** Numbers different sectors from 0 on: a hash table of columns, because a Map of so many takes three times as long. */
class SectorNumbers {
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

  get(sector: number): number {
    const slot = this.#slotOf(sector);
    return this.#numbers[slot]! - 1;
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

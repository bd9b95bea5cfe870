/** Which of many positions (requests, lines of a log) are about a sector, and near a time. */
export class SectorIndex {
  readonly #groups = new Map<number, number>();
  readonly #starts: Uint32Array;
  readonly #positions: Uint32Array;
  readonly #times: Float64Array;
  readonly #isOrdered: boolean;

  /** Sector and time of each position. */
  constructor(sectors: Float64Array, times: Float64Array) {
    this.#times = times;
    this.#isOrdered = times.every((time, at) => at === 0 || time >= times[at - 1]!);
    const groupOf = new Uint32Array(sectors.length);
    for (let at = 0; at < sectors.length; at++) {
      let group = this.#groups.get(sectors[at]!);
      if (group === undefined) {
        group = this.#groups.size;
        this.#groups.set(sectors[at]!, group);
      }
      groupOf[at] = group;
    }
    // One counting sort: positions of one sector lie together, in their own order.
    this.#starts = new Uint32Array(this.#groups.size + 1);
    for (const group of groupOf) this.#starts[group + 1]!++;
    for (let group = 0; group < this.#groups.size; group++) this.#starts[group + 1]! += this.#starts[group]!;
    const next = this.#starts.slice();
    this.#positions = new Uint32Array(sectors.length);
    for (let at = 0; at < groupOf.length; at++) this.#positions[next[groupOf[at]!]!++] = at;
  }

  /** Positions of a sector, ascending. */
  of(sector: number): Uint32Array {
    const group = this.#groups.get(sector);
    if (group === undefined) return NONE;
    return this.#positions.subarray(this.#starts[group]!, this.#starts[group + 1]!);
  }

  /** Positions of a sector whose time may lie within `reach` of `time`: all such, and perhaps others. */
  near(sector: number, time: number, reach: number): Uint32Array {
    const all = this.of(sector);
    if (!this.#isOrdered || all.length < FEW) return all;
    return all.subarray(
      this.#firstAfter(all, time - reach, false),
      this.#firstAfter(all, time + reach, true),
    );
  }

  /** First of the positions whose time is at or after `time`, or only after it. */
  #firstAfter(positions: Uint32Array, time: number, only: boolean): number {
    let low = 0;
    let high = positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.#times[positions[middle]!]!;
      if (only ? at <= time : at < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const NONE = new Uint32Array(0);
/** So few positions are looked through as quickly as searched. */
const FEW = 8;

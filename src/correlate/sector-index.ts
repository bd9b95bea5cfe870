import { isAscending } from '../trace/order.ts';
import { NO_NUMBER, SectorNumbers } from './sector-numbers.ts';

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
    this.#isOrdered = isAscending(times);
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
    this.first = group === NO_NUMBER ? 0 : this.#starts[group]!;
    this.behind = group === NO_NUMBER ? 0 : this.#starts[group + 1]!;
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

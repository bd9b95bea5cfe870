/**
 * How values are spread, without putting them in order, which costs more than all else that is asked of them: durations come by the million.
 * They are whole numbers of at most 31 bits. They are counted one by one up to 131,071, and beyond in classes whose width is a 65,536th of
 * their size; only where a place that is asked about is in such a class, they are gone through again.
 */

const DIGITS = 16;
const CLASSES = (32 - DIGITS) << DIGITS;
const NORMAL_95 = 1.959964;
const QUANTILES = [0.5, 0.9, 0.99, 0.999];

/** A distribution in ns; quantiles are type 7, as numpy and R compute them. */
export interface Distribution {
  readonly meanNs: number;
  readonly minNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly maxNs: number;
  /** 95 % confidence interval of the mean, normal approximation. */
  readonly ciLowNs: number;
  readonly ciHighNs: number;
}

/** What stands at a place of all values in ascending order, and how many values are less than it. */
export interface Ranked {
  readonly value: number;
  readonly below: number;
}

/** `add` all values, then `ask`; where that says so, `addAgain` all values. Then there are answers. */
export class Spread {
  /** Values so far. */
  n = 0;
  #sum = 0;
  /** Of what they are off their mean, the squares summed up. */
  #squares = 0;
  readonly #counts = new Uint32Array(CLASSES);
  /** By place that was asked about: its class, and how many values are in those before. */
  readonly #places = new Map<number, { readonly own: number; readonly below: number }>();
  /** By class that is wider than one value, how often each is there. */
  readonly #fine = new Map<number, Uint32Array>();

  /** The first `count` of some values, none of which is negative. */
  add(values: Int32Array, count: number): void {
    const sum = countClasses(values, count, this.#counts);
    const mean = sum / count;
    const apart = this.n === 0 ? 0 : mean - this.#sum / this.n;
    // Of parts whose means differ (Chan, Golub and LeVeque 1979).
    this.#squares += squares(values, count, mean) + (apart * apart * this.n * count) / (this.n + count);
    this.#sum += sum;
    this.n += count;
  }

  /**
   * All have been added, and there is one at least: what is asked is the distribution, and what stands at some places, counted from 0. Whether
   * all have to be added again for that.
   */
  ask(others: readonly number[] = []): boolean {
    const places = [...this.#quantiles(), ...others].sort((a, b) => a - b);
    let own = 0;
    let below = 0;
    for (const place of places) {
      while (below + this.#counts[own]! <= place) below += this.#counts[own++]!;
      this.#places.set(place, { own, below });
      if (widthOf(own) > 1) this.#fine.set(own, new Uint32Array(widthOf(own)));
    }
    return this.#fine.size > 0;
  }

  /** The same values once more, in any parts. */
  addAgain(values: Int32Array, count: number): void {
    for (const [own, counts] of this.#fine) countWithin(values, count, leastOf(own), counts);
  }

  /** What stands at a place that was asked about. */
  at(place: number): Ranked {
    const { own, below } = this.#places.get(place)!;
    const counts = this.#fine.get(own);
    let less = below;
    let value = 0;
    if (counts !== undefined) while (less + counts[value]! <= place) less += counts[value++]!;
    return { value: leastOf(own) + value, below: less };
  }

  distribution(): Distribution {
    const meanNs = this.#sum / this.n;
    const half = (NORMAL_95 * Math.sqrt(this.#squares / this.n)) / Math.sqrt(this.n);
    const [minNs, maxNs, ...near] = this.#quantiles().map((place) => this.at(place).value);
    const quantile = (at: number) => {
      const [lower, upper] = [near[at * 2]!, near[at * 2 + 1]!];
      return lower + (((this.n - 1) * QUANTILES[at]!) % 1) * (upper - lower);
    };
    return {
      meanNs,
      minNs: minNs!,
      p50Ns: quantile(0),
      p90Ns: quantile(1),
      p99Ns: quantile(2),
      p999Ns: quantile(3),
      maxNs: maxNs!,
      ciLowNs: meanNs - half,
      ciHighNs: meanNs + half,
    };
  }

  /** The first place, the last, and those around each quantile. */
  #quantiles(): number[] {
    const last = this.n - 1;
    const around = QUANTILES.flatMap((p) => [Math.floor(last * p), Math.ceil(last * p)]);
    return [0, last, ...around];
  }
}

// Functions of their own: what belongs to an object changes its shape as its sums grow, and code that was compiled for the loop with it.

/** Counts values by class; their sum. */
function countClasses(values: Int32Array, count: number, counts: Uint32Array): number {
  let sum = 0;
  for (let at = 0; at < count; at++) {
    const value = values[at]!;
    sum += value;
    counts[classOf(value)]!++;
  }
  return sum;
}

/** Counts the values from `least` on that there are counts for. */
function countWithin(values: Int32Array, count: number, least: number, counts: Uint32Array): void {
  for (let at = 0; at < count; at++) {
    const value = values[at]! - least;
    if (value >= 0 && value < counts.length) counts[value]!++;
  }
}

/** The sum of the squares of what values are more or less than one. */
function squares(values: Int32Array, count: number, one: number): number {
  let sum = 0;
  for (let at = 0; at < count; at++) {
    const off = values[at]! - one;
    sum += off * off;
  }
  return sum;
}

/** Numbers of more bits than DIGITS and one have as many classes for each number of bits. */
function classOf(value: number): number {
  const extra = Math.max(0, 32 - DIGITS - 1 - Math.clz32(value));
  return (extra << DIGITS) + (value >>> extra);
}

function extraOf(own: number): number {
  return Math.max(0, (own >>> DIGITS) - 1);
}

function leastOf(own: number): number {
  const extra = extraOf(own);
  return (own - (extra << DIGITS)) << extra;
}

function widthOf(own: number): number {
  return 1 << extraOf(own);
}

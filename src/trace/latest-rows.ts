import { type EventRow, NO_ROW } from './units.ts';

/** Keys below this are kept in an array: all CPUs, and all thread ids of a 64-bit kernel (PID_MAX_LIMIT). */
const DENSE = 1 << 22;
/** Room at first; thread ids of a machine that was not up for long are below. */
const FIRST_ROOM = 1 << 14;

/**
 * The latest row of each thread, CPU or other lane. Every row of a recording asks, so it is an array for all keys that a
 * kernel gives, as long as the largest of them needs.
 */
export class LatestRows {
  /** Row plus one by key, because a new array is full of zeros. */
  #dense = new Int32Array(FIRST_ROOM);
  readonly #others = new Map<number, number>();

  /** The row set last for a key, NO_ROW without one. */
  get(key: number): EventRow {
    if (key >= 0 && key < this.#dense.length) return this.#dense[key]! - 1;
    return this.#others.get(key) ?? NO_ROW;
  }

  set(key: number, row: EventRow): void {
    if (key >= 0 && key < DENSE) {
      if (key >= this.#dense.length) this.#grow(key);
      this.#dense[key] = row + 1;
    } else this.#others.set(key, row);
  }

  #grow(key: number): void {
    const larger = new Int32Array(2 ** Math.ceil(Math.log2(key + 1)));
    larger.set(this.#dense);
    this.#dense = larger;
  }
}

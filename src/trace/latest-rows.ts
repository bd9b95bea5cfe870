import { type EventRow, NO_ROW } from './units.ts';

/** Keys below this are kept in an array: all CPUs, and all thread ids of a 64-bit kernel (PID_MAX_LIMIT). */
const DENSE = 1 << 22;

/**
 * The latest row of each thread, CPU or other lane. Every row of a recording asks, so it is an array for all keys that a
 * kernel gives; the system provides memory only for the parts of it that are used.
 */
export class LatestRows {
  readonly #dense = new Int32Array(DENSE);
  readonly #others = new Map<number, number>();

  /** The row set last for a key, NO_ROW without one. */
  get(key: number): EventRow {
    // Stored plus one, because a new array is full of zeros.
    return key >= 0 && key < DENSE ? this.#dense[key]! - 1 : (this.#others.get(key) ?? NO_ROW);
  }

  set(key: number, row: EventRow): void {
    if (key >= 0 && key < DENSE) this.#dense[key] = row + 1;
    else this.#others.set(key, row);
  }
}

/**
 * What is known of each sector for a while: the request in flight there, who asked for the one that waits. Of one at a time, which is the
 * usual case, there is no table: a Map that loses each key soon after it got it is laid out anew every few keys.
 */
export class BySector<Value> {
  /** Of the first of them; -1 without. */
  #sector = -1;
  #value: Value | undefined;
  /** All others. */
  readonly #others = new Map<number, Value>();

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** Of how many sectors something is known. */
  get size(): number {
    return this.#others.size + (this.#sector === -1 ? 0 : 1);
  }

  get(sector: number): Value | undefined {
    if (sector === this.#sector && sector !== -1) return this.#value;
    return this.#others.size === 0 ? undefined : this.#others.get(sector);
  }

  /** All that is known, in no order that means anything. */
  *values(): Generator<Value> {
    if (this.#sector !== -1) yield this.#value!;
    yield* this.#others.values();
  }

  set(sector: number, value: Value): void {
    const isFree = this.#sector === -1 && !(this.#others.size > 0 && this.#others.has(sector)) && sector >= 0;
    if (isFree) this.#sector = sector;
    if (sector === this.#sector && sector !== -1) this.#value = value;
    else this.#others.set(sector, value);
  }

  delete(sector: number): void {
    if (sector !== this.#sector || sector === -1) this.#others.delete(sector);
    else {
      this.#sector = -1;
      this.#value = undefined;
    }
  }

  clear(): void {
    this.#sector = -1;
    this.#value = undefined;
    this.#others.clear();
  }
}

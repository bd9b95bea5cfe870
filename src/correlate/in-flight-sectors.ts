/**
 * The request in flight at each sector. Of one request at a time, which is the usual case, there is no table: a Map that
 * loses each key soon after it got it is laid out anew every few keys.
 */
export class InFlightSectors {
  /** Of the first of them; -1 without. */
  #sector = -1;
  #request = 0;
  /** All others. */
  readonly #others = new Map<number, number>();

  get(sector: number): number | undefined {
    if (sector === this.#sector) return this.#request;
    return this.#others.size === 0 ? undefined : this.#others.get(sector);
  }

  set(sector: number, request: number): void {
    const isFree = this.#sector === -1 && !(this.#others.size > 0 && this.#others.has(sector)) && sector >= 0;
    if (isFree) this.#sector = sector;
    if (sector === this.#sector) this.#request = request;
    else this.#others.set(sector, request);
  }

  delete(sector: number): void {
    if (sector === this.#sector) this.#sector = -1;
    else this.#others.delete(sector);
  }
}

/**
 * Small numbers for sectors of which something is known for a while, so that it can stand in columns. A Map that loses each key soon after
 * it got it is laid out anew every few keys; here a number that is free again is the next one given.
 */

/** Most sectors at a time. */
export const MOST_SLOTS = 1 << 13;
const PLACES = 1 << 14;
const PLACE_MASK = PLACES - 1;
const SHIFT = 32 - Math.log2(PLACES);
const NO_SECTOR = -1;
/** Where in `now` what stands. */
export const [TIME, SECTOR] = [0, 1] as const;
/** Spreads sectors, whose lowest bits are those of a block, over the highest bits (Knuth, multiplicative hashing). */
const SPREAD = 0x9e3779b1;

/** No sector has a slot yet. `now` has the sector that is spoken of: numbers that are no small integers are made objects of as arguments. */
export function sectorSlots(now: Float64Array) {
  const sectors = new Float64Array(MOST_SLOTS).fill(NO_SECTOR);
  /** Slots that were given and are free again, the latest at the end. */
  const free = new Int32Array(MOST_SLOTS);
  let freed = 0;
  /** Slots that were given so far. */
  let given = 0;
  /** By place: a slot plus one, 0 for none. Sectors whose place is taken stand behind it. */
  const places = new Int32Array(PLACES);
  /** The slot asked for last: one request at a time needs no place. */
  let latest = 0;

  /** Where the sector stands, or the free place where it would. */
  function placeOf(): number {
    const sector = now[SECTOR]!;
    let place = homeOf(sector);
    while (places[place] !== 0 && sectors[places[place]! - 1] !== sector) place = (place + 1) & PLACE_MASK;
    return place;
  }

  /** The slot of the sector; -1 where it has none. */
  function find(): number {
    if (sectors[latest] === now[SECTOR]) return latest;
    const slot = places[placeOf()]! - 1;
    if (slot >= 0) latest = slot;
    return slot;
  }

  /** Gives the sector, which has none, a slot; -1 where all are taken. */
  function add(): number {
    if (freed === 0 && given === MOST_SLOTS) return -1;
    const slot = freed > 0 ? free[--freed]! : given++;
    places[placeOf()] = slot + 1;
    sectors[slot] = now[SECTOR]!;
    latest = slot;
    return slot;
  }

  /** Takes the slot of the sector back. */
  function remove(): void {
    let hole = placeOf();
    const slot = places[hole]! - 1;
    // What stands behind it moves up, where it may: a search ends at the first free place (Knuth 6.4, algorithm R).
    for (let at = (hole + 1) & PLACE_MASK; places[at] !== 0; at = (at + 1) & PLACE_MASK) {
      const home = homeOf(sectors[places[at]! - 1]!);
      if (((at - home) & PLACE_MASK) < ((at - hole) & PLACE_MASK)) continue;
      places[hole] = places[at]!;
      hole = at;
    }
    places[hole] = 0;
    sectors[slot] = NO_SECTOR;
    free[freed++] = slot;
  }

  return { find, add, remove };
}

function homeOf(sector: number): number {
  return Math.imul(sector ^ (sector / 2 ** 32), SPREAD) >>> SHIFT;
}

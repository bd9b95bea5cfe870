/**
 * What is known of each sector while block events go by: the request that waits there to be issued, with what it has passed, and the one
 * in flight. As `BlockSteps` and `Flights` (src/correlate) find it of a table, for events of which no row is kept.
 */
import { PASSED } from './request-columns.ts';
import { MOST_SLOTS, SECTOR, sectorSlots, TIME } from './sector-slots.ts';

/** Beside the points that the waiting request has passed: several bios begin there, and whose events are whose, nothing tells. */
const UNSURE = 8;
const WAITS = 16;
const FLIES = 32;
const OF_WAITING = PASSED.queue | PASSED.getrq | PASSED.insert | UNSURE | WAITS;
const ALL_PASSED = PASSED.queue | PASSED.getrq | PASSED.insert;

const [CPU, FROM, TO] = [1, 2, 3] as const;

export type SectorStates = ReturnType<typeof sectorStates>;

/** Nothing is known yet. */
export function sectorStates(now: Float64Array) {
  const slots = sectorSlots(now);
  const states = new Uint8Array(MOST_SLOTS);
  /** More sectors are in use than are followed at a time. */
  let full = false;
  /** By slot: when the waiting request passed a point (ns), and on which CPU; what it did not pass means nothing. */
  const queue = new Float64Array(MOST_SLOTS);
  const getrq = new Float64Array(MOST_SLOTS);
  const insert = new Float64Array(MOST_SLOTS);
  const queueCpu = new Uint16Array(MOST_SLOTS);
  const getrqCpu = new Uint16Array(MOST_SLOTS);
  const insertCpu = new Uint16Array(MOST_SLOTS);
  const columns = [queue, getrq, insert, queueCpu, getrqCpu, insertCpu];
  /** The bio that was queued last: when, on which CPU, and where it begins and ends. Numbers that are no small integers get an object each elsewhere. */
  const bio = new Float64Array(4);

  /** A bio is queued. */
  function queued(cpu: number, sectors: number): void {
    const sector = now[SECTOR]!;
    bio[TIME] = now[TIME]!;
    bio[CPU] = cpu;
    bio[FROM] = sector;
    bio[TO] = sector + sectors;
    const slot = slotOf();
    const state = states[slot]!;
    const isUnsure = (state & WAITS) === 0 ? 0 : UNSURE;
    states[slot] = (state & FLIES) | WAITS | isUnsure | PASSED.queue;
    queue[slot] = now[TIME]!;
    queueCpu[slot] = cpu;
  }

  /** A bio without a place is queued: an empty flush. */
  function queuedNowhere(): void {
    bio[TO] = bio[FROM]!;
  }

  /** A bio gets a request. What is left of one that was split was queued when all of it was, the last one before it. */
  function gotRequest(cpu: number): void {
    const slot = slotOf();
    const sector = now[SECTOR]!;
    const state = states[slot]!;
    states[slot] = state | WAITS | PASSED.getrq;
    getrq[slot] = now[TIME]!;
    getrqCpu[slot] = cpu;
    if ((state & PASSED.queue) !== 0 || sector <= bio[FROM]! || sector >= bio[TO]!) return;
    states[slot]! |= PASSED.queue;
    queue[slot] = bio[TIME]!;
    queueCpu[slot] = bio[CPU]!;
  }

  function inserted(cpu: number): void {
    const slot = slotOf();
    states[slot]! |= WAITS | PASSED.insert;
    insert[slot] = now[TIME]!;
    insertCpu[slot] = cpu;
  }

  /** What begins there is part of the request before it. */
  function merged(): void {
    const slot = slots.find();
    if (slot !== -1) leave(slot, OF_WAITING);
  }

  /** The request that begins so many sectors behind begins there from now on. */
  function mergedToFront(sectors: number): void {
    merged();
    const sector = now[SECTOR]!;
    now[SECTOR] = sector + sectors;
    const from = slots.find();
    const moved = from === -1 ? 0 : states[from]! & OF_WAITING;
    const what = columns.map((column) => column[Math.max(0, from)]!);
    if (moved !== 0) leave(from, OF_WAITING);
    now[SECTOR] = sector;
    if (moved === 0) return;
    const to = slotOf();
    states[to]! |= moved;
    for (const [at, column] of columns.entries()) column[to] = what[at]!;
  }

  /** A request is issued: the slot of its sector; -1 where there is no room. Whether another is in flight there, `hasFlying` said before. */
  function issued(): number {
    const slot = slotOf();
    if (full) return -1;
    states[slot]! |= FLIES;
    return slot;
  }

  /** A request is in flight there. */
  function hasFlying(): boolean {
    const slot = slots.find();
    return slot !== -1 && (states[slot]! & FLIES) !== 0;
  }

  /** What the request that was issued at a slot had passed, as bits of PASSED: it waits no more. 0 where nothing tells. */
  function taken(slot: number): number {
    const state = states[slot]!;
    if ((state & UNSURE) !== 0) return 0;
    states[slot] = FLIES;
    return state & ALL_PASSED;
  }

  /** A request at a sector completes, all of it or a part: the slot of the one in flight there, -1 without one. */
  function completed(): number {
    const slot = slots.find();
    if (slot === -1) return -1;
    const state = states[slot]!;
    // Of several bios there none waits any more, or which does, is not known.
    if ((state & UNSURE) !== 0) leave(slot, OF_WAITING);
    return (state & FLIES) === 0 ? -1 : slot;
  }

  /** The request in flight at a slot is complete. */
  function landed(slot: number): void {
    leave(slot, FLIES);
  }

  function slotOf(): number {
    const known = slots.find();
    if (known !== -1) return known;
    const added = slots.add();
    if (added === -1) {
      full = true;
      return 0;
    }
    states[added] = 0;
    return added;
  }

  /** Forgets a part of what is known of the sector's slot; one of which nothing is known has none. */
  function leave(slot: number, what: number): void {
    const left = states[slot]! & ~what;
    states[slot] = left;
    if (left === 0) slots.remove();
  }

  const bios = { queued, queuedNowhere, gotRequest, inserted, merged, mergedToFront };
  return {
    queue,
    getrq,
    insert,
    queueCpu,
    getrqCpu,
    insertCpu,
    ...bios,
    issued,
    hasFlying,
    taken,
    completed,
    landed,
    isFull: () => full,
  };
}

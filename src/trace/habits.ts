/**
 * What nearly always stands beside what in a recording: the read of an eventfd behind the entry of its system call, an
 * injection before the guest's entry. Nothing is known beforehand, everything is learned from the recording itself. Where
 * such a habit is broken a row is missing, provided that rows are known to be missing: in a complete recording an
 * exception is just that.
 */
import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import type { EventTable } from './event-table.ts';
import type { Gap } from './gaps.ts';
import { findLanes } from './lanes.ts';
import { MOST_SYMBOLS, symbolsOf } from './symbols.ts';
import { NO_ROW } from './units.ts';

export interface Habits {
  readonly broken: readonly Gap[];
  /**
   * Per row, how many rows had to be missing for its own absence to go unnoticed: itself, and those beside it that never
   * stand without it, one behind the other; at most 201.
   */
  readonly chain: Uint8Array;
}

/** Seen less often than this, it is no habit. */
const LEAST_TIMES = 30;
/** A habit may be broken this many times as often as a row is lost: its own row, its neighbour's, and by chance. */
const BROKEN_PER_LOSS = 3;

/** Habits of a time-ordered table of which about `lossShare` of the rows are missing. */
export function findHabits(table: EventTable, lossShare: number): Habits {
  const symbol = symbolsOf(table);
  const { before, ofThread } = findLanes(table);
  const behind = new Int32Array(table.length).fill(NO_ROW);
  before.forEach((other, row) => {
    if (other !== NO_ROW) behind[other] = row;
  });
  const least = 1 - Math.min(0.25, BROKEN_PER_LOSS * lossShare);
  const follower = usualNeighbour(table, symbol, behind, least);
  const leader = usualNeighbour(table, symbol, before, least);
  const names = namesOf(table, symbol);
  const broken: Gap[] = [];
  for (let row = 0; row < table.length; row++) {
    const previous = before[row]!;
    if (previous === NO_ROW) continue;
    const [from, to] = [table.ts[previous]!, table.ts[row]!];
    const lane =
      ofThread[row] === 1
        ? { tid: table.tid[row]!, cpu: undefined }
        : { tid: undefined, cpu: table.cpu[row]! };
    const expected = follower.usual[symbol[previous]!]!;
    const needed = leader.usual[symbol[row]!]!;
    // What is missing stands near the row that it belongs to, not anywhere in the pause before or behind.
    if (expected !== NONE && expected !== symbol[row])
      broken.push({
        ...lane,
        from,
        to: Math.min(to, from + follower.reach[symbol[previous]!]!),
        missing: names[expected]!,
      });
    else if (needed !== NONE && needed !== symbol[previous])
      broken.push({
        ...lane,
        from: Math.max(from, to - leader.reach[symbol[row]!]!),
        to,
        missing: names[needed]!,
      });
  }
  return { broken, chain: chainsOf(symbol, before, behind, follower.usual, leader.usual) };
}

const NONE = -1;

interface Neighbour {
  /** Per symbol the one that stands beside it nearly always, NONE without one. */
  readonly usual: Int32Array;
  /** How far away it stands at most, but for rare exceptions; time units of the table. */
  readonly reach: Float64Array;
}

/** Learns what stands beside each symbol in at least `least` of all cases. */
function usualNeighbour(
  table: EventTable,
  symbol: Uint16Array,
  neighbour: Int32Array,
  least: number,
): Neighbour {
  const total = new Uint32Array(MOST_SYMBOLS);
  const counts = new Map<number, number>();
  for (let row = 0; row < symbol.length; row++) {
    const other = neighbour[row]!;
    if (other === NO_ROW) continue;
    total[symbol[row]!]!++;
    const key = symbol[row]! * MOST_SYMBOLS + symbol[other]!;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const usual = new Int32Array(MOST_SYMBOLS).fill(NONE);
  for (const [key, count] of counts) {
    const own = Math.floor(key / MOST_SYMBOLS);
    if (total[own]! >= LEAST_TIMES && count >= total[own]! * least) usual[own] = key % MOST_SYMBOLS;
  }
  return { usual, reach: usualReach(table, symbol, neighbour, usual) };
}

/** Distances looked at per symbol, and how far beyond the longest usual one a neighbour may stand. */
const SAMPLE = 1024;
const REACH_FACTOR = 4;
const USUAL = 0.95;

function usualReach(
  table: EventTable,
  symbol: Uint16Array,
  neighbour: Int32Array,
  usual: Int32Array,
): Float64Array {
  const distances = new Map<number, number[]>();
  for (let row = 0; row < symbol.length; row++) {
    const other = neighbour[row]!;
    const own = symbol[row]!;
    if (other === NO_ROW || usual[own] !== symbol[other]) continue;
    const known = distances.get(own);
    if (known === undefined) distances.set(own, [Math.abs(table.ts[row]! - table.ts[other]!)]);
    else if (known.length < SAMPLE) known.push(Math.abs(table.ts[row]! - table.ts[other]!));
  }
  const reach = new Float64Array(MOST_SYMBOLS).fill(Number.POSITIVE_INFINITY);
  for (const [own, all] of distances)
    reach[own] = REACH_FACTOR * Math.max(1000, all.sort((a, b) => a - b)[Math.floor(all.length * USUAL)]!);
  return reach;
}

function namesOf(table: EventTable, symbol: Uint16Array): readonly string[] {
  const names: string[] = [];
  symbol.forEach((each, row) => {
    names[each] ??= EVENT_KINDS[table.kind[row]!]!.name;
  });
  return names;
}

/** See Habits.chain: rows before that expect the one behind them, and rows behind that expect the one before them. */
function chainsOf(
  symbol: Uint16Array,
  before: Int32Array,
  behind: Int32Array,
  follower: Int32Array,
  leader: Int32Array,
): Uint8Array {
  const expectedFromBefore = new Uint8Array(symbol.length);
  symbol.forEach((own, row) => {
    const other = before[row]!;
    if (other !== NO_ROW && follower[symbol[other]!] === own)
      expectedFromBefore[row] = Math.min(100, expectedFromBefore[other]! + 1);
  });
  const expectedFromBehind = new Uint8Array(symbol.length);
  for (let row = symbol.length - 1; row >= 0; row--) {
    const other = behind[row]!;
    if (other !== NO_ROW && leader[symbol[other]!] === symbol[row])
      expectedFromBehind[row] = Math.min(100, expectedFromBehind[other]! + 1);
  }
  return expectedFromBefore.map((length, row) => 1 + length + expectedFromBehind[row]!);
}

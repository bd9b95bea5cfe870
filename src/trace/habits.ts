/**
 * What nearly always stands beside what in a recording: the read of an eventfd behind the entry of its system call, an
 * injection before the guest's entry. Nothing is known beforehand, everything is learned from the recording itself. Where
 * such a habit is broken a row is missing, provided that rows are known to be missing: in a complete recording an
 * exception is just that.
 */
import { EVENT_KINDS } from '../../parsers/event-kinds.ts';
import type { EventTable } from './event-table.ts';
import type { Gap } from './gaps.ts';
import { findLanes, type Lanes } from './lanes.ts';
import { MOST_SYMBOLS, symbolsOf } from './symbols.ts';
import { NO_ROW } from './units.ts';

export interface Habits {
  readonly broken: readonly Gap[];
  /**
   * Per row, how many rows had to be missing for its own absence to go unnoticed: itself, and those beside it that never
   * stand without it, one behind the other; counted up to a few.
   */
  readonly chain: Uint8Array;
}

/** Seen less often than this, it is no habit. */
const LEAST_TIMES = 30;
/** And broken more often than this, it is none either. */
const LEAST_SHARE = 0.9;

/**
 * Habits of a time-ordered table of which about `lossShare` of the rows are missing. `partner` is each row's other half,
 * which misses it too.
 */
export function findHabits(table: EventTable, partner: Int32Array, lossShare: number): Habits {
  const lanes = findLanes(table);
  // Of events as such, and of events of one object: an eventfd has habits that eventfds in general have not.
  const levels = [new Uint16Array(table.kind), symbolsOf(table)].map((symbol) =>
    habitsOf(table, symbol, lanes, partner, lossShare),
  );
  const chain = new Uint8Array(table.length);
  for (const level of levels)
    for (let row = 0; row < chain.length; row++)
      if (level.chain[row]! > chain[row]!) chain[row] = level.chain[row]!;
  return { broken: levels.flatMap((level) => level.broken), chain };
}

function habitsOf(
  table: EventTable,
  symbol: Uint16Array,
  lanes: Lanes,
  partner: Int32Array,
  lossShare: number,
): Habits {
  const { before, behind, ofThread } = lanes;
  const follower = usualNeighbour(table, symbol, behind, lossShare);
  const leader = usualNeighbour(table, symbol, before, lossShare);
  const names = namesOf(table, symbol);
  const laneOf = (row: number) =>
    ofThread[row] === 1 ? { tid: table.tid[row]!, cpu: undefined } : { tid: undefined, cpu: table.cpu[row]! };
  const broken: Gap[] = [];
  for (let row = 0; row < table.length; row++) {
    const own = symbol[row]!;
    const at = table.ts[row]!;
    const needed = leader.usual[own]!;
    const expected = follower.usual[own]!;
    // What is missing stands near the row that it belongs to, not anywhere in the pause before or behind.
    if (needed !== NONE && needed !== symbolAt(symbol, before[row]!)) {
      const from = Math.max(timeAt(table, before[row]!, -1), at - leader.reach[own]!);
      broken.push({ ...laneOf(row), from, to: at, missing: names[needed]! });
    }
    if (expected !== NONE && expected !== symbolAt(symbol, behind[row]!)) {
      const to = Math.min(timeAt(table, behind[row]!, 1), at + follower.reach[own]!);
      broken.push({ ...laneOf(row), from: at, to, missing: names[expected]! });
    }
  }
  return { broken, chain: chainsOf(symbol, lanes, partner, follower.usual, leader.usual) };
}

const NONE = -1;
/** Longer chains are as good as never lost; counted in each direction. */
const MOST_IN_CHAIN = 4;

function symbolAt(symbol: Uint16Array, row: number): number | undefined {
  return row === NO_ROW ? undefined : symbol[row];
}

function timeAt(table: EventTable, row: number, sign: 1 | -1): number {
  return row === NO_ROW ? sign * Number.POSITIVE_INFINITY : table.ts[row]!;
}

interface Neighbour {
  /** Per symbol the one that stands beside it nearly always, NONE without one. */
  readonly usual: Int32Array;
  /** How far away it stands at most, but for rare exceptions; time units of the table. */
  readonly reach: Float64Array;
}

/** Most exceptions that losses alone may cause among so many rows: the expected number, by chance many times its spread. */
function exceptionsByLoss(rows: number, lossShare: number): number {
  const expected = rows * lossShare;
  return Math.min(rows * (1 - LEAST_SHARE), expected + 4 * Math.sqrt(expected) + 3);
}

/** Learns what stands beside each symbol but for what losses take away. */
function usualNeighbour(
  table: EventTable,
  symbol: Uint16Array,
  neighbour: Int32Array,
  lossShare: number,
): Neighbour {
  const { total, counts } = countNeighbours(symbol, neighbour);
  const usual = new Int32Array(MOST_SYMBOLS).fill(NONE);
  for (const [key, count] of counts) {
    const own = Math.floor(key / MOST_SYMBOLS);
    if (total[own]! >= LEAST_TIMES && total[own]! - count <= exceptionsByLoss(total[own]!, lossShare))
      usual[own] = key % MOST_SYMBOLS;
  }
  return { usual, reach: usualReach(table, symbol, neighbour, usual) };
}

/** How often each symbol has a neighbour, and by both symbols (own · MOST_SYMBOLS + other) how often that one. */
function countNeighbours(
  symbol: Uint16Array,
  neighbour: Int32Array,
): { readonly total: Uint32Array; readonly counts: ReadonlyMap<number, number> } {
  const total = new Uint32Array(MOST_SYMBOLS);
  const counts = new Map<number, number>();
  // Neighbours seldom change: what a symbol's latest one adds goes to the map when another follows.
  const latest = new Int32Array(MOST_SYMBOLS).fill(NONE);
  const since = new Uint32Array(MOST_SYMBOLS);
  const flush = (own: number) => {
    const key = own * MOST_SYMBOLS + latest[own]!;
    counts.set(key, (counts.get(key) ?? 0) + since[own]!);
    since[own] = 0;
  };
  for (let row = 0; row < symbol.length; row++) {
    if (neighbour[row] === NO_ROW) continue;
    const own = symbol[row]!;
    const other = symbol[neighbour[row]!]!;
    total[own]!++;
    if (latest[own] !== other && since[own]! > 0) flush(own);
    latest[own] = other;
    since[own]!++;
  }
  for (let own = 0; own < MOST_SYMBOLS; own++) if (since[own]! > 0) flush(own);
  return { total, counts };
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
  const distances: (number[] | undefined)[] = new Array(MOST_SYMBOLS).fill(undefined);
  for (let row = 0; row < symbol.length; row++) {
    const other = neighbour[row]!;
    const own = symbol[row]!;
    if (other === NO_ROW || usual[own] !== symbol[other]) continue;
    let known = distances[own];
    if (known === undefined) {
      known = [];
      distances[own] = known;
    }
    if (known.length < SAMPLE) known.push(Math.abs(table.ts[row]! - table.ts[other]!));
  }
  const reach = new Float64Array(MOST_SYMBOLS).fill(Number.POSITIVE_INFINITY);
  distances.forEach((all, own) => {
    if (all !== undefined)
      reach[own] = REACH_FACTOR * Math.max(1000, all.sort((a, b) => a - b)[Math.floor(all.length * USUAL)]!);
  });
  return reach;
}

function namesOf(table: EventTable, symbol: Uint16Array): readonly string[] {
  const names: string[] = [];
  for (let row = 0; row < symbol.length; row++) names[symbol[row]!] ??= EVENT_KINDS[table.kind[row]!]!.name;
  return names;
}

/** See Habits.chain: rows before that expect the one behind them, rows behind that expect the one before, other halves. */
function chainsOf(
  symbol: Uint16Array,
  { before, behind }: Lanes,
  partner: Int32Array,
  follower: Int32Array,
  leader: Int32Array,
): Uint8Array {
  const expectedFromBefore = new Uint8Array(symbol.length);
  for (let row = 0; row < symbol.length; row++) {
    const other = before[row]!;
    if (other !== NO_ROW && follower[symbol[other]!] === symbol[row])
      expectedFromBefore[row] = Math.min(MOST_IN_CHAIN, expectedFromBefore[other]! + 1);
  }
  const expectedFromBehind = new Uint8Array(symbol.length);
  for (let row = symbol.length - 1; row >= 0; row--) {
    const other = behind[row]!;
    if (other !== NO_ROW && leader[symbol[other]!] === symbol[row])
      expectedFromBehind[row] = Math.min(MOST_IN_CHAIN, expectedFromBehind[other]! + 1);
  }
  const chain = new Uint8Array(symbol.length);
  /** The rows of a chain, one after the other; used again for each. */
  const run = new Int32Array(1 + 2 * MOST_IN_CHAIN);
  for (let row = 0; row < symbol.length; row++) {
    let length = 0;
    run[length++] = row;
    for (let at = before[row]!, left = expectedFromBefore[row]!; left > 0; left--, at = before[at]!)
      run[length++] = at;
    for (let at = behind[row]!, left = expectedFromBehind[row]!; left > 0; left--, at = behind[at]!)
      run[length++] = at;
    chain[row] = length + halvesOutside(run, length, partner);
  }
  return chain;
}

/** How many of the first `length` rows of a chain have their other half outside of it. */
function halvesOutside(run: Int32Array, length: number, partner: Int32Array): number {
  let outside = 0;
  for (let at = 0; at < length; at++) {
    const half = partner[run[at]!]!;
    if (half === NO_ROW) continue;
    let other = 0;
    while (other < length && run[other] !== half) other++;
    if (other === length) outside++;
  }
  return outside;
}

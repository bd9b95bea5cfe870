import { BackwardBits } from './backward-bits.ts';
import { buildTable, type FseTable, readTable, runTable } from './fse-table.ts';

/** The three tables that sequences are coded with; a later block of a frame may use them again. */
export interface SequenceTables {
  readonly literalLength: FseTable;
  readonly offset: FseTable;
  readonly matchLength: FseTable;
}

/** What a block's sequences are executed on: the output with its history, and the offsets used last. */
export interface Output {
  bytes: Uint8Array;
  /** Where the next byte goes; everything before it down to `oldest` may be copied from. */
  position: number;
  oldest: number;
  readonly recent: [number, number, number];
}

const SHARES = {
  literalLength: [
    4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1,
    -1, -1,
  ],
  offset: [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
  matchLength: [
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
  ],
};

/** Per kind of code: its default table, and the limits of a table in the stream (RFC 8878, section 3.1.1.3.2.1). */
const KINDS = {
  literalLength: { usual: buildTable(SHARES.literalLength, 6), maxLog: 9, maxSymbol: 35 },
  offset: { usual: buildTable(SHARES.offset, 5), maxLog: 8, maxSymbol: 31 },
  matchLength: { usual: buildTable(SHARES.matchLength, 6), maxLog: 9, maxSymbol: 52 },
} as const;

const LITERAL_EXTRA = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  15, 16,
];
const MATCH_EXTRA = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1,
  2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
];
const LITERAL_BASE = bases(LITERAL_EXTRA, 0);
const MATCH_BASE = bases(MATCH_EXTRA, 3);

/** Each code covers the lengths after those of the code before it, 2^extra of them. */
function bases(extra: readonly number[], first: number): number[] {
  let next = first;
  return extra.map((bits) => {
    const base = next;
    next += 1 << bits;
    return base;
  });
}

/**
 * Reads the sequences section of a block at `start` (RFC 8878, section 3.1.1.3.2) and executes it: copies literals
 * and earlier output until the block is whole. Gives the tables for later blocks, or undefined when the section is
 * damaged or would write more than `limit` bytes; every copy is checked before it is made, so work is bounded by it.
 */
export function runSequences(
  bytes: Uint8Array,
  start: number,
  end: number,
  literals: Uint8Array,
  out: Output,
  limit: number,
  previous: SequenceTables | undefined,
): SequenceTables | 'none' | undefined {
  const header = readCount(bytes, start, end);
  if (header === undefined) return undefined;
  const stop = out.position + limit;
  if (header.count === 0) {
    return header.next === end && copyLiterals(literals, 0, literals.length, out, stop) ? 'none' : undefined;
  }
  const described = readTables(bytes, header.next, end, previous);
  if (described === undefined) return undefined;
  const bits = new BackwardBits();
  if (!bits.begin(bytes, described.next, end - described.next)) return undefined;
  const used = execute(bits, described.tables, header.count, literals, out, stop);
  if (used < 0 || bits.left !== 0) return undefined;
  return copyLiterals(literals, used, literals.length - used, out, stop) ? described.tables : undefined;
}

/** The number of sequences, in one to three bytes. */
function readCount(
  bytes: Uint8Array,
  start: number,
  end: number,
): { count: number; next: number } | undefined {
  if (start >= end) return undefined;
  const first = bytes[start]!;
  if (first < 128) return { count: first, next: start + 1 };
  if (first < 255) {
    return start + 2 > end ? undefined : { count: ((first - 128) << 8) | bytes[start + 1]!, next: start + 2 };
  }
  if (start + 3 > end) return undefined;
  return { count: (bytes[start + 1]! | (bytes[start + 2]! << 8)) + 0x7f00, next: start + 3 };
}

function readTables(
  bytes: Uint8Array,
  start: number,
  end: number,
  previous: SequenceTables | undefined,
): { readonly tables: SequenceTables; readonly next: number } | undefined {
  if (start >= end || (bytes[start]! & 3) !== 0) return undefined;
  const modes = bytes[start]!;
  const chosen: { -readonly [kind in keyof SequenceTables]?: FseTable } = {};
  let at = start + 1;
  for (const [kind, shift] of [
    ['literalLength', 6],
    ['offset', 4],
    ['matchLength', 2],
  ] as const) {
    const { usual, maxLog, maxSymbol } = KINDS[kind];
    const mode = (modes >> shift) & 3;
    if (mode === 0) chosen[kind] = usual;
    else if (mode === 3) {
      if (previous === undefined) return undefined;
      chosen[kind] = previous[kind];
    } else if (mode === 1) {
      if (at >= end || bytes[at]! > maxSymbol) return undefined;
      chosen[kind] = runTable(bytes[at++]!);
    } else {
      const described = readTable(bytes, at, end, maxLog, maxSymbol);
      if (described === undefined) return undefined;
      chosen[kind] = described.table;
      at += described.bytes;
    }
  }
  return { tables: chosen as SequenceTables, next: at };
}

/** Runs all sequences; how many literals they used, or -1 when one of them reaches outside what there is. */
function execute(
  bits: BackwardBits,
  { literalLength, offset, matchLength }: SequenceTables,
  count: number,
  literals: Uint8Array,
  out: Output,
  stop: number,
): number {
  let literalState = bits.read(literalLength.accuracyLog);
  let offsetState = bits.read(offset.accuracyLog);
  let matchState = bits.read(matchLength.accuracyLog);
  let used = 0;
  for (let i = 0; i < count; i++) {
    const offsetCode = offset.symbol[offsetState]!;
    const matchCode = matchLength.symbol[matchState]!;
    const literalCode = literalLength.symbol[literalState]!;
    const distanceCode = 2 ** offsetCode + bits.read(offsetCode);
    const match = MATCH_BASE[matchCode]! + bits.read(MATCH_EXTRA[matchCode]!);
    const copied = LITERAL_BASE[literalCode]! + bits.read(LITERAL_EXTRA[literalCode]!);
    if (i < count - 1) {
      literalState = literalLength.base[literalState]! + bits.read(literalLength.bits[literalState]!);
      matchState = matchLength.base[matchState]! + bits.read(matchLength.bits[matchState]!);
      offsetState = offset.base[offsetState]! + bits.read(offset.bits[offsetState]!);
    }
    if (bits.left < 0 || !copyLiterals(literals, used, copied, out, stop)) return -1;
    used += copied;
    if (!copyMatch(recall(out.recent, distanceCode, copied === 0), match, out, stop)) return -1;
  }
  return used;
}

/** The distance a code stands for: 1 to 3 name one of the last distances used, the rest are themselves plus 3. */
function recall(recent: [number, number, number], code: number, noLiterals: boolean): number {
  const [first, second, third] = recent;
  if (code > 3) {
    recent[0] = code - 3;
    recent[1] = first;
    recent[2] = second;
    return code - 3;
  }
  const choice = code - 1 + (noLiterals ? 1 : 0);
  if (choice === 0) return first;
  const distance = choice === 1 ? second : choice === 2 ? third : first - 1;
  recent[0] = distance;
  recent[1] = first;
  if (choice > 1) recent[2] = second;
  return distance;
}

function copyLiterals(literals: Uint8Array, from: number, count: number, out: Output, stop: number): boolean {
  if (from + count > literals.length || out.position + count > stop) return false;
  const { bytes, position } = out;
  if (count > 32) bytes.set(literals.subarray(from, from + count), position);
  else for (let i = 0; i < count; i++) bytes[position + i] = literals[from + i]!;
  out.position += count;
  return true;
}

/** Copies earlier output. The ranges may overlap: a distance of 1 repeats the last byte. */
function copyMatch(distance: number, count: number, out: Output, stop: number): boolean {
  const { bytes, position } = out;
  if (distance < 1 || position - distance < out.oldest || position + count > stop) return false;
  if (distance >= count && count > 32)
    bytes.copyWithin(position, position - distance, position - distance + count);
  else for (let i = 0; i < count; i++) bytes[position + i] = bytes[position - distance + i]!;
  out.position += count;
  return true;
}

/**
 * Finite state entropy tables of Zstandard (RFC 8878, section 4.1). A table maps a state to a symbol, the number
 * of bits that choose the next state, and the state those bits are added to.
 */
export interface FseTable {
  readonly accuracyLog: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
}

/** A table and how many bytes its description took. */
export interface DescribedTable {
  readonly table: FseTable;
  readonly bytes: number;
}

/** The table that always gives one symbol and takes no bits (a run). */
export function runTable(symbol: number): FseTable {
  return {
    accuracyLog: 0,
    symbol: Uint8Array.of(symbol),
    bits: new Uint8Array(1),
    base: new Uint16Array(1),
  };
}

/**
 * Builds a table from the share of each symbol, in parts of 2^accuracyLog; -1 stands for "less than one part".
 * The shares must add up; `readTable` and the constants of the format see to that.
 */
export function buildTable(shares: readonly number[], accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbol = new Uint8Array(size);
  const next = new Uint16Array(shares.length);
  let high = size - 1;
  shares.forEach((share, at) => {
    next[at] = share === -1 ? 1 : share;
    if (share === -1) symbol[high--] = at;
  });
  spread(shares, symbol, high);
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const count = next[symbol[state]!]!++;
    const width = accuracyLog - (31 - Math.clz32(count));
    bits[state] = width;
    base[state] = (count << width) - size;
  }
  return { accuracyLog, symbol, bits, base };
}

/** Places each symbol as often as its share says, stepping through the table; the top belongs to the rare ones. */
function spread(shares: readonly number[], symbol: Uint8Array, high: number): void {
  const size = symbol.length;
  const step = (size >> 1) + (size >> 3) + 3;
  let position = 0;
  shares.forEach((share, at) => {
    for (let i = 0; i < share; i++) {
      symbol[position] = at;
      do position = (position + step) & (size - 1);
      while (position > high);
    }
  });
}

/**
 * Reads a table's description at `start`, of at most `end - start` bytes. Undefined when it is not one: an
 * accuracy above `maxLog`, a symbol above `maxSymbol`, shares that do not add up, or the end of the bytes.
 */
export function readTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxLog: number,
  maxSymbol: number,
): DescribedTable | undefined {
  if (start >= end) return undefined;
  const accuracyLog = (bytes[start]! & 15) + 5;
  if (accuracyLog > maxLog) return undefined;
  const reader = new ForwardBits(bytes, start, end);
  reader.read(4);
  const shares: number[] = [];
  let remaining = 1 << accuracyLog;
  while (remaining > 0) {
    const share = readShare(reader, remaining);
    remaining -= Math.abs(share);
    shares.push(share);
    if (share === 0) skipZeros(reader, shares, maxSymbol);
    if (remaining < 0 || shares.length > maxSymbol + 1 || reader.overrun) return undefined;
  }
  return { table: buildTable(shares, accuracyLog), bytes: reader.bytesRead };
}

/** One share, in as few bits as the values still possible (-1 to `remaining`) need: the low ones take one bit less. */
function readShare(reader: ForwardBits, remaining: number): number {
  const width = 32 - Math.clz32(remaining + 1);
  const short = (1 << width) - 1 - (remaining + 1);
  const low = reader.read(width - 1);
  if (low < short) return low - 1;
  const value = low | (reader.read(1) << (width - 1));
  return (value >= 1 << (width - 1) ? value - short : value) - 1;
}

/** After a share of zero: how many more zeros follow, two bits at a time, 3 meaning "three and go on". */
function skipZeros(reader: ForwardBits, shares: number[], maxSymbol: number): void {
  let run: number;
  do {
    run = reader.read(2);
    for (let i = 0; i < run; i++) shares.push(0);
  } while (run === 3 && shares.length <= maxSymbol);
}

/** Bits from the beginning of a byte range, lowest first; says when more were read than there are. */
class ForwardBits {
  #bit = 0;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#bit++) {
      const byte = this.#start + (this.#bit >>> 3);
      if (byte < this.#end) value |= ((this.#bytes[byte]! >>> (this.#bit & 7)) & 1) << i;
    }
    return value;
  }

  get bytesRead(): number {
    return (this.#bit + 7) >>> 3;
  }

  get overrun(): boolean {
    return this.#start + this.bytesRead > this.#end;
  }
}

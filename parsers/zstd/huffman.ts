import { BackwardBits } from './backward-bits.ts';
import { readTable } from './fse-table.ts';

/** A Huffman decoding table of Zstandard: the next `maxBits` bits give a symbol and how many of them it took. */
export interface HuffmanTable {
  readonly maxBits: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
}

/** Longest code the format allows (RFC 8878, section 4.2.1). */
const MAX_BITS = 11;

/**
 * Reads a tree description at `start` (RFC 8878, section 4.2.1) of at most `end - start` bytes: the weights, then
 * the table they make. Undefined when it is not one.
 */
export function readHuffman(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly table: HuffmanTable; readonly bytes: number } | undefined {
  if (start >= end) return undefined;
  const head = bytes[start]!;
  const size = head < 128 ? head : (head - 127 + 1) >> 1;
  if (start + 1 + size > end) return undefined;
  const weights =
    head < 128 ? packedWeights(bytes, start + 1, size) : plainWeights(bytes, start + 1, head - 127);
  const table = weights && buildHuffman(weights);
  return table && { table, bytes: 1 + size };
}

/** Weights of four bits each, the first in the high half of its byte. */
function plainWeights(bytes: Uint8Array, start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const pair = bytes[start + (i >> 1)]!;
    return i & 1 ? pair & 15 : pair >> 4;
  });
}

/** Weights coded with two states of one FSE table taking turns until the bits run out. */
function packedWeights(bytes: Uint8Array, start: number, size: number): number[] | undefined {
  const described = readTable(bytes, start, start + size, 6, MAX_BITS);
  if (described === undefined) return undefined;
  const { table } = described;
  const bits = new BackwardBits();
  if (!bits.begin(bytes, start + described.bytes, size - described.bytes)) return undefined;
  const weights: number[] = [];
  let state = bits.read(table.accuracyLog);
  let other = bits.read(table.accuracyLog);
  if (bits.left < 0) return undefined;
  while (weights.length < 255) {
    weights.push(table.symbol[state]!);
    const wanted = table.bits[state]!;
    if (wanted > bits.left) {
      weights.push(table.symbol[other]!);
      return weights.length > 255 ? undefined : weights;
    }
    const following = table.base[state]! + bits.read(wanted);
    state = other;
    other = following;
  }
  return undefined;
}

/** The table of a list of weights; the last symbol's weight is not written and is what fills the code space. */
function buildHuffman(weights: readonly number[]): HuffmanTable | undefined {
  let sum = 0;
  for (const weight of weights) {
    if (weight > MAX_BITS) return undefined;
    if (weight > 0) sum += 1 << (weight - 1);
  }
  if (sum === 0) return undefined;
  const maxBits = 32 - Math.clz32(sum);
  const rest = (1 << maxBits) - sum;
  if (maxBits > MAX_BITS || (rest & (rest - 1)) !== 0) return undefined;
  const all = [...weights, 32 - Math.clz32(rest)];
  const symbol = new Uint8Array(1 << maxBits);
  const bits = new Uint8Array(1 << maxBits);
  let code = 0;
  for (let weight = 1; weight <= maxBits; weight++) {
    all.forEach((mine, at) => {
      if (mine !== weight) return;
      symbol.fill(at, code, code + (1 << (weight - 1)));
      bits.fill(maxBits + 1 - weight, code, code + (1 << (weight - 1)));
      code += 1 << (weight - 1);
    });
  }
  return { maxBits, symbol, bits };
}

/** Decodes one stream of `size` bytes at `start` into `out[from, to)`; false unless both end together. */
export function decodeHuffman(
  table: HuffmanTable,
  bytes: Uint8Array,
  start: number,
  size: number,
  out: Uint8Array,
  from: number,
  to: number,
): boolean {
  const bits = new BackwardBits();
  if (!bits.begin(bytes, start, size)) return false;
  for (let at = from; at < to; at++) {
    const entry = bits.peek(table.maxBits);
    out[at] = table.symbol[entry]!;
    bits.left -= table.bits[entry]!;
    if (bits.left < 0) return false;
  }
  return bits.left === 0;
}

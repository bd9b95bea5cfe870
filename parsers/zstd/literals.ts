import { decodeHuffman, type HuffmanTable, readHuffman } from './huffman.ts';

/** The literals of one block, and where the block's sequences begin. */
export interface Literals {
  /** Valid until the next block is read. */
  readonly bytes: Uint8Array;
  readonly next: number;
  /** The tree that later blocks of the frame may refer to. */
  readonly huffman: HuffmanTable | undefined;
}

/** Size fields of a literals section header (RFC 8878, section 3.1.1.3.1.1). */
interface LiteralsHeader {
  readonly type: number;
  readonly streams: number;
  readonly size: number;
  readonly packed: number;
  readonly next: number;
}

/**
 * Reads the literals section of a compressed block at `start` (RFC 8878, section 3.1.1.3.1) into `room`.
 * Undefined when it does not fit into the block or into `room`, or is not coded as it says.
 */
export function readLiterals(
  bytes: Uint8Array,
  start: number,
  end: number,
  room: Uint8Array,
  previous: HuffmanTable | undefined,
): Literals | undefined {
  const header = readHeader(bytes, start, end);
  if (header === undefined || header.size > room.length || header.next + header.packed > end)
    return undefined;
  const out = room.subarray(0, header.size);
  const next = header.next + header.packed;
  if (header.type === 0) out.set(bytes.subarray(header.next, next));
  else if (header.type === 1) out.fill(bytes[header.next]!);
  else {
    const tree = header.type === 2 ? readHuffman(bytes, header.next, next) : undefined;
    const huffman = header.type === 2 ? tree?.table : previous;
    if (huffman === undefined) return undefined;
    const coded = header.next + (tree?.bytes ?? 0);
    const read = header.streams === 1 ? oneStream : fourStreams;
    return read(huffman, bytes, coded, next, out) ? { bytes: out, next, huffman } : undefined;
  }
  return { bytes: out, next, huffman: previous };
}

function readHeader(bytes: Uint8Array, start: number, end: number): LiteralsHeader | undefined {
  if (start >= end) return undefined;
  const type = bytes[start]! & 3;
  const format = (bytes[start]! >> 2) & 3;
  const length = type < 2 ? ([1, 2, 1, 3] as const)[format]! : ([3, 3, 4, 5] as const)[format]!;
  if (start + length > end) return undefined;
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 256 + bytes[start + i]!;
  const next = start + length;
  if (type < 2) {
    const size = Math.floor(value / (format & 1 ? 16 : 8));
    return { type, streams: 1, size, packed: type === 0 ? size : 1, next };
  }
  const range = ([1024, 1024, 16384, 262144] as const)[format]!;
  const sizes = Math.floor(value / 16);
  return {
    type,
    streams: format === 0 ? 1 : 4,
    size: sizes % range,
    packed: Math.floor(sizes / range) % range,
    next,
  };
}

function oneStream(
  table: HuffmanTable,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
): boolean {
  return decodeHuffman(table, bytes, start, end - start, out, 0, out.length);
}

/** Four streams behind a table of three 16-bit lengths; each but the last makes a quarter of the literals, rounded up. */
function fourStreams(
  table: HuffmanTable,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
): boolean {
  if (start + 6 > end) return false;
  const part = (out.length + 3) >> 2;
  let from = start + 6;
  for (let i = 0; i < 4; i++) {
    const size = i < 3 ? bytes[start + 2 * i]! | (bytes[start + 2 * i + 1]! << 8) : end - from;
    if (size < 0 || from + size > end || part * i > out.length) return false;
    const to = i < 3 ? Math.min(part * (i + 1), out.length) : out.length;
    if (!decodeHuffman(table, bytes, from, size, out, part * i, to)) return false;
    from += size;
  }
  return true;
}

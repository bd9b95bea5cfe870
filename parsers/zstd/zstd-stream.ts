import type { HuffmanTable } from './huffman.ts';
import { readLiterals } from './literals.ts';
import { type Output, runSequences, type SequenceTables } from './sequences.ts';

/**
 * Decompresses a Zstandard stream (RFC 8878) that arrives in pieces, for perf.data files recorded with `perf record
 * -z`: one frame that is flushed after every record and never ended. Node 20 has no Zstandard of its own.
 *
 * Made for hostile input: every length is checked before it is used, the work of a block is bounded by the 128 KiB
 * it may produce, memory grows with what was really produced, up to twice the window (at most MAX_WINDOW).
 * Dictionaries are refused. A content checksum is skipped, not verified; perf writes none.
 */
export class ZstdStream {
  readonly #onBytes: (bytes: Uint8Array) => void;
  readonly #out: Output = { bytes: new Uint8Array(1 << 18), position: 0, oldest: 0, recent: [1, 4, 8] };
  readonly #literals = new Uint8Array(MAX_BLOCK);
  /** Input not yet used: at most one block and the piece that came last. */
  #pending = new Uint8Array(1 << 16);
  #pendingLength = 0;
  #skip = 0;
  #frame: Frame | undefined;
  #huffman: HuffmanTable | undefined;
  #tables: SequenceTables | undefined;
  #problem: string | undefined;
  /** Bytes taken in and given out so far. */
  taken = 0;
  given = 0;

  /** `onBytes` gets the output block by block; what it gets is valid until it returns. */
  constructor(onBytes: (bytes: Uint8Array) => void) {
    this.#onBytes = onBytes;
  }

  /** Takes in the next piece. Says what is wrong with the stream, and then the same on every further call. */
  push(piece: Uint8Array): string | undefined {
    if (this.#problem !== undefined) return this.#problem;
    this.taken += piece.length;
    const input = this.#append(piece);
    let at = 0;
    while (this.#problem === undefined) {
      const used = this.#step(input, at);
      if (used === 0) break;
      at += used;
    }
    if (at > 0) this.#pending.copyWithin(0, at, this.#pendingLength);
    this.#pendingLength -= at;
    return this.#problem;
  }

  /** Puts a piece behind what is pending; the cost of a piece depends on its own length only. */
  #append(piece: Uint8Array): Uint8Array {
    const length = this.#pendingLength + piece.length;
    if (length > this.#pending.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#pending.subarray(0, this.#pendingLength));
      this.#pending = larger;
    }
    this.#pending.set(piece, this.#pendingLength);
    this.#pendingLength = length;
    return this.#pending.subarray(0, length);
  }

  /** Handles one frame header, block or stretch to skip at `at`; how many bytes it took, 0 = not all there yet. */
  #step(input: Uint8Array, at: number): number {
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, input.length - at);
      this.#skip -= skipped;
      return skipped;
    }
    return this.#frame === undefined ? this.#beginFrame(input, at) : this.#block(input, at, this.#frame);
  }

  #beginFrame(input: Uint8Array, at: number): number {
    const header = readFrameHeader(input, at);
    if (header === undefined) return 0;
    if (typeof header === 'string') return this.#fail(header);
    if ('skip' in header) this.#skip = header.skip;
    else {
      this.#frame = header;
      this.#out.oldest = this.#out.position;
      this.#out.recent.splice(0, 3, 1, 4, 8);
      this.#huffman = undefined;
      this.#tables = undefined;
    }
    return header.bytes;
  }

  #block(input: Uint8Array, at: number, frame: Frame): number {
    if (at + 3 > input.length) return 0;
    const head = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16);
    const type = (head >> 1) & 3;
    const size = head >> 3;
    if (type === 3 || size > frame.maxBlock) return this.#fail('damaged block header');
    const end = at + 3 + (type === 1 ? 1 : size);
    if (end > input.length) return 0;
    this.#makeRoom(frame);
    const start = this.#out.position;
    if (type === 2 ? !this.#compressed(input, at + 3, end, frame) : !this.#plain(input, at + 3, size, type)) {
      return this.#fail('damaged block');
    }
    this.given += this.#out.position - start;
    this.#onBytes(this.#out.bytes.subarray(start, this.#out.position));
    if (head & 1) {
      this.#frame = undefined;
      this.#skip = frame.checksum ? 4 : 0;
    }
    return end - at;
  }

  /** A block stored as it is (0) or as one byte repeated (1). */
  #plain(input: Uint8Array, at: number, size: number, type: number): boolean {
    const { bytes, position } = this.#out;
    if (type === 1) bytes.fill(input[at]!, position, position + size);
    else bytes.set(input.subarray(at, at + size), position);
    this.#out.position += size;
    return true;
  }

  #compressed(input: Uint8Array, at: number, end: number, frame: Frame): boolean {
    const room = this.#literals.subarray(0, frame.maxBlock);
    const literals = readLiterals(input, at, end, room, this.#huffman);
    if (literals === undefined) return false;
    this.#huffman = literals.huffman;
    const tables = runSequences(
      input,
      literals.next,
      end,
      literals.bytes,
      this.#out,
      frame.maxBlock,
      this.#tables,
    );
    if (tables === undefined) return false;
    if (tables !== 'none') this.#tables = tables;
    return true;
  }

  /** Makes sure a whole block fits behind the position: drops what is older than the window, or grows. */
  #makeRoom(frame: Frame): void {
    const out = this.#out;
    if (out.position + MAX_BLOCK > out.bytes.length) {
      const keep = Math.min(frame.window, out.position - out.oldest);
      const from = out.position - keep;
      // Twice what is kept, so that moving costs at most as much as producing.
      const length = Math.max(out.bytes.length, 2 * keep + MAX_BLOCK);
      if (length > out.bytes.length) {
        const larger = new Uint8Array(length);
        larger.set(out.bytes.subarray(from, out.position));
        out.bytes = larger;
      } else out.bytes.copyWithin(0, from, out.position);
      out.position = keep;
      out.oldest = 0;
    }
    out.oldest = Math.max(out.oldest, out.position - frame.window);
  }

  #fail(problem: string): number {
    this.#problem = problem;
    return 0;
  }
}

/** Largest window that is accepted: what the reference decoder accepts by default, and the most perf asks for. */
const MAX_WINDOW = 1 << 27;
const MAX_BLOCK = 1 << 17;

interface Frame {
  readonly bytes: number;
  readonly window: number;
  readonly maxBlock: number;
  readonly checksum: boolean;
}

/** A frame header (RFC 8878, section 3.1.1.1), a frame to skip, what is wrong with it, or undefined: not all there. */
function readFrameHeader(
  input: Uint8Array,
  at: number,
): Frame | { readonly bytes: number; readonly skip: number } | string | undefined {
  if (at + 5 > input.length) return undefined;
  const view = new DataView(input.buffer, input.byteOffset + at, input.length - at);
  const magic = view.getUint32(0, true);
  if (magic >>> 4 === 0x184d2a5) {
    return view.byteLength < 8 ? undefined : { bytes: 8, skip: view.getUint32(4, true) };
  }
  if (magic !== 0xfd2fb528) return 'not a Zstandard frame';
  const flags = view.getUint8(4);
  if (flags & 8) return 'unknown frame flag';
  if (flags & 3) return 'needs a dictionary';
  const single = (flags & 32) !== 0;
  const sizeBytes = flags >> 6 ? 1 << (flags >> 6) : single ? 1 : 0;
  const bytes = 5 + (single ? 0 : 1) + sizeBytes;
  if (view.byteLength < bytes) return undefined;
  const window = single ? contentSize(view, 5, sizeBytes) : describedWindow(view.getUint8(5));
  if (window > MAX_WINDOW) return 'window above 128 MiB';
  return { bytes, window, maxBlock: Math.min(window, MAX_BLOCK), checksum: (flags & 4) !== 0 };
}

function describedWindow(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  const low = view.getUint32(at, true);
  return bytes === 4 ? low : view.getUint32(at + 4, true) * 2 ** 32 + low;
}

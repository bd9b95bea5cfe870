import { ZstdStream } from '../zstd/zstd-stream.ts';

const REASON = {
  damaged: 'compressed records are damaged',
  expansion: 'compressed records expand beyond reason',
} as const;

/**
 * Samples differ at least in their time, so they do not compress further than this; perf's own recordings reach about
 * 20. The floor lets short streams through, whatever is in them.
 */
const MAX_EXPANSION = 256;
const EXPANSION_FLOOR = 1 << 26;

/**
 * The records inside the COMPRESSED records of `perf record -z`: all of these together hold one Zstandard stream, whose
 * records may begin in one piece and end in the next.
 */
export class CompressedRecords {
  readonly #walk: (bytes: Uint8Array) => number;
  readonly #stream: ZstdStream;
  /** The beginning of a record whose end is still to come. */
  #carry: Uint8Array = new Uint8Array(0);
  #problem: string | undefined;

  /** `walk` reads the whole records of some bytes and gives how many bytes they took. */
  constructor(walk: (bytes: Uint8Array) => number) {
    this.#walk = walk;
    this.#stream = new ZstdStream((piece) => this.#read(piece));
  }

  /** Whether the stream ended inside a record. */
  get isCut(): boolean {
    return this.#carry.length > 0;
  }

  /** Reads what is in the next piece of the stream. Returns why it cannot be read, if so. */
  push(piece: Uint8Array): string | undefined {
    if (this.#problem !== undefined) return this.#problem;
    if (this.#stream.push(piece) !== undefined) this.#problem ??= REASON.damaged;
    return this.#problem;
  }

  #read(piece: Uint8Array): void {
    const { taken, given } = this.#stream;
    if (given > EXPANSION_FLOOR && given > taken * MAX_EXPANSION) this.#problem = REASON.expansion;
    if (this.#problem !== undefined) return;
    const bytes = new Uint8Array(this.#carry.length + piece.length);
    bytes.set(this.#carry);
    bytes.set(piece, this.#carry.length);
    this.#carry = bytes.subarray(this.#walk(bytes));
  }
}

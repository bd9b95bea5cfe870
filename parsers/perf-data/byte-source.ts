/**
 * Bytes that can be read at any place, which perf.data needs: the descriptions of its events stand behind the events.
 * A file that is too large for memory can be read by giving an implementation over `fs.readSync`.
 */
export interface ByteSource {
  readonly length: number;
  /** Bytes [offset, offset + length), fewer where the source ends before. Later calls must not change them. */
  readAt(offset: number, length: number): Uint8Array;
  /** The same for who goes through a large source and no longer looks at the window before: that memory may be used again. */
  window?(offset: number, length: number): Uint8Array;
  /** The next window begins there, which may be far behind the one before. Called at the end of each step (`Format.parseFile`). */
  goOn?(offset: number): void;
}

/** Most bytes of a window; a record is at most 64 KiB. */
export const WINDOW_BYTES = 1 << 22;

/** Most bytes that `collectBytes` holds, 2 GiB. A larger recording needs a ByteSource over the file itself. */
export const MAX_COLLECTED_BYTES = 2 ** 31;

/** Blocks that chunks are gathered into: few enough to find one by division, small enough to waste little. */
const BLOCK_BYTES = 1 << 22;

/** A source over bytes that are already in memory. */
export function sourceOfBytes(bytes: Uint8Array): ByteSource {
  return { length: bytes.length, readAt: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** Gathers a stream in memory. Undefined, with the rest left unread, when it is longer than `limit` bytes. */
export async function collectBytes(
  chunks: AsyncIterable<Uint8Array>,
  limit: number = MAX_COLLECTED_BYTES,
): Promise<ByteSource | undefined> {
  const blocks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    if (length + chunk.length > limit) return undefined;
    length = append(blocks, length, chunk);
  }
  return new BlockSource(blocks, length);
}

function append(blocks: Uint8Array[], length: number, chunk: Uint8Array): number {
  let taken = 0;
  while (taken < chunk.length) {
    const used = (length + taken) % BLOCK_BYTES;
    if (used === 0) blocks.push(new Uint8Array(BLOCK_BYTES));
    const part = chunk.subarray(taken, taken + BLOCK_BYTES - used);
    blocks.at(-1)!.set(part, used);
    taken += part.length;
  }
  return length + taken;
}

class BlockSource implements ByteSource {
  readonly length: number;
  readonly #blocks: readonly Uint8Array[];

  constructor(blocks: readonly Uint8Array[], length: number) {
    this.#blocks = blocks;
    this.length = length;
  }

  readAt(offset: number, length: number): Uint8Array {
    const end = Math.min(offset + length, this.length);
    if (offset >= end) return new Uint8Array(0);
    const first = Math.floor(offset / BLOCK_BYTES);
    const within = offset - first * BLOCK_BYTES;
    if (within + end - offset <= BLOCK_BYTES)
      return this.#blocks[first]!.subarray(within, within + end - offset);
    const joined = new Uint8Array(end - offset);
    for (let at = offset; at < end; ) {
      const start = at % BLOCK_BYTES;
      const part = this.#blocks[Math.floor(at / BLOCK_BYTES)]!.subarray(start, start + end - at);
      joined.set(part, at - offset);
      at += part.length;
    }
    return joined;
  }
}

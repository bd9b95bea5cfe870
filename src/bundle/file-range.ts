import type { FileHandle } from 'node:fs/promises';
import { constants, createInflateRaw, type InflateRaw } from 'node:zlib';
import { crc32 } from './crc32.ts';

/** Bytes asked of the system at once. Two such inflate to at most 128 MiB, which is what is held in memory. */
const READ_BYTES = 64 * 1024;
/** Bytes handed out at once. What zlib holds back of them is lost when it meets damage, so they are few. */
const INFLATED_BYTES = 64 * 1024;
/** The same where damage ends all: for few hand-overs to threads that read them. */
const MANY_INFLATED_BYTES = 4 * 1024 * 1024;

/** Bytes to inflate at once for who has no use of what comes before damage; of so many in all. */
export function inflatedAtOnce(bytes: number): number {
  return Math.min(Math.max(bytes, INFLATED_BYTES), MANY_INFLATED_BYTES);
}

/** The bytes of an open file in [start, end), in chunks of `bytes`; the next is read while one is used. Ends early where the file does. */
export async function* readRange(
  handle: FileHandle,
  start: number,
  end: number,
  bytes = READ_BYTES,
): AsyncGenerator<Uint8Array> {
  let position = start;
  let next = chunkAt();
  try {
    for (let chunk = await next; chunk.length > 0; chunk = await next) {
      position += chunk.length;
      next = chunkAt();
      yield chunk;
    }
  } finally {
    // Who takes no more closes the file, and not under a read.
    await next.catch(() => undefined);
  }

  function chunkAt(): Promise<Buffer> {
    const chunk = readExact(handle, position, Math.max(0, Math.min(bytes, end - position)));
    // That it failed is said when it is its turn.
    chunk.catch(() => undefined);
    return chunk;
  }
}

/** Up to `length` bytes at `position`; fewer only at the end of the file. */
export async function readExact(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** How one DEFLATE stream ended. */
export interface InflateEnd {
  /** Compressed bytes it took. */
  readonly consumed: number;
  /** Bytes it gave, and their CRC-32. */
  readonly bytes: number;
  readonly crc: number;
  /** Bytes of the range follow its end. False: the range ended first, or exactly there. */
  readonly ended: boolean;
  /** What zlib said of bytes that are no DEFLATE stream; what was inflated before has been handed out. */
  readonly damage: string | undefined;
}

/**
 * Inflates the one DEFLATE stream that begins at `start`; returns how it ended, and never throws for what it holds.
 * The next piece is inflated, by a thread of zlib, while the one before is used. What is handed out before damage or a
 * cut depends on the bytes alone, not on timing: a pipeline would drop whatever was buffered when zlib gives up.
 * `inflatedBytes` are handed out at once, less only at the end; a piece is all of its memory then, which is the taker's.
 */
export async function* inflateRange(
  handle: FileHandle,
  start: number,
  end: number,
  inflatedBytes = INFLATED_BYTES,
): AsyncGenerator<Uint8Array, InflateEnd> {
  const inflater = new Inflater(inflatedBytes);
  let bytes = 0;
  let crc = 0;
  try {
    let fed: Promise<void> | undefined;
    for await (const chunk of readRange(handle, start, end)) {
      await fed;
      if (inflater.isAtEnd) break;
      const ready = inflater.take();
      fed = inflater.feed(chunk);
      for (const piece of ready) {
        bytes += piece.length;
        crc = crc32(piece, crc);
        yield piece;
        await turn();
      }
    }
    await fed;
    for (const piece of inflater.takeAll()) {
      bytes += piece.length;
      crc = crc32(piece, crc);
      yield piece;
    }
    const { consumed, damage } = inflater;
    return { consumed, bytes, crc, ended: damage === undefined && inflater.isAtEnd, damage };
  } finally {
    inflater.close();
  }
}

/** Lets zlib's thread report and go on. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** zlib's stream, fed a piece at a time. */
class Inflater {
  /** What zlib said of bytes that are no DEFLATE stream. */
  damage: string | undefined;
  readonly #inflate: InflateRaw;
  #inflated: Uint8Array[] = [];
  /** What zlib has filled of the memory that it goes on to fill. */
  #begun: Uint8Array = new Uint8Array();
  #fed = 0;

  constructor(chunkSize: number) {
    this.#inflate = createInflateRaw({ chunkSize, finishFlush: constants.Z_SYNC_FLUSH });
    this.#inflate.on('data', (chunk: Uint8Array) => this.#add(chunk));
    this.#inflate.on('error', (error) => {
      this.damage = error.message;
    });
  }

  /** Compressed bytes that were used. */
  get consumed(): number {
    return this.#inflate.bytesWritten;
  }

  /** Nothing fed any more would be used: the stream has ended before what was fed, or is damaged. */
  get isAtEnd(): boolean {
    return this.damage !== undefined || this.#inflate.bytesWritten < this.#fed;
  }

  /** Resolves when zlib has taken the chunk or has failed; it calls no callback then, the 'error' event says why. */
  feed(chunk: Uint8Array): Promise<void> {
    this.#fed += chunk.length;
    return new Promise((resolve) => {
      const done = () => {
        this.#inflate.off('error', done);
        resolve();
      };
      this.#inflate.once('error', done);
      this.#inflate.write(chunk, done);
    });
  }

  /** What was inflated since this was asked last, but for what is in memory that is not full yet. */
  take(): Uint8Array[] {
    const inflated = this.#inflated;
    this.#inflated = [];
    return inflated;
  }

  /** The same without exception; nothing is inflated any more. */
  takeAll(): Uint8Array[] {
    return this.#begun.length === 0 ? this.take() : [...this.take(), this.#begun];
  }

  /** zlib fills one buffer after the other and tells of it after each of its steps, by the part that this one filled. */
  #add(chunk: Uint8Array): void {
    const { buffer, byteOffset, length } = chunk;
    const begun = this.#begun;
    const isNext = buffer === begun.buffer && byteOffset === begun.byteOffset + begun.length;
    const piece = isNext ? new Uint8Array(buffer, begun.byteOffset, begun.length + length) : chunk;
    if (!isNext && begun.length > 0) this.#inflated.push(begun);
    const isFull = byteOffset + length === buffer.byteLength;
    if (isFull) this.#inflated.push(piece);
    this.#begun = isFull ? new Uint8Array() : piece;
  }

  close(): void {
    this.#inflate.destroy();
  }
}

/** Hands every chunk to `take` and returns how the stream ended; closes it when `take` throws. */
export async function drain(
  chunks: AsyncGenerator<Uint8Array, InflateEnd>,
  take: (chunk: Uint8Array) => void,
): Promise<InflateEnd> {
  let end: InflateEnd | undefined;
  const keepEnd = async function* () {
    end = yield* chunks;
  };
  for await (const chunk of keepEnd()) take(chunk);
  return end!;
}
